// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"cmp"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// Without a configuration, the attributes of a resource become tags in the order of their
// importance, as many as there is room for. First are attributes that identify an entity, by
// the semantic conventions (v1.44.0, model/*/entities.yaml) and by the receivers of
// opentelemetry-collector-contrib: from the smallest entity to the largest, so that few of
// them are enough. The README gives the reasons.

// important are the attributes in the order of their importance.
func important() []string {
	return slices.Concat(
		[]string{
			"service.name", "service.instance.id",
			"k8s.pod.uid", "k8s.container.name", "container.id", "k8s.volume.name", "k8s.pod.name",
			"process.pid", "host.name", "host.id", "process.executable.name", "container.name",
		},
		objects(
			"persistentvolumeclaim", "persistentvolume", "hpa", "resourcequota", "service",
			"job", "cronjob", "statefulset", "daemonset", "deployment", "replicaset", "replicationcontroller",
			"namespace", "node", "cluster",
		),
		[]string{"service.namespace"},
		environments(),
		[]string{others},
		surroundings(),
	)
}

// describing are attributes that rarely tell entities apart. They do not become tags of points without
// room for all attributes.
func describing() []string { return slices.Concat(environments(), surroundings()) }

// environments are the present and the old name of the environment of a program.
func environments() []string {
	return []string{"deployment.environment.name", "deployment.environment"}
}

// surroundings are attributes that say where an entity is and what it runs.
func surroundings() []string {
	return []string{"cloud.region", "cloud.availability_zone", "cloud.account.id", "cloud.provider", "container.image.name"}
}

// objects returns the attributes of objects of Kubernetes: uid and name of each.
func objects(kinds ...string) (keys []string) {
	for _, kind := range kinds {
		keys = append(keys, "k8s."+kind+".uid", "k8s."+kind+".name")
	}
	return keys
}

// podUID identifies a pod, and with it the objects that it belongs to: their uids are the least
// important attributes then.
const podUID = "k8s.pod.uid"

func uidOfObject(key string) bool {
	return strings.HasPrefix(key, "k8s.") && strings.HasSuffix(key, ".uid") && key != podUID
}

// others stands for all attributes that are not named in important or unimportant, in the order of
// their keys.
const others = "*"

// unimportant are attributes that do not become tags. They describe an entity, and change during
// its life, are long, or can contain secrets. A * at the end stands for any text, and so do
// two around a text. Attributes in important are not meant.
func unimportant() []string {
	return []string{
		"service.version", "service.criticality", "telemetry.*", "os.*", "webengine.*",
		"process.*",
		"host.*",
		"container.command*", "container.hostname", "container.image.*", "container.label.*", "container.runtime*", "oci.manifest.digest",
		"*.label.*", "*.labels.*", "*.annotation.*", "*.annotations.*",
		"k8s.container.restart_count", "k8s.container.status.*", "k8s.pod.hostname", "k8s.pod.ip", "k8s.pod.qos_class", "k8s.pod.start_time",
		"cloud.platform", "cloud.resource_id", "faas.max_memory", "faas.version", "aws.log.*", "heroku.release.*",
		"http.scheme", "url.scheme", "vcs.*",
	}
}

// redundant are attributes that do not become tags if the resource has another one, which
// distinguishes at least as much and changes less often.
func redundant() map[string]string {
	return map[string]string{
		"container.id":            "k8s.container.name", // it changes at each restart of the container
		"process.pid":             "service.instance.id",
		"process.executable.name": "service.instance.id",
	}
}

const (
	// shortLength is the number of attributes from which those are taken that become tags of
	// a point which has no room for all.
	shortLength = 4
	// pointTags is the number of attributes of a point for which there is room beside all
	// attributes of its resource, unless the limit of tags is too low.
	pointTags = 8
)

// importance selects the attributes of a resource.
type importance struct {
	ranks             map[string]int
	prefixes, infixes []string // of attributes that have no rank and do not become tags
	redundant         map[string]string
	describing        []string
	room              int // number of attributes
}

// noRank is the rank of an attribute that does not become a tag.
const noRank = -1

// newImportance returns the importance of attributes for points with at most so many tags, of
// which some have other sources. One is for le or quantile.
func newImportance(maxTags, taken int) *importance {
	room := max(0, maxTags-taken-1)
	i := &importance{
		ranks:     make(map[string]int),
		redundant: redundant(), describing: describing(),
		room: max(room-pointTags, (room+1)/2),
	}
	for _, pattern := range unimportant() {
		text := strings.Trim(pattern, "*")
		switch {
		case strings.HasPrefix(pattern, "*"):
			i.infixes = append(i.infixes, text)
		case strings.HasSuffix(pattern, "*"):
			i.prefixes = append(i.prefixes, text)
		default:
			i.ranks[text] = noRank
		}
	}
	for rank, key := range important() {
		i.ranks[key] = rank
	}
	return i
}

// choose returns the attributes that become tags, and those of points without room for all:
// nil if these are the same. The arguments are sorted by key, and so are the results.
func (i *importance) choose(sorted []pair, hasHost bool) (chosen, short []model.Tag) {
	ranked := make([]rankedTag, 0, len(sorted))
	for _, p := range sorted {
		if rank, ok := i.rank(p, sorted, hasHost); ok {
			ranked = append(ranked, rankedTag{rank, model.Tag{Key: p.key, Value: text(p.value)}})
		}
	}
	slices.SortStableFunc(ranked, func(a, b rankedTag) int { return cmp.Compare(a.rank, b.rank) })
	ranked = ranked[:min(len(ranked), i.room)]
	chosen = tagsByKey(ranked)
	first := ranked[:min(len(ranked), shortLength)]
	first = slices.DeleteFunc(first, func(r rankedTag) bool { return slices.Contains(i.describing, r.tag.Key) })
	if len(first) < len(chosen) {
		short = tagsByKey(first)
	}
	return chosen, short
}

type rankedTag struct {
	rank int
	tag  model.Tag
}

func tagsByKey(ranked []rankedTag) []model.Tag {
	tags := make([]model.Tag, 0, len(ranked))
	for _, r := range ranked {
		tags = append(tags, r.tag)
	}
	model.SortTags(tags)
	return tags
}

// rank returns the rank of an attribute, lowest for the most important one, and whether it
// becomes a tag.
func (i *importance) rank(p pair, sorted []pair, hasHost bool) (rank int, ok bool) {
	rank, named := i.ranks[p.key]
	by, dependent := i.redundant[p.key]
	switch {
	case p.value.Type() == pcommon.ValueTypeStr && p.value.Str() == "", dependent && has(sorted, by), hasHost && p.key == hostName:
		return rank, false
	case uidOfObject(p.key) && has(sorted, podUID):
		return len(i.ranks) + rank, true
	case named:
		return rank, rank != noRank
	}
	within := func(infix string) bool { return strings.Contains(p.key, infix) }
	before := func(prefix string) bool { return strings.HasPrefix(p.key, prefix) }
	return i.ranks[others], !slices.ContainsFunc(i.prefixes, before) && !slices.ContainsFunc(i.infixes, within)
}

// has reports whether an attribute is there and not empty.
func has(sorted []pair, key string) bool {
	n, ok := slices.BinarySearchFunc(sorted, key, func(p pair, key string) int { return cmp.Compare(p.key, key) })
	return ok && text(sorted[n].value) != ""
}
