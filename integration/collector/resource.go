// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// hostName is the resource attribute that becomes the host tag (OpenTelemetry semantic
// conventions, host).
const hostName = "host.name"

// resources computes the tags that all points of a resource share.
type resources struct {
	names  convert.Names
	given  map[string]string // tags of the configuration
	tags   []model.Tag       // these as a layer; set by use
	chosen *chooser          // of attributes that become tags
	target *chooser          // of attributes that become tags of target_info; nil without target_info
	host   bool
}

func newResources(cfg *Config) (*resources, error) {
	names, err := cfg.names()
	if err != nil {
		return nil, err
	}
	r := &resources{names: names, given: cfg.Tags, host: cfg.HostTag, chosen: newChooser(cfg.ResourceAttributes)}
	if r.chosen == nil { // as exporter.WithResourceAttributes is by default
		r.chosen = &chooser{included: []string{"service.name", "service.namespace", "service.instance.id"}}
	}
	if t := cfg.TargetInfo.Get(); t != nil {
		if r.target = newChooser(*t); r.target == nil {
			r.target = &chooser{included: []string{"*"}}
		}
	}
	return r, nil
}

// use sets the rule for tag values.
func (r *resources) use(values encoding.TagValueRule) (err error) {
	r.names.Values = values
	r.tags, err = r.names.Layer(model.TagsOf(nil, r.given))
	return err
}

func (cfg *Config) names() (convert.Names, error) {
	mode, err := encoding.ParseSanitizeMode(cfg.SanitizeMode)
	return convert.Names{Mode: mode, Prefix: cfg.Prefix, Prometheus: cfg.PrometheusNames}, err
}

// of returns the tags that all points of a resource share, and the tags of target_info:
// the same and the selected attributes. The latter are nil if no attribute is selected.
func (r *resources) of(m pcommon.Map) (all convert.Tags) {
	var chosen, told, lowest []model.Tag
	tells := false
	for _, p := range sortedAttributes(nil, m) {
		inBase, inTarget := r.chosen.passes(p.key), r.target != nil && r.target.passes(p.key)
		tells = tells || inTarget
		if inBase {
			chosen = append(chosen, model.Tag{Key: p.key, Value: text(p.value)})
		}
		if inBase || inTarget {
			told = append(told, model.Tag{Key: p.key, Value: text(p.value)})
		}
		if p.key == hostName && r.host {
			lowest = append(lowest, model.Tag{Key: "host", Value: text(p.value)})
		}
	}
	shared := [][]model.Tag{r.tags}
	all.Base = convert.BaseTags(r.names, shared, chosen, lowest)
	if tells {
		all.Target = convert.BaseTags(r.names, shared, told, lowest)
	}
	return all
}
