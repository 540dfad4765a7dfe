// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import "time"

const idleSeconds = uint32(IdleTime / time.Second)

// charge takes bytes for something that is to be kept, and reports whether
// there is room, after a sweep if need be.
func (c *Converter[K]) charge(n int64) bool {
	return c.table.Charge(n) || c.makeRoom() && c.table.Charge(n)
}

// makeRoom sweeps, once an export and once a second: what is idle then is so for all
// of it.
func (c *Converter[K]) makeRoom() bool {
	if c.full || c.swept == c.now {
		return false
	}
	c.full = true
	before := c.table.Bytes()
	c.sweep()
	return c.table.Bytes() < before
}

// free gives back what an instrument has beside its points.
func (c *Converter[K]) free(i *Instrument[K]) {
	c.vacate(i)
	c.instruments[i.id] = nil
	c.freeIDs = append(c.freeIDs, i.id)
}

// sweep evicts what has been idle. It goes by time, not by exports, because
// one collection may come in many exports, and never evicts what is in use,
// because a working set that is larger than the cache would push itself out in
// a circle.
func (c *Converter[K]) sweep() {
	c.swept = c.now
	idle := func(used uint32) bool { return c.now-used >= idleSeconds }
	for scopeKey, s := range c.scopes {
		for key, i := range s.instruments {
			for _, p := range i.points.entries {
				if idle(p.used) {
					c.evict(p)
				}
			}
			if len(i.points.entries) == 0 && idle(i.used) {
				delete(s.instruments, key)
				c.free(i)
				c.table.Charge(-i.cost() - i.order.cost)
			}
		}
		if len(s.instruments) == 0 && idle(s.used) {
			delete(c.scopes, scopeKey)
			c.table.Charge(-s.cost())
		}
	}
}

// evict forgets a point. Whoever has it may still emit it.
func (c *Converter[K]) evict(p *Point[K]) {
	p.instrument.order.leave(p)
	if p.single != nil {
		c.table.Release(p.single)
	}
	if d := p.detail; d != nil {
		c.releaseAll(p, d.series)
		for l := range d.labels {
			c.releaseAll(p, d.labels[l].series)
		}
	}
	c.table.Charge(-p.cost())
	p.instrument.points.remove(p)
}
