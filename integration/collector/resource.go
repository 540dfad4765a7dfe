// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/pattern"
)

// The resource attribute hostName (OpenTelemetry semantic conventions, host) becomes the tag
// hostTag.
const (
	hostName = "host.name"
	hostTag  = "host"
)

// resources computes the tags that all points of a resource share.
type resources struct {
	names     convert.Names
	given     map[string]string  // tags of the configuration
	selected  *pattern.Selection // attributes that become tags; nil selects them by importance
	target    *pattern.Selection // attributes that become tags of target_info; nil without target_info
	host      bool               // adds the tag host
	scopeTags int                // number of the tags of a scope

	// Set by use.
	tags       []model.Tag // given, as a layer
	importance *importance // selects attributes without a selection
}

func newResources(cfg *Config) (*resources, error) {
	names, err := cfg.names()
	if err != nil {
		return nil, err
	}
	r := &resources{names: names, given: cfg.Tags, host: cfg.HostTag, selected: cfg.ResourceAttributes.selection()}
	switch {
	case cfg.ScopeTags && cfg.PrometheusNames:
		r.scopeTags = 3 // with the schema URL
	case cfg.ScopeTags:
		r.scopeTags = 2
	}
	if t := cfg.TargetInfo.Get(); t != nil {
		if r.target = t.selection(); r.target == nil {
			r.target = &pattern.Selection{}
		}
	}
	return r, nil
}

// use sets the rules of the server for tags.
func (r *resources) use(values encoding.TagValueRule, maxTags int) (err error) {
	r.names.Values = values
	r.tags, err = r.names.Layer(model.TagsOf(nil, r.given))
	taken := r.scopeTags
	for _, t := range r.tags {
		if t.Value != "" {
			taken++
		}
	}
	if r.host && !r.givenHost() {
		taken++
	}
	r.importance = newImportance(maxTags, taken)
	return err
}

// givenHost reports whether the configured tags contain host, even with an empty value.
func (r *resources) givenHost() bool {
	return slices.ContainsFunc(r.tags, func(t model.Tag) bool { return t.Key == hostTag })
}

func (cfg *Config) names() (convert.Names, error) {
	mode, err := encoding.ParseSanitizeMode(cfg.SanitizeMode)
	return convert.Names{Mode: mode, Prefix: cfg.Prefix, Prometheus: cfg.PrometheusNames}, err
}

// of returns the tags that all points of a resource share, and the tags of target_info: the
// same, and those of the attributes that target selects. The latter are nil if it selects no
// attribute of the resource.
func (r *resources) of(m pcommon.Map) (all convert.Tags) {
	sorted := sortedAttributes(nil, m)
	var base, short, target, lowest []model.Tag
	if name, ok := m.Get(hostName); ok && r.host {
		lowest = []model.Tag{{Key: hostTag, Value: text(name)}}
	}
	if r.selected == nil {
		base, short = r.importance.choose(sorted, lowest != nil && !r.givenHost() && !has(sorted, hostTag))
	}
	hasTarget := false
	for _, p := range sorted {
		inBase, inTarget := r.selected != nil && r.selected.Matches(p.key), r.target != nil && r.target.Matches(p.key)
		hasTarget = hasTarget || inTarget
		if inBase {
			base = append(base, model.Tag{Key: p.key, Value: text(p.value)})
		}
		if inTarget || slices.ContainsFunc(base, func(t model.Tag) bool { return t.Key == p.key }) {
			target = append(target, model.Tag{Key: p.key, Value: text(p.value)})
		}
	}
	shared := [][]model.Tag{r.tags}
	all.Base = convert.BaseTags(r.names, shared, base, lowest)
	if short != nil { // it is empty, not nil, if points have no room for any attribute
		all.Short = append([]model.Tag{}, convert.BaseTags(r.names, shared, short, lowest)...)
	}
	if hasTarget {
		all.Target = convert.BaseTags(r.names, shared, target, lowest)
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
