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

// Point is the place of a data point in its metric. It is valid until the next Add.
type Point[K comparable] struct {
	i     *Instrument[K]
	entry uint32
	kept  bool // it is in the instrument's index; else it is workspace.transient
	added bool // by this export
}

// transientPoint is a data point for which there is no room. It is written with the current export
// and then forgotten.
type transientPoint struct {
	state
	block   *block.Block
	invalid invalid
}

// state returns the state of the data point.
func (p Point[K]) state() *state {
	if p.kept {
		return &p.i.metric.points[p.entry].state
	}
	return &p.i.scope.c.ws.transient.state
}

// block returns the block of the entry.
func (p Point[K]) block() *block.Block {
	if p.kept {
		return p.i.metric.block
	}
	return p.i.scope.c.ws.transient.block
}

// Lookup returns the place of a data point by the identity of its attributes. If it
// reports false, the caller must Add the data point.
func (i *Instrument[K]) Lookup(key K) (p Point[K], ok bool) {
	id, ok := i.find(key)
	if ok {
		i.metric.block.Touch(id, i.scope.c.now)
	}
	return Point[K]{i: i, entry: id, kept: true}, ok
}

// LookupIdle is Lookup for a series that is sent although the export contains no data point
// of it. It does not change the order in which Lookup expects data points. LookupIdle must
// be called before data points are converted.
func (i *Instrument[K]) LookupIdle(key K) (p Point[K], ok bool) {
	id, ok := i.index.entries[key]
	if ok {
		i.used = i.scope.c.now
		i.series++
		i.metric.block.Touch(id, i.used)
		i.scope.c.openMetric(i.metric, true)
	}
	return Point[K]{i: i, entry: id, kept: true}, ok
}

// Add adds a data point that Lookup does not find. The attributes must be sorted by key;
// Add may change the slice. isFiltered says that a filter removed other attributes, which
// are part of the identity but do not become tags.
func (i *Instrument[K]) Add(key K, attributes []model.Tag, isFiltered bool) Point[K] {
	c := i.scope.c
	i.filtered = i.filtered || isFiltered
	var s state
	if isFiltered {
		s.flags |= filtered
	}
	if slices.ContainsFunc(attributes, func(t model.Tag) bool { return t.Key == OverflowKey && t.Value == "true" }) {
		s.flags |= overflow
		i.overflowed = true
	}
	tags, reasons := i.resolve(attributes)
	switch {
	case reasons.err != nil && reasons.labelErr != nil:
		s.flags |= noSeries
		reasons.tags = tags
		return i.addInvalid(key, s, reasons)
	case reasons.err != nil:
		s.flags |= tooFewTags
	case reasons.labelErr != nil:
		s.flags |= tooManyTags
	}
	c.ws.text = c.ws.renderer.AppendTags(c.ws.text[:0], tags)
	return i.addSeries(key, s, c.ws.text)
}

// resolve returns the tags of a new data point, and the reasons why some of its lines
// cannot be sent.
func (i *Instrument[K]) resolve(attributes []model.Tag) (tags []model.Tag, reasons invalid) {
	ws := i.scope.c.ws
	var keyErr error
	for n := range attributes {
		key, err := ws.attributes.key(n, attributes[n].Key)
		attributes[n].Key = key
		if keyErr == nil {
			keyErr = err
		}
	}
	var layer []model.Tag
	if keyErr == nil {
		layer = i.scope.c.cfg.Names.join(attributes)
	}
	rules := i.scope.c.cfg.tagRules()
	ws.tags = model.MergeTags(ws.tags[:0], layer, i.scope.base)
	tags, reasons.err = rules.Finish(ws.tags)
	if i.scope.short != nil && len(tags)+min(len(i.shape.labels), 1) > rules.Max {
		ws.tags = model.MergeTags(ws.tags[:0], layer, i.scope.short)
		tags, reasons.err = rules.Finish(ws.tags)
	}
	reasons.labelErr = rules.Check(len(tags) + 1)
	for _, err := range []error{keyErr, i.err} {
		if err != nil {
			reasons.err, reasons.labelErr = err, err
		}
	}
	return tags, reasons
}

// addSeries adds a data point with the text of its tags.
func (i *Instrument[K]) addSeries(key K, s state, text []byte) Point[K] {
	c, m := i.scope.c, i.metric
	if i.index.entries != nil && c.reserveFor(m, m.seriesCost(text)) {
		i.grow()
		id := m.newEntry()
		i.remember(key, id, s)
		m.block.Touch(id, c.now)
		c.ws.writer.Add(m.block, id, text, i.series-len(i.index.entries))
		return Point[K]{i, id, true, true}
	}
	// The series may be kept for another instrument.
	i.transientKey, c.ws.transient = key, transientPoint{state: s, block: m.block}
	id, ok := c.ws.writer.Find(m.block, text)
	if !ok {
		o := c.ws.writer.Overflow(m.block)
		id, c.ws.transient.block = o.NewEntry(), o
		c.ws.writer.Add(o, id, text, 0)
	}
	return Point[K]{i, id, false, true}
}

// addInvalid adds a data point without a series.
func (i *Instrument[K]) addInvalid(key K, s state, reasons invalid) Point[K] {
	c, m := i.scope.c, i.metric
	if i.index.entries != nil && c.reserveFor(m, m.seriesCost(nil)+invalidCost+tagsCost(reasons.tags)) {
		id := m.newEntry()
		i.remember(key, id, s)
		m.block.Touch(id, c.now)
		reasons.tags = slices.Clone(reasons.tags)
		m.setInvalid(id, &reasons)
		return Point[K]{i, id, true, true}
	}
	i.transientKey, c.ws.transient = key, transientPoint{state: s, invalid: reasons}
	return Point[K]{i, 0, false, true}
}

// invalid returns the reason why the point has no series.
func (p Point[K]) invalid() *invalid {
	if p.kept {
		return p.i.metric.invalid[p.entry]
	}
	return &p.i.scope.c.ws.transient.invalid
}
