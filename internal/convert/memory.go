// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"sync/atomic"
	"unsafe"

	"github.com/apptuitai/apptuit-go/internal/block"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// take takes bytes for something other than a series, after a sweep if there is no room.
func (c *Converter[K]) reserve(n int64) bool {
	if c.budget.Take(n) || c.sweepOnce() && c.budget.Take(n) {
		c.bytes += n
		return true
	}
	return false
}

// makeRoom charges a metric for a new series, after a sweep if there is no room.
func (c *Converter[K]) reserveFor(m *metric[K], n int64) bool {
	return c.charge(m, n) || c.sweepOnce() && c.charge(m, n)
}

// sweepOnce sweeps at most once an export and once a second, since then it is in vain: the
// same is idle during all of that time. It reports whether it made room.
func (c *Converter[K]) sweepOnce() bool {
	if c.full || c.swept == c.now {
		return false
	}
	c.full = true
	before := c.bytes
	c.sweep()
	return c.bytes < before
}

// sweep drops what has been idle. Idle is a matter of time and not of exports, since one
// collection may come in many exports. What is in use is never dropped: a working set
// larger than the budget would push itself out in a circle.
func (c *Converter[K]) sweep() {
	c.swept = c.now
	idle := make(map[*metric[K]][]uint32)
	var gone []*Instrument[K]
	for scopeKey, s := range c.scopes {
		for spec, i := range s.instruments {
			m := i.metric
			if entries := c.idleEntries(i); len(entries) > 0 {
				idle[m] = append(idle[m], entries...)
			}
			if len(i.index.entries) == 0 && c.idle(i.used) {
				delete(s.instruments, spec)
				gone = append(gone, i)
			}
		}
		if len(s.instruments) == 0 && c.idle(s.used) {
			delete(c.scopes, scopeKey)
			c.release(s.cost())
		}
	}
	for m, entries := range idle {
		c.ws.writer.Remove(m.block, entries)
		m.shrink(entries)
		c.recharge(m)
	}
	for _, i := range gone {
		c.release(i.cost())
		c.drop(i)
	}
}

func (c *Converter[K]) idle(used uint32) bool { return c.now-used >= idleSeconds }

// idleEntries takes the idle entries out of the index of an instrument.
func (c *Converter[K]) idleEntries(i *Instrument[K]) (gone []uint32) {
	before := len(i.index.entries)
	for key, id := range i.index.entries {
		if c.idle(i.metric.block.Used(id)) {
			gone = append(gone, id)
			delete(i.index.entries, key)
			i.metric.points[id] = point[K]{owner: noOwner}
		}
	}
	if len(gone) > 0 && len(i.index.entries) < before/2 {
		i.index.grow(0) // maps do not shrink
	}
	return gone
}

// noOwner is no instrument.
const noOwner = ^uint32(0)

func (c *Converter[K]) release(n int64) {
	c.budget.Take(-n)
	c.bytes -= n
}

// Budget bounds the bytes that several converters keep together. It is safe for
// concurrent use.
type Budget struct {
	limit int64
	used  atomic.Int64
}

// NewBudget returns a budget of limit bytes.
func NewBudget(limit int64) *Budget { return &Budget{limit: limit} }

// Used returns the bytes in use.
func (b *Budget) Used() int64 { return b.used.Load() }

// Limit returns the bytes that may be in use.
func (b *Budget) Limit() int64 { return b.limit }

// Take takes n bytes and reports whether there was room for them. With a negative n it
// gives bytes back.
func (b *Budget) Take(n int64) bool {
	if b.used.Add(n) > b.limit && n > 0 {
		b.used.Add(-n)
		return false
	}
	return true
}

// room returns for how many series of the usual size there is room.
func (b *Budget) room() int { return int(max(0, b.limit-b.Used()) / usualSeries) }

// Costs in bytes, with the places in maps and slices. Maps of one element have room for
// eight.
const (
	scopeCost      = 900
	instrumentCost = 768
	metricCost     = 1200
	tagCost        = 32
	invalidCost    = 128
	indexCost      = 32
	usualSeries    = 230 // a series of six tags
)

// settle charges the metric for what it is, instead of for what its new series were
// expected to take.
func (c *Converter[K]) recharge(m *metric[K]) {
	n := m.block.Size() + int64(cap(m.points))*int64(unsafe.Sizeof(point[K]{})) + int64(len(m.points))*indexCost
	for _, v := range m.invalid {
		n += invalidCost + tagsCost(v.tags)
	}
	c.charge(m, n-m.charged)
}

// charge takes bytes for a metric from the budget and reports whether there was room.
func (c *Converter[K]) charge(m *metric[K], n int64) bool {
	if !c.budget.Take(n) {
		return false
	}
	m.charged += n
	c.bytes += n
	return true
}

func tagsCost(tags []model.Tag) int64 {
	n := 0
	for _, t := range tags {
		n += tagCost + len(t.Key) + len(t.Value)
	}
	return int64(n)
}

// seriesCost is what a new series of the metric is charged until the metric is written: its
// text while it is not sorted, which is more than it takes later.
func (m *metric[K]) seriesCost(text []byte) int64 {
	return int64(unsafe.Sizeof(point[K]{})) + indexCost + block.NewSeriesSize(text)
}

func (i *Instrument[K]) cost() int64 {
	n := instrumentCost + metricCost + len(i.spec.Name) + len(i.spec.Unit)
	for _, name := range i.metric.names() {
		n += 2 * len(name)
	}
	return int64(n)
}

func (s *Scope[K]) cost() int64 {
	n := int64(scopeCost + len(s.key.name) + len(s.key.version) + len(s.key.schema))
	if s.c.cfg.ScopeTags {
		n += tagsCost(s.base)
	}
	return n
}
