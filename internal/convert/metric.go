// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"slices"
	"strconv"
	"strings"

	"github.com/apptuitai/apptuit-go/internal/block"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// metric is a block with further data for its entries. Instruments whose points have the
// same lines share a metric, so that series that collide are neighbours in the block.
type metric[K comparable] struct {
	block   *block.Block
	lines   block.Lines
	key     string
	points  []point[K]          // by entry
	invalid map[uint32]*invalid // entries without a series
	sparse  *sparseBuckets      // nil unless only some buckets of the metric are sent
	users   int                 // instruments
	open    bool                // it is part of the export
	late    bool                // it must not be written before the end of the export
	awaited int                 // instruments of the export with data points to come
	charged int64               // bytes
}

// point is the data of an entry, which stands for the data points of one instrument with
// one set of attributes.
type point[K comparable] struct {
	key   K
	next  [2]uint32 // 1 + the entry that came after it last time, and the time before
	owner uint32    // the instrument
	state
}

// state is the part of a point that exists whether or not the point is kept.
type state struct {
	sent
	reported fault // a set
	flags    stateFlags
}

type stateFlags uint8

const (
	overflow    stateFlags = 1 << iota // has the SDK's overflow attribute
	filtered                           // lost attributes to a filter
	tooFewTags                         // none: lines without a label cannot be sent
	tooManyTags                        // with a label: lines with one cannot be sent
	noSeries                           // nothing can be sent, see invalid
)

// invalid is the reason why the points of an entry cannot be sent.
type invalid struct {
	err, labelErr error // of the lines without and with a label
	tags          []model.Tag
}

// metricOf returns the metric with these lines, which it makes if necessary.
func (c *Converter[K]) metricOf(lines block.Lines) *metric[K] {
	parts := append([]string{strconv.Itoa(len(lines.Plain))}, lines.Plain...)
	for _, l := range lines.Labels {
		parts = append(parts, l.Key, l.Metric)
	}
	key := strings.Join(parts, "\x00")
	m, ok := c.metrics[key]
	if !ok {
		m = &metric[K]{block: block.New(lines), lines: lines, key: key}
		c.metrics[key] = m
		c.markContested(m)
	}
	return m
}

// markContested adds the names of a new metric. If another metric has one of the names, it
// marks both blocks as contested.
func (c *Converter[K]) markContested(m *metric[K]) {
	for _, name := range m.names() {
		others := c.names[name]
		for _, other := range others {
			m.block.Contested, other.block.Contested = true, true
		}
		c.names[name] = append(others, m)
	}
}

// dropMetric is the reverse of metricOf.
func (c *Converter[K]) dropMetric(m *metric[K]) {
	delete(c.metrics, m.key)
	for _, name := range m.names() {
		c.names[name] = slices.DeleteFunc(c.names[name], func(other *metric[K]) bool { return other == m })
		if len(c.names[name]) == 0 {
			delete(c.names, name)
		}
	}
	c.charge(m, -m.charged)
}

// names returns the names of the metric's lines, each once.
func (m *metric[K]) names() []string {
	names := slices.Clone(m.lines.Plain)
	for _, l := range m.lines.Labels {
		names = append(names, l.Metric)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// write writes the values of the metric and updates its charge.
func (c *Converter[K]) write(m *metric[K]) {
	c.ws.writer.Write(m.block)
	c.recharge(m)
}

// setInvalid sets the reason why an entry has no series.
func (m *metric[K]) setInvalid(id uint32, v *invalid) {
	if m.invalid == nil {
		m.invalid = make(map[uint32]*invalid)
	}
	m.invalid[id] = v
}

// shrink drops the data of entries that were removed from the block.
func (m *metric[K]) shrink(entries []uint32) {
	for _, id := range entries {
		delete(m.invalid, id)
		if m.sparse != nil {
			m.sparse.forget(id)
		}
	}
	if n := m.block.Len(); n < len(m.points) {
		m.points = append(make([]point[K], 0, n), m.points[:n]...)
		if m.sparse != nil {
			m.sparse.shrink(n)
		}
	}
}

// newEntry returns a new entry of the metric.
func (m *metric[K]) newEntry() uint32 {
	id := m.block.NewEntry()
	if int(id) == len(m.points) {
		m.points = append(m.points, point[K]{})
	}
	return id
}
