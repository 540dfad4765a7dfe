// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"github.com/apptuitai/apptuit-go/internal/block"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// targetName is the name of the metric whose tags are a resource's attributes
// (specification, Prometheus and OpenMetrics compatibility, resource attributes). It gets
// no prefix, so that it is found by its name.
const targetName = "target_info"

// openTarget has target_info written after all instruments, of which one may have the name.
func (c *Converter[K]) openTarget() {
	if c.target == nil {
		c.target = c.newTarget()
	}
	c.openMetric(c.target.metric, true)
}

// Target converts the point of target_info, whose value is always 1, if the resource has
// tags for it.
func (c *Converter[K]) Target(ts int64, source uint32) {
	if c.tags.Target == nil {
		return
	}
	var none K
	p, ok := c.target.Lookup(none)
	if !ok {
		p = c.target.Add(none, nil, false)
	}
	p.Number(ts, model.Int(1), source)
}

// newTarget makes the instrument of target_info. It is in no scope and stays as long as
// the converter.
func (c *Converter[K]) newTarget() *Instrument[K] {
	i := &Instrument[K]{
		scope: &Scope[K]{c: c, base: c.tags.Target}, spec: InstrumentSpec{Name: targetName, Kind: Gauge},
		shape: Shape{Suffixes: []Suffix{SuffixNone}}, expected: 1,
	}
	c.add(i, block.Lines{Plain: []string{targetName}})
	if c.reserve(i.cost()) {
		i.index.entries = make(map[K]uint32)
	}
	return i
}
