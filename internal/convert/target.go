// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// targetName is the name of the metric that has a resource's attributes
// (specification, Prometheus and OpenMetrics compatibility, resource attributes).
// No prefix comes before it: it is known by its name.
const targetName = "target_info"

// newTarget makes the instrument of target_info. It is of no scope, and kept as
// long as the converter.
func (c *Converter[K]) newTarget() *Instrument[K] {
	i := &Instrument[K]{scope: &Scope[K]{c: c, base: c.cfg.Target}, spec: InstrumentSpec{Name: targetName, Kind: Gauge}, shape: Shape{Suffixes: []Suffix{SuffixNone}}, single: true}
	i.names[SuffixNone], i.heads[SuffixNone] = targetName, string(put.AppendHead(nil, targetName))
	c.identify(i)
	if c.charge(i.cost()) {
		i.points.entries = make(map[K]*Point[K])
	}
	return i
}

// Target converts the point of target_info, whose value is always 1, if the
// configuration has tags for it.
func (c *Converter[K]) Target(ts int64) {
	if c.target == nil {
		return
	}
	var none K
	p := c.target.Lookup(none)
	if p == nil {
		p = c.target.Add(none, nil, false)
	}
	c.Number(p, ts, model.Int(1))
	c.Settle()
}
