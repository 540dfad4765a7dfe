// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"sync/atomic"
	"unsafe"

	"github.com/apptuitai/apptuit-go/internal/block"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// reserve takes bytes from the budget for anything but a series, after a sweep if there is
// no room.
func (c *Converter[K]) reserve(n int64) bool {
	if c.budget.Take(n) || c.sweepOnce() && c.budget.Take(n) {
		c.bytes += n
		return true
	}
	return false
}

// reserveFor charges a metric for a new series, after a sweep if there is no room.
func (c *Converter[K]) reserveFor(m *metric[K], n int64) bool {
	return c.charge(m, n) || c.sweepOnce() && c.charge(m, n)
}

// sweepOnce sweeps and reports whether that made room. It sweeps at most once an export and
// once a second: within that time, no other data points become idle.
func (c *Converter[K]) sweepOnce() bool {
	if c.full || c.swept == c.now {
		return false
	}
	c.full = true
	before := c.bytes
	c.sweep()
	if c.bytes >= before {
		return false
	}
	c.squeezed = c.wall
	return true
}

// sweep drops data points, instruments and scopes that were idle for [IdleTime]. It counts
// time and not exports, since one collection may come in many exports. It drops nothing
// that is in use: if the working set is larger than the budget, each series would be
// dropped before its next data point.
func (c *Converter[K]) sweep() {
	c.swept = c.now
	idle := make(map[*metric[K]][]uint32)
	var dropped []*Instrument[K]
	for scopeKey, s := range c.scopes {
		for spec, i := range s.instruments {
			m := i.metric
			if entries := c.idleEntries(i); len(entries) > 0 {
				idle[m] = append(idle[m], entries...)
			}
			if len(i.index.entries) == 0 && c.idle(i.used) {
				delete(s.instruments, spec)
				dropped = append(dropped, i)
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
	for _, i := range dropped {
		c.release(i.cost())
		c.drop(i)
	}
	if len(idle)+len(dropped) > 0 {
		c.dropped = c.wall
	}
}

func (c *Converter[K]) idle(used uint32) bool { return c.now-used >= idleSeconds }

// idleEntries removes the idle entries from the index of an instrument and returns them.
func (c *Converter[K]) idleEntries(i *Instrument[K]) (idle []uint32) {
	before := len(i.index.entries)
	for key, id := range i.index.entries {
		if c.idle(i.metric.block.Used(id)) {
			idle = append(idle, id)
			delete(i.index.entries, key)
			i.metric.points[id] = point[K]{owner: noOwner}
		}
	}
	if len(idle) > 0 && len(i.index.entries) < before/2 {
		i.index.grow(0) // maps do not shrink
	}
	return idle
}

// noOwner is the owner of a free entry.
const noOwner = ^uint32(0)

func (c *Converter[K]) release(n int64) {
	c.budget.Take(-n)
	c.bytes -= n
}

// Budget bounds the bytes that several converters keep in total. It is safe for concurrent
// use.
type Budget struct {
	limit int64
	used  atomic.Int64
}

// NewBudget returns a budget of limit bytes.
func NewBudget(limit int64) *Budget { return &Budget{limit: limit} }

// Used returns the bytes in use.
func (b *Budget) Used() int64 { return b.used.Load() }

// Take takes n bytes and reports whether there was room for them. With a negative n it
// gives bytes back.
func (b *Budget) Take(n int64) bool {
	if b.used.Add(n) > b.limit && n > 0 {
		b.used.Add(-n)
		return false
	}
	return true
}

// room returns the number of series of usual size for which there is room.
func (b *Budget) room() int { return int(max(0, b.limit-b.Used()) / usualSeries) }

// Costs in bytes, including the places in maps and slices. A map of one element has room
// for eight.
const (
	scopeCost      = 900
	instrumentCost = 832
	metricCost     = 1200
	tagCost        = 32
	invalidCost    = 128
	sparseCost     = 256
	indexCost      = 32
	usualSeries    = 180 // a series of six tags
)

// recharge charges a metric for the memory that it takes now. New series were charged by
// an estimate, see seriesCost.
func (c *Converter[K]) recharge(m *metric[K]) {
	n := m.block.Size() + int64(cap(m.points))*int64(unsafe.Sizeof(point[K]{})) + int64(len(m.points))*indexCost
	for _, v := range m.invalid {
		n += invalidCost + tagsCost(v.tags)
	}
	if m.sparse != nil {
		n += m.sparse.size()
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

// seriesCost is the charge for a new series until the metric is written. It contains the
// whole text, which takes less memory once it is sorted.
func (m *metric[K]) seriesCost(text []byte) int64 {
	n := int64(unsafe.Sizeof(point[K]{})) + indexCost + block.NewSeriesSize(text)
	if m.sparse != nil {
		n += m.sparse.seriesSize()
	}
	return n
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
	if s.c.cfg.ScopeTags && !s.key.untagged {
		n += tagsCost(s.base) + tagsCost(s.short)
	}
	return n
}
