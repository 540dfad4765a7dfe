// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"slices"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// Kind is how the points of an instrument are laid out. Those of sums and gauges
// are numbers.
type Kind uint8

// The kinds.
const (
	Sum Kind = iota
	Gauge
	Histogram
	Exponential
	Summary
)

// number reports whether the points are single numbers.
func (k Kind) number() bool { return k <= Gauge }

// InstrumentSpec is what tells an instrument from the others of its scope, and
// decides how its points are laid out.
type InstrumentSpec struct {
	Name, Unit string
	Kind       Kind
	Monotonic  bool // of sums
}

type scopeKey[K comparable] struct {
	name, version, schema string
	attributes            K
}

// InstrumentKey identifies an instrument of a resource in all converters of that
// resource.
type InstrumentKey[K comparable] struct {
	scope scopeKey[K]
	Spec  InstrumentSpec
}

// Scope is an instrumentation scope.
type Scope[K comparable] struct {
	c           *Converter[K]
	key         scopeKey[K]
	base        []model.Tag
	instruments map[InstrumentSpec]*Instrument[K]
	used        uint32
}

// Instrument is what gives points: all of one specification in one scope.
type Instrument[K comparable] struct {
	scope  *Scope[K]
	spec   InstrumentSpec
	shape  Shape
	single bool   // a point is one series
	only   Suffix // of this suffix, then
	id     uint32
	err    error // of the name: no point of it can be sent
	names  [NumSuffixes]string
	heads  [NumSuffixes]string // of prefixes
	points cursor[K]
	order  order[K] // of numbers

	expected int // points in this export
	used     uint32

	filtered  bool // a point of it has lost attributes to a filter
	contested bool // see group.go
	labels    [labelKinds]labelTexts
}

// The costs of what is kept, beside names, in bytes: structs, their places in maps,
// and what making them leaves to the garbage collector.
const (
	scopeOverhead      = 256
	instrumentOverhead = 1536
	pointOverhead      = 136
	detailOverhead     = 208
	tagOverhead        = 32
)

// Scope returns the scope of an identity, of which the attributes are a part. If
// the scope is new and they are rendered, tags is asked for them, sorted by key.
func (c *Converter[K]) Scope(name, version, schema string, attributes K, tags func() []model.Tag) *Scope[K] {
	key := scopeKey[K]{name, version, schema, attributes}
	if s, ok := c.scopes[key]; ok {
		s.used = c.now
		return s
	}
	s := &Scope[K]{c: c, key: key, base: c.cfg.Base, instruments: make(map[InstrumentSpec]*Instrument[K]), used: c.now}
	if c.cfg.ScopeTags {
		s.base = model.MergeTags(nil, c.cfg.Names.scope(name, version, schema, tags()), c.cfg.Base)
	}
	if c.charge(s.cost()) {
		c.scopes[key] = s
	}
	return s
}

// Instrument returns the instrument of a specification. An export has to ask for
// all of its instruments before it converts their points: a name that two of
// them have in different roles is noticed then.
func (s *Scope[K]) Instrument(spec InstrumentSpec) *Instrument[K] {
	c := s.c
	if c.cfg.Layout.Custom == nil { // which may depend on all of it
		spec = c.cfg.Names.essence(spec)
	}
	if i, ok := s.instruments[spec]; ok {
		i.used = c.now
		return i
	}
	i := &Instrument[K]{scope: s, spec: spec, shape: c.cfg.Layout.shape(spec), used: c.now}
	if i.single = i.shape.single(); i.single {
		i.only = i.shape.Suffixes[0]
	}
	name := c.cfg.Names.metric(spec)
	for _, suffix := range i.suffixes() {
		i.names[suffix] = name(suffix.String())
		i.heads[suffix] = string(put.AppendHead(nil, i.names[suffix]))
	}
	if spec.Name == "" {
		i.err = &encoding.Error{Field: encoding.FieldMetric, Rule: encoding.ErrEmpty}
	} else {
		i.err = model.CheckName(encoding.FieldMetric, i.names[i.shape.Suffixes[0]])
	}
	c.identify(i)
	if c.scopes[s.key] == s && c.charge(i.cost()) {
		i.points.entries = make(map[K]*Point[K])
		s.instruments[spec] = i
	} else {
		c.passing = append(c.passing, i)
	}
	return i
}

// Key returns the key of the instrument.
func (i *Instrument[K]) Key() InstrumentKey[K] { return InstrumentKey[K]{i.scope.key, i.spec} }

// Find returns the instrument of a key, nil if the converter does not keep it.
func (c *Converter[K]) Find(key InstrumentKey[K]) *Instrument[K] {
	if s := c.scopes[key.scope]; s != nil {
		return s.instruments[key.Spec]
	}
	return nil
}

// Expect says that some n points follow. What is empty makes room for them at once,
// as far as there is any.
func (i *Instrument[K]) Expect(n int) {
	i.expected = n
	c := i.scope.c
	if n = min(n, c.cfg.Budget.Room()-c.promised); i.points.entries != nil && len(i.points.entries) == 0 && n > 0 {
		i.points.entries = make(map[K]*Point[K], n)
		c.promised += n
	}
}

// suffixes returns those of all series that a point can have.
func (i *Instrument[K]) suffixes() []Suffix {
	all := slices.Clone(i.shape.Suffixes)
	for l, has := range i.shape.labels {
		if has {
			all = append(all, labelSuffix(l))
		}
	}
	return all
}

func (i *Instrument[K]) cost() int64 {
	n := instrumentOverhead + len(i.spec.Name) + len(i.spec.Unit)
	for suffix, name := range i.names {
		n += 2*len(name) + len(i.heads[suffix])
	}
	return int64(n)
}

func (s *Scope[K]) cost() int64 {
	n := int64(scopeOverhead + len(s.key.name) + len(s.key.version) + len(s.key.schema))
	if s.c.cfg.ScopeTags {
		n += tagsCost(s.base)
	}
	return n
}

// tagsCost is what tags cost that a point keeps.
func tagsCost(tags []model.Tag) int64 {
	n := 0
	for _, t := range tags {
		n += tagOverhead + len(t.Key) + len(t.Value)
	}
	return int64(n)
}

// identify gives an instrument its id.
func (c *Converter[K]) identify(i *Instrument[K]) {
	if n := len(c.freeIDs); n > 0 {
		i.id = c.freeIDs[n-1]
		c.freeIDs = c.freeIDs[:n-1]
		c.instruments[i.id] = i
	} else {
		i.id = uint32(len(c.instruments))
		c.instruments = append(c.instruments, i)
	}
	c.occupy(i)
}

// Identity names the instrument and its scope.
func (i *Instrument[K]) Identity() Identity {
	return Identity{Instrument: i.spec.Name, Scope: i.scope.key.name, Version: i.scope.key.version}
}
