// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"slices"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/block"
	"github.com/apptuitai/apptuit-go/internal/model"
)

type scopeKey[K comparable] struct {
	name, version, schema string
	attributes            K
	untagged              bool
}

// InstrumentKey identifies an instrument of a resource in all converters of the resource.
type InstrumentKey[K comparable] struct {
	scope scopeKey[K]
	Spec  InstrumentSpec
}

// Scope is an instrumentation scope.
type Scope[K comparable] struct {
	c           *Converter[K]
	key         scopeKey[K]
	base, short []model.Tag // see [Tags]
	instruments map[InstrumentSpec]*Instrument[K]
	used        uint32
	kept        bool
}

// Instrument is the source of data points: all of one specification in one scope.
type Instrument[K comparable] struct {
	scope        *Scope[K]
	spec         InstrumentSpec
	shape        Shape
	id           uint32
	err          error // why no point can be sent: the name is invalid
	metric       *metric[K]
	index        index[K]
	transientKey K    // the key of the last data point for which there was no room
	series       int  // data points of the export, and series that are sent without one
	grown        bool // memory for them is allocated
	overflowed   bool // a data point with OverflowKey was added since the last review
	used         uint32
	filtered     bool // a data point lost attributes to a filter
	constant     bool // its value never changes: its timestamps need not be advanced
	sumless      bool // see HasSum
	collections  collections
}

// Scope returns a scope. Its attributes are a part of its identity. If the scope is new and
// its attributes become tags, Scope calls tags, which must return them sorted by key.
func (c *Converter[K]) Scope(name, version, schema string, attributes K, tags func() []model.Tag) *Scope[K] {
	return c.scope(scopeKey[K]{name: name, version: version, schema: schema, attributes: attributes}, tags)
}

// UntaggedScope returns a scope that gives its points no tags.
func (c *Converter[K]) UntaggedScope(name, version string) *Scope[K] {
	return c.scope(scopeKey[K]{name: name, version: version, untagged: true}, nil)
}

func (c *Converter[K]) scope(key scopeKey[K], tags func() []model.Tag) *Scope[K] {
	if s, ok := c.scopes[key]; ok {
		s.used = c.now
		return s
	}
	s := &Scope[K]{c: c, key: key, base: c.tags.Base, short: c.tags.Short, instruments: make(map[InstrumentSpec]*Instrument[K]), used: c.now}
	if c.cfg.ScopeTags && !key.untagged {
		own := c.cfg.ScopeLayer(key.name, key.version, key.schema, tags())
		s.base = model.MergeTags(nil, own, c.tags.Base)
		if s.short != nil {
			s.short = model.MergeTags(nil, own, c.tags.Short)
		}
	}
	if s.kept = c.reserve(s.cost()); s.kept {
		c.scopes[key] = s
	}
	return s
}

// Instrument returns the instrument with a specification. n is the number of its data
// points in the export. An export must call Instrument for all of its instruments before
// it converts data points, since that finds instruments with the same metric names. It
// must call [Instrument.Done] once for each call of Instrument.
func (s *Scope[K]) Instrument(spec InstrumentSpec, n int) *Instrument[K] {
	c := s.c
	if c.cfg.Layout.Custom == nil { // a custom layout may depend on the whole specification
		spec = c.cfg.Names.relevant(spec)
	}
	i, ok := s.instruments[spec]
	if !ok {
		i = c.newInstrument(s, spec)
	}
	i.used, i.grown, i.collections.begun = c.now, false, false
	i.series += n
	c.openInstrument(i)
	return i
}

// newInstrument returns a new instrument, which is kept if there is room.
func (c *Converter[K]) newInstrument(s *Scope[K], spec InstrumentSpec) *Instrument[K] {
	i := &Instrument[K]{scope: s, spec: spec, shape: c.cfg.Layout.shape(spec)}
	name := c.cfg.Names.metric(spec)
	lines := i.shape.lines(name)
	if i.err = model.CheckName(encoding.FieldMetric, lines.Plain[0]); spec.Name == "" {
		i.err = &encoding.Error{Field: encoding.FieldMetric, Rule: encoding.ErrEmpty}
	}
	c.add(i, lines)
	if s.kept && c.reserve(i.cost()) {
		s.instruments[spec] = i
		i.index.entries = make(map[K]uint32)
	} else {
		c.transient = append(c.transient, i)
	}
	return i
}

// add gives an instrument a metric and an id.
func (c *Converter[K]) add(i *Instrument[K], lines block.Lines) {
	i.metric = c.metricOf(lines)
	i.metric.users++
	if last := len(c.freeIDs) - 1; last >= 0 {
		i.id = c.freeIDs[last]
		c.freeIDs = c.freeIDs[:last]
		c.instruments[i.id] = i
		return
	}
	i.id = uint32(len(c.instruments))
	c.instruments = append(c.instruments, i)
}

// drop is the reverse of add.
func (c *Converter[K]) drop(i *Instrument[K]) {
	c.instruments[i.id] = nil
	c.freeIDs = append(c.freeIDs, i.id)
	if i.metric.users--; i.metric.users == 0 {
		c.dropMetric(i.metric)
	}
}

// openInstrument adds an instrument to the export.
func (c *Converter[K]) openInstrument(i *Instrument[K]) {
	c.openMetric(i.metric, false)
	i.metric.awaited++
}

// grow allocates memory for all new data points of the export when the first of them is
// added. By then the budget is charged for the data points of earlier instruments. Without
// this, a first export of 10,000 sums takes 20 % more time.
func (i *Instrument[K]) grow() {
	if i.grown {
		return
	}
	i.grown = true
	if more := min(i.series-len(i.index.entries), i.scope.c.budget.room()); more > minGrow {
		i.index.grow(more)
		i.metric.block.Grow(more)
		i.metric.points = slices.Grow(i.metric.points, more)
	}
}

// openMetric adds a metric to the export, which writes it at its end at the latest. late
// says that it must not be written before.
func (c *Converter[K]) openMetric(m *metric[K], late bool) {
	m.late = m.late || late
	if !m.open {
		m.open = true
		c.open = append(c.open, m)
	}
}

// Done must be called after the export's data points of the instrument were converted. Done
// of the last instrument of a metric writes the metric, while its values are in the
// processor's cache.
func (i *Instrument[K]) Done() {
	m := i.metric
	if m.awaited--; m.awaited == 0 && !m.late {
		i.scope.c.write(m)
	}
}

// Key returns the key of the instrument.
func (i *Instrument[K]) Key() InstrumentKey[K] { return InstrumentKey[K]{i.scope.key, i.spec} }

// Find returns the instrument with a key, nil if the converter does not keep it.
func (c *Converter[K]) Find(key InstrumentKey[K]) *Instrument[K] {
	s := c.scopes[key.scope]
	if s == nil {
		return nil
	}
	return s.instruments[key.Spec]
}
