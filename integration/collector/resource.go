// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// The resource attribute hostName (OpenTelemetry semantic conventions, host) becomes the tag
// hostTag.
const (
	hostName = "host.name"
	hostTag  = "host"
)

// resources computes the tags that all points of a resource share.
type resources struct {
	names  convert.Names
	given  map[string]string // tags of the configuration
	tags   []model.Tag       // given, as a layer; set by use
	chosen *chooser          // of attributes that become tags; nil: the most important attributes
	most   *importance       // selects the most important attributes; set by use
	target *chooser          // of attributes that become tags of target_info; nil without target_info
	host   bool
	scopes int // number of the tags of a scope
}

func newResources(cfg *Config) (*resources, error) {
	names, err := cfg.names()
	if err != nil {
		return nil, err
	}
	r := &resources{names: names, given: cfg.Tags, host: cfg.HostTag, chosen: newChooser(cfg.ResourceAttributes)}
	switch {
	case cfg.ScopeTags && cfg.PrometheusNames:
		r.scopes = 3 // with the schema
	case cfg.ScopeTags:
		r.scopes = 2
	}
	if t := cfg.TargetInfo.Get(); t != nil {
		if r.target = newChooser(*t); r.target == nil {
			r.target = &chooser{included: []string{"*"}}
		}
	}
	return r, nil
}

// use sets the rules of the server for tags.
func (r *resources) use(values encoding.TagValueRule, maxTags int) (err error) {
	r.names.Values = values
	r.tags, err = r.names.Layer(model.TagsOf(nil, r.given))
	taken := r.scopes
	for _, t := range r.tags {
		if t.Value != "" {
			taken++
		}
	}
	if r.host && !r.givenHost() {
		taken++
	}
	r.most = newImportance(maxTags, taken)
	return err
}

// givenHost reports whether the configuration has a host tag, or hides it.
func (r *resources) givenHost() bool {
	return slices.ContainsFunc(r.tags, func(t model.Tag) bool { return t.Key == hostTag })
}

func (cfg *Config) names() (convert.Names, error) {
	mode, err := encoding.ParseSanitizeMode(cfg.SanitizeMode)
	return convert.Names{Mode: mode, Prefix: cfg.Prefix, Prometheus: cfg.PrometheusNames}, err
}

// of returns the tags that all points of a resource share, and the tags of target_info:
// the same and the selected attributes. The latter are nil if no attribute is selected.
func (r *resources) of(m pcommon.Map) (all convert.Tags) {
	sorted := sortedAttributes(nil, m)
	var chosen, short, told, lowest []model.Tag
	if name, ok := m.Get(hostName); ok && r.host {
		lowest = []model.Tag{{Key: hostTag, Value: text(name)}}
	}
	if r.chosen == nil {
		chosen, short = r.most.choose(sorted, lowest != nil && !r.givenHost() && !has(sorted, hostTag))
	}
	tells := false
	for _, p := range sorted {
		inBase, inTarget := r.chosen != nil && r.chosen.passes(p.key), r.target != nil && r.target.passes(p.key)
		tells = tells || inTarget
		if inBase {
			chosen = append(chosen, model.Tag{Key: p.key, Value: text(p.value)})
		}
		if inTarget || slices.ContainsFunc(chosen, func(t model.Tag) bool { return t.Key == p.key }) {
			told = append(told, model.Tag{Key: p.key, Value: text(p.value)})
		}
	}
	shared := [][]model.Tag{r.tags}
	all.Base = convert.BaseTags(r.names, shared, chosen, lowest)
	if short != nil { // not nil, even if there are no tags
		all.Short = append([]model.Tag{}, convert.BaseTags(r.names, shared, short, lowest)...)
	}
	if tells {
		all.Target = convert.BaseTags(r.names, shared, told, lowest)
	}
	return all
}

// tagsOf returns the attributes of a map, sorted by key.
func tagsOf(m pcommon.Map) (tags []model.Tag) {
	for _, p := range sortedAttributes(nil, m) {
		tags = append(tags, model.Tag{Key: p.key, Value: text(p.value)})
	}
	return tags
}
