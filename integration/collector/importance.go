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

// By default, the attributes of a resource become tags in the order of their importance, up to
// the limit of tags. The attributes that identify an entity come first, from the smallest entity
// to the largest, so that few of them distinguish it. They are known from the semantic
// conventions (v1.44.0, model/*/entities.yaml) and from the receivers of
// opentelemetry-collector-contrib. attributes.md gives the reasons.

// important returns the attributes that become tags, in the order of their importance.
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

// describing returns attributes that rarely distinguish entities. They do not become tags of
// points that have no room for all attributes.
func describing() []string { return slices.Concat(environments(), surroundings()) }

// environments returns the current and the former name of the deployment environment.
func environments() []string {
	return []string{"deployment.environment.name", "deployment.environment"}
}

// surroundings returns attributes for the location of an entity and the image that it runs.
func surroundings() []string {
	return []string{"cloud.region", "cloud.availability_zone", "cloud.account.id", "cloud.provider", "container.image.name"}
}

// objects returns the attributes of objects of Kubernetes: the uid and the name of each kind.
func objects(kinds ...string) (keys []string) {
	for _, kind := range kinds {
		keys = append(keys, "k8s."+kind+".uid", "k8s."+kind+".name")
	}
	return keys
}

// podUID identifies a pod, and thereby the objects to which the pod belongs. Beside it, the uids
// of these objects are the least important attributes.
const podUID = "k8s.pod.uid"

// uidOfObject reports whether an attribute is the uid of an object other than a pod.
func uidOfObject(key string) bool {
	return strings.HasPrefix(key, "k8s.") && strings.HasSuffix(key, ".uid") && key != podUID
}

// others stands for all attributes that neither important nor unimportant names, in the order
// of their keys.
const others = "*"

// unimportant returns patterns of attributes that do not become tags, unless important names
// them. They describe an entity: they change during its life, are long, or can contain secrets.
// In a pattern, * stands for any text. It is at the end, or at both ends.
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

// redundant returns attributes that do not become tags if the resource has the other attribute,
// which distinguishes as many entities and changes less often.
func redundant() map[string]string {
	return map[string]string{
		"container.id":            "k8s.container.name", // changes at each restart of the container
		"process.pid":             "service.instance.id",
		"process.executable.name": "service.instance.id",
	}
}

const (
	// shortLength is the number of the most important attributes of a resource. Only they can
	// become tags of points that have no room for all attributes.
	shortLength = 4
	// pointTags is the number of tags that are reserved for the attributes of a data point, unless
	// the limit of tags is too low.
	pointTags = 8
)

// importance selects the attributes of a resource that become tags by default.
type importance struct {
	ranks             map[string]int
	prefixes, infixes []string // of keys without a rank that do not become tags
	redundant         map[string]string
	describing        []string
	room              int // limit of the selected attributes
}

// noRank is the rank of an attribute that does not become a tag.
const noRank = -1

// newImportance returns the importance of attributes for points with up to maxTags tags, of
// which taken have other sources. One more is reserved for le or quantile.
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

// choose returns the attributes of a resource that become tags. short are the attributes for
// points that have no room for all of them, or nil if these are the same. Arguments and results
// are sorted by key. hasHost reports whether host.name becomes the tag host.
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

// rank returns the rank of an attribute, with 0 for the most important one, and whether it
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

// has reports whether the attributes contain a key with a value that is not empty.
func has(sorted []pair, key string) bool {
	n, ok := slices.BinarySearchFunc(sorted, key, func(p pair, key string) int { return cmp.Compare(p.key, key) })
	return ok && text(sorted[n].value) != ""
}
