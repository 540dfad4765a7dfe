// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/wire"
)

// hostName is the attribute of the resource that becomes the host tag
// (OpenTelemetry semantic conventions, host).
const hostName = "host.name"

// resources makes the tags that all points of a resource share.
type resources struct {
	mode     encoding.SanitizeMode
	tags     []wire.Tag // the configuration's: a layer
	included []string
	excluded []string
	host     bool
}

func newResources(cfg *Config) (*resources, error) {
	mode, err := encoding.ParseSanitizeMode(cfg.SanitizeMode)
	if err != nil {
		return nil, err
	}
	tags, err := wire.SanitizeTags(mode, wire.TagsOf(nil, cfg.Tags))
	if err != nil {
		return nil, err
	}
	chosen := cfg.ResourceAttributes
	if chosen.Included == nil {
		chosen.Included = []string{"*"}
		if chosen.Excluded == nil { // as exporter.WithResourceAttributes is by default
			chosen.Included = []string{"service.name", "service.namespace", "service.instance.id"}
		}
	}
	return &resources{mode: mode, tags: tags, host: cfg.HostTag, included: chosen.Included, excluded: chosen.Excluded}, nil
}

// chosen reports whether an attribute of the resource becomes a tag.
func (r *resources) chosen(key string) bool {
	matches := func(pattern string) bool { return match(pattern, key) }
	return slices.ContainsFunc(r.included, matches) && !slices.ContainsFunc(r.excluded, matches)
}

// base merges the tags of a resource.
func (r *resources) base(m pcommon.Map) []wire.Tag {
	var chosen, lowest []wire.Tag
	for _, p := range sortedAttributes(nil, m) {
		if r.chosen(p.key) {
			chosen = append(chosen, wire.Tag{Key: p.key, Value: text(p.value)})
		}
		if p.key == hostName && r.host {
			lowest = append(lowest, wire.Tag{Key: "host", Value: text(p.value)})
		}
	}
	return convert.BaseTags(r.mode, [][]wire.Tag{r.tags}, chosen, lowest)
}

// match reports whether a pattern is of a key: * stands for any characters,
// ? for one. Where it fails after a *, the last one takes one character more.
func match(pattern, key string) bool {
	p, k := []rune(pattern), []rune(key)
	i, star, taken := 0, -1, 0
	for j := 0; j < len(k); {
		switch {
		case i < len(p) && p[i] == '*':
			star, taken = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == k[j]):
			i++
			j++
		case star >= 0:
			taken++
			i, j = star+1, taken
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}
