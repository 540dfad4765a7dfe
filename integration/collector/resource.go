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
	mode   encoding.SanitizeMode
	tags   []wire.Tag // the configuration's: a layer
	chosen *chooser
	host   bool
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
	chosen := newChooser(cfg.ResourceAttributes)
	if chosen == nil { // as exporter.WithResourceAttributes is by default
		chosen = &chooser{included: []string{"service.name", "service.namespace", "service.instance.id"}}
	}
	return &resources{mode: mode, tags: tags, host: cfg.HostTag, chosen: chosen}, nil
}

// base merges the tags of a resource.
func (r *resources) base(m pcommon.Map) []wire.Tag {
	var chosen, lowest []wire.Tag
	for _, p := range sortedAttributes(nil, m) {
		if r.chosen.passes(p.key) {
			chosen = append(chosen, wire.Tag{Key: p.key, Value: text(p.value)})
		}
		if p.key == hostName && r.host {
			lowest = append(lowest, wire.Tag{Key: "host", Value: text(p.value)})
		}
	}
	return convert.BaseTags(r.mode, [][]wire.Tag{r.tags}, chosen, lowest)
}
