// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
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
	names  convert.Names
	tags   []wire.Tag // the configuration's: a layer
	chosen ResourceAttributes
	target *ResourceAttributes // nil: there is no target_info
	host   bool
}

func newResources(cfg *Config) (*resources, error) {
	names, err := cfg.names()
	if err != nil {
		return nil, err
	}
	tags, err := names.Layer(wire.TagsOf(nil, cfg.Tags))
	if err != nil {
		return nil, err
	}
	chosen := cfg.ResourceAttributes
	if chosen.Included == nil && chosen.Excluded == nil { // as exporter.WithResourceAttributes is by default
		chosen.Included = []string{"service.name", "service.namespace", "service.instance.id"}
	}
	return &resources{names: names, tags: tags, host: cfg.HostTag, chosen: chosen, target: cfg.TargetInfo.Get()}, nil
}

func (cfg *Config) names() (convert.Names, error) {
	mode, err := encoding.ParseSanitizeMode(cfg.SanitizeMode)
	return convert.Names{Mode: mode, Prefix: cfg.Prefix, Prometheus: cfg.PrometheusNames}, err
}

// of merges the tags that all points of a resource share, and those of
// target_info, which are the same and more attributes: none if there is no such
// attribute.
func (r *resources) of(m pcommon.Map) (base, target []wire.Tag) {
	var chosen, told, lowest []wire.Tag
	tells := false
	for _, p := range sortedAttributes(nil, m) {
		inBase, inTarget := r.chosen.choose(p.key), r.target != nil && r.target.choose(p.key)
		tells = tells || inTarget
		if inBase {
			chosen = append(chosen, wire.Tag{Key: p.key, Value: text(p.value)})
		}
		if inBase || inTarget {
			told = append(told, wire.Tag{Key: p.key, Value: text(p.value)})
		}
		if p.key == hostName && r.host {
			lowest = append(lowest, wire.Tag{Key: "host", Value: text(p.value)})
		}
	}
	shared := [][]wire.Tag{r.tags}
	base = convert.BaseTags(r.names, shared, chosen, lowest)
	if tells {
		target = convert.BaseTags(r.names, shared, told, lowest)
	}
	return base, target
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
