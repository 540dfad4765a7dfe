// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"slices"

	"github.com/apptuitai/apptuit-go/internal/block"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// OverflowKey is the attribute that the SDK sets on the data point that stands for all
// attributes over its cardinality limit (specification, Metrics SDK, cardinality limits).
// Filters keep it: without it the data point would look like one of the others.
const OverflowKey = "otel.metric.overflow"

// Point is the place of a data point in its metric. It is good until the next Add.
type Point[K comparable] struct {
	i     *Instrument[K]
	entry uint32
	kept  bool // the instrument knows it by its key; else it is the passing one
}

// passing is a data point for which there is no room.
type unkept struct {
	state
	block   *block.Block
	invalid invalid
}

// state returns what is known of the data point.
func (p Point[K]) state() *state {
	if p.kept {
		return &p.i.metric.points[p.entry].state
	}
	return &p.i.scope.c.ws.unkept.state
}

// block returns the block that the entry is in.
func (p Point[K]) block() *block.Block {
	if p.kept {
		return p.i.metric.block
	}
	return p.i.scope.c.ws.unkept.block
}

// Lookup returns the place of a data point by the identity of its attributes. If it
// reports false, the caller must Add the data point.
func (i *Instrument[K]) Lookup(key K) (p Point[K], ok bool) {
	id, ok := i.find(key)
	if ok {
		i.metric.block.Touch(id, i.scope.c.now)
	}
	return Point[K]{i, id, true}, ok
}

// LookupIdle is Lookup for a data point that the export does not contain but that is
// converted nevertheless. It does not change the order in which Lookup expects data
// points. All data points that are idle must be looked up before others are converted.
func (i *Instrument[K]) LookupIdle(key K) (p Point[K], ok bool) {
	id, ok := i.index.entries[key]
	if ok {
		i.used = i.scope.c.now
		i.metric.block.Touch(id, i.used)
		i.scope.c.openMetric(i.metric, true)
	}
	return Point[K]{i, id, true}, ok
}

// Add adds a data point that Lookup does not find. The attributes must be sorted by key;
// Add may change the slice. isFiltered says that a filter has left out other attributes.
// These are part of the identity but do not become tags.
func (i *Instrument[K]) Add(key K, attributes []model.Tag, isFiltered bool) Point[K] {
	c := i.scope.c
	i.filtered = i.filtered || isFiltered
	var s state
	if isFiltered {
		s.flags |= filtered
	}
	if slices.ContainsFunc(attributes, func(t model.Tag) bool { return t.Key == OverflowKey && t.Value == "true" }) {
		s.flags |= overflow
	}
	tags, bad := i.resolve(attributes)
	switch {
	case bad.err != nil && bad.labelErr != nil:
		s.flags |= noSeries
		bad.tags = tags
		return i.addInvalid(key, s, bad)
	case bad.err != nil:
		s.flags |= tooFewTags
	case bad.labelErr != nil:
		s.flags |= tooManyTags
	}
	c.ws.text = c.ws.renderer.AppendTags(c.ws.text[:0], tags)
	return i.addSeries(key, s, c.ws.text)
}

// resolve returns the tags of a new data point, and why some of its lines cannot be sent.
func (i *Instrument[K]) resolve(attributes []model.Tag) (tags []model.Tag, bad invalid) {
	ws := i.scope.c.ws
	var keyErr error
	for n := range attributes {
		key, err := ws.attributes.key(n, attributes[n].Key)
		attributes[n].Key = key
		if keyErr == nil {
			keyErr = err
		}
	}
	var own []model.Tag
	if keyErr == nil {
		own = i.scope.c.cfg.Names.join(attributes)
	}
	ws.tags = model.MergeTags(ws.tags[:0], own, i.scope.base)
	tags, bad.err = model.FinishTags(ws.tags)
	bad.labelErr = model.CheckTags(len(tags) + 1)
	for _, err := range []error{keyErr, i.err} {
		if err != nil {
			bad.err, bad.labelErr = err, err
		}
	}
	return tags, bad
}

// addSeries adds a data point with the text of its tags.
func (i *Instrument[K]) addSeries(key K, s state, text []byte) Point[K] {
	c, m := i.scope.c, i.metric
	if i.index.entries != nil && c.reserveFor(m, m.seriesCost(text)) {
		id := m.newEntry()
		i.remember(key, id, s)
		m.block.Touch(id, c.now)
		c.ws.writer.Add(m.block, id, text, i.expected-len(i.index.entries))
		return Point[K]{i, id, true}
	}
	// Without room the point is written with this export only. Its series may be known
	// from another instrument.
	i.unkept, c.ws.unkept = key, unkept{state: s, block: m.block}
	id, ok := c.ws.writer.Find(m.block, text)
	if !ok {
		o := c.ws.writer.Overflow(m.block)
		id, c.ws.unkept.block = o.NewEntry(), o
		c.ws.writer.Add(o, id, text, 0)
	}
	return Point[K]{i, id, false}
}

// addInvalid adds a data point without a series.
func (i *Instrument[K]) addInvalid(key K, s state, bad invalid) Point[K] {
	c, m := i.scope.c, i.metric
	if i.index.entries != nil && c.reserveFor(m, m.seriesCost(nil)+invalidCost+tagsCost(bad.tags)) {
		id := m.newEntry()
		i.remember(key, id, s)
		m.block.Touch(id, c.now)
		bad.tags = slices.Clone(bad.tags)
		m.setInvalid(id, &bad)
		return Point[K]{i, id, true}
	}
	i.unkept, c.ws.unkept = key, unkept{state: s, invalid: bad}
	return Point[K]{i, 0, false}
}

// invalid returns why the point has no series.
func (p Point[K]) invalid() *invalid {
	if p.kept {
		return p.i.metric.invalid[p.entry]
	}
	return &p.i.scope.c.ws.unkept.invalid
}
