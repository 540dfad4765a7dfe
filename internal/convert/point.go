// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"slices"
	"strconv"

	"github.com/apptuitai/apptuit-go/internal/wire"
)

// Point is one set of attributes of one instrument, and the wire series it is
// made of.
type Point[K comparable] struct {
	instrument *Instrument[K]
	key        K
	next       [2]*Point[K]
	kept       bool
	dead       bool
	special    bool // something below is set that needs a look
	overflow   bool
	told       fault
	used       uint32
	cost       int64

	err      error // of the series, by name or tags
	labelErr error // of the series that have a tag of ours
	tags     []wire.Tag
	single   [1]*wire.Series
	series   []*wire.Series // of the fixed suffixes, or single
	labels   []float64      // bounds or quantiles
	labelled []*wire.Series // one a label, and +Inf
}

// fault is a kind of rejection, so that each is reported once a point, and a
// value of no use once a series.
type fault uint16

const (
	faultSeries fault = 1 << iota
	faultLabel
	faultTimestamp
	faultShape
	faultValue // shifted by the suffix
)

// overflowKey is the attribute that the SDK sets on the point that takes what is
// over its cardinality limit (specification, Metrics SDK, cardinality limits).
const overflowKey = "otel.metric.overflow"

// Lookup returns the point of an identity, nil if it is not known: Add it then.
func (i *Instrument[K]) Lookup(key K) *Point[K] {
	p := i.points.find(key)
	if p != nil {
		p.used = i.scope.c.now
	}
	return p
}

// Add makes a point known by its attributes, sorted by key and used up by the
// call. The point is good until the next Add.
func (i *Instrument[K]) Add(key K, attributes []wire.Tag) *Point[K] {
	c := i.scope.c
	p := &c.scratch
	*p = Point[K]{tags: p.tags[:0], labels: p.labels[:0], labelled: p.labelled[:0]}
	p.instrument, p.key, p.used = i, key, c.now
	p.overflow = slices.ContainsFunc(attributes, func(t wire.Tag) bool { return t.Key == overflowKey && t.Value == "true" })
	c.resolve(p, attributes)
	p.special = p.overflow || p.err != nil
	p.series = p.single[:]
	if i.key.kind != Number {
		p.series = make([]*wire.Series, bucket)
	}
	if i.points.entries == nil || !c.keep(p) {
		return p
	}
	return i.points.entries[key]
}

// keep makes a copy of a new point known, if there is room for it.
func (c *Converter[K]) keep(p *Point[K]) bool {
	number := p.instrument.key.kind == Number
	cost := int64(pointOverhead) + 8*int64(len(p.series))
	if !number || p.err != nil {
		cost += tagsCost(p.tags)
	}
	if !c.charge(cost) {
		return false
	}
	kept := *p
	kept.kept, kept.cost = true, cost
	kept.labels, kept.labelled = nil, nil
	if number && p.err == nil {
		kept.single[0] = c.intern(kept.instrument.names[plain], kept.tags)
		if kept.single[0] == nil {
			c.table.Charge(-cost)
			return false
		}
		kept.tags = nil
	} else {
		kept.tags = slices.Clone(p.tags)
	}
	k := &kept
	if number {
		k.series = k.single[:]
	}
	p.instrument.points.add(k)
	return true
}

// resolve merges the tags of a point and judges them.
func (c *Converter[K]) resolve(p *Point[K], attributes []wire.Tag) {
	own, err := wire.SanitizeTags(c.cfg.Mode, attributes)
	p.tags = wire.MergeTags(p.tags[:0], own, p.instrument.scope.base)
	tags, countErr := wire.FinishTags(p.tags)
	p.tags = tags
	p.err, p.labelErr = countErr, wire.CheckTags(len(tags)+1)
	if err != nil {
		p.err, p.labelErr = err, err
	}
	if p.instrument.err != nil {
		p.err, p.labelErr = p.instrument.err, p.instrument.err
	}
}

// seriesOf returns the series of a suffix.
func (c *Converter[K]) seriesOf(p *Point[K], suffix int) *wire.Series {
	at := &p.series[min(suffix, len(p.series)-1)]
	if *at != nil {
		return *at
	}
	return c.series(p, at, suffix, p.tags)
}

// labelledOf returns the series of label i, the last one being le="+Inf".
func (c *Converter[K]) labelledOf(p *Point[K], suffix int, key string, i int) *wire.Series {
	at := &p.labelled[i]
	if *at != nil {
		return *at
	}
	text := "+Inf"
	if i < len(p.labels) {
		text = formatLabel(p.labels[i])
	}
	c.merged = wire.WithTag(c.merged[:0], p.tags, wire.Tag{Key: key, Value: text})
	return c.series(p, at, suffix, c.merged)
}

// series renders a series, and keeps it in its place if the point is kept and
// there is room.
func (c *Converter[K]) series(p *Point[K], at **wire.Series, suffix int, tags []wire.Tag) *wire.Series {
	name := p.instrument.names[suffix]
	if p.kept {
		if s := c.intern(name, tags); s != nil {
			*at = s
			return s
		}
	}
	c.prefix = wire.AppendPrefix(c.prefix[:0], name, tags)
	if s := c.table.Lookup(c.prefix); s != nil {
		return s
	}
	return wire.NewSeries(c.prefix)
}

// intern renders a series into the table. It returns nil if there is no room.
func (c *Converter[K]) intern(name string, tags []wire.Tag) *wire.Series {
	c.prefix = wire.AppendPrefix(c.prefix[:0], name, tags)
	s := c.table.Intern(c.prefix)
	if s == nil && c.makeRoom() {
		s = c.table.Intern(c.prefix)
	}
	return s
}

// formatLabel is how Prometheus prints bounds and quantiles.
func formatLabel(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// relabel gives the point its bounds or quantiles, if they are new.
func (c *Converter[K]) relabel(p *Point[K], labels []float64) {
	if len(p.labelled) > 0 && slices.Equal(p.labels, labels) {
		return
	}
	c.releaseAll(p, p.labelled)
	if p.kept {
		if cost := 16 * int64(len(labels)+1-len(p.labelled)); c.charge(cost) {
			p.cost += cost
		} else {
			c.evict(p)
		}
	}
	p.labels = append(p.labels[:0], labels...)
	p.labelled = append(p.labelled[:0], make([]*wire.Series, len(labels)+1)...)
}

// releaseAll gives series back to the table: only those of kept points are in
// it.
func (c *Converter[K]) releaseAll(p *Point[K], series []*wire.Series) {
	for i, s := range series {
		if s != nil && p.kept {
			c.table.Release(s)
		}
		series[i] = nil
	}
}
