// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"github.com/apptuitai/apptuit-go/internal/block"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// targetName is the metric whose tags are the attributes of a resource (specification,
// Prometheus and OpenMetrics compatibility, resource attributes). It gets no prefix, so
// that queries find it by its name.
const targetName = "target_info"

// openTarget adds target_info to the export. It is written at the end, since an instrument
// may have the same name.
func (c *Converter[K]) openTarget() {
	if c.target == nil {
		c.target = c.newTarget()
	}
	c.openMetric(c.target.metric, true)
}

// Target converts the point of target_info, whose value is always 1, if the resource has
// tags for it. Since the value does not change, there may be further points with the same
// timestamp, and it is not advanced. at is in nanoseconds since 1970.
func (c *Converter[K]) Target(at uint64, source uint32) {
	if c.tags.Target == nil {
		return
	}
	c.target.series = 1
	var none K
	p, ok := c.target.Lookup(none)
	if !ok {
		p = c.target.Add(none, nil, false)
	}
	p.Number(Time{At: at}, model.Int(1), source)
}

// newTarget returns the instrument of target_info. It belongs to no scope and is never
// dropped.
func (c *Converter[K]) newTarget() *Instrument[K] {
	i := &Instrument[K]{
		scope: &Scope[K]{c: c, base: c.tags.Target}, spec: InstrumentSpec{Name: targetName, Kind: Gauge},
		shape: Shape{Suffixes: []Suffix{SuffixNone}}, constant: true,
	}
	c.add(i, block.Lines{Plain: []string{targetName}})
	if c.reserve(i.cost()) {
		i.index.entries = make(map[K]uint32)
	}
	return i
}
