// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/wire"
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

func (k Kind) number() bool { return k <= Gauge }

// InstrumentSpec says what an instrument is, within its scope.
type InstrumentSpec struct {
	Name, Unit string
	Kind       Kind
	Monotonic  bool // a Sum that only grows
}

type scopeKey[K comparable] struct {
	name, version, schema string
	attributes            K
}

// Scope is an instrumentation scope.
type Scope[K comparable] struct {
	c           *Converter[K]
	key         scopeKey[K]
	base        []wire.Tag
	instruments map[InstrumentSpec]*Instrument[K]
	used        uint32
}

// Instrument is what gives points: all of one spec in one scope.
type Instrument[K comparable] struct {
	scope  *Scope[K]
	spec   InstrumentSpec // what the names depend on
	id     uint32
	err    error // of the name: no point of it can be sent
	names  [suffixes]string
	heads  [suffixes]string // of prefixes; none of a number
	points cursor[K]
	order  order[K] // of numbers
	used   uint32

	filtered  bool      // a point of it has lost attributes to a filter
	contested bool      // see group.go
	labels    []float64 // of the last point, and
	texts     []string  // how they are rendered
	repeats   bool      // one of them does
}

// The costs of what is kept, beside names, in bytes: structs and their places
// in maps.
const (
	scopeOverhead      = 256
	instrumentOverhead = 1024
	pointOverhead      = 96
	detailOverhead     = 160
	tagOverhead        = 32
)

// Scope returns the scope of an identity, of which the attributes are a part. If
// the scope is new and they are rendered, tags is asked for them, sorted by key.
func (c *Converter[K]) Scope(name, version, schema string, attributes K, tags func() []wire.Tag) *Scope[K] {
	key := scopeKey[K]{name, version, schema, attributes}
	if s, ok := c.scopes[key]; ok {
		s.used = c.now
		return s
	}
	s := &Scope[K]{c: c, key: key, base: c.cfg.Base, instruments: make(map[InstrumentSpec]*Instrument[K]), used: c.now}
	if c.cfg.ScopeTags {
		s.base = wire.MergeTags(nil, c.cfg.Names.scope(name, version, schema, tags()), c.cfg.Base)
	}
	if c.charge(s.cost()) {
		c.scopes[key] = s
	}
	return s
}

// Instrument returns the instrument of a spec. An export has to ask for all of
// its instruments before it converts their points: a name that two of them have
// in different roles is noticed then.
func (s *Scope[K]) Instrument(spec InstrumentSpec) *Instrument[K] {
	c := s.c
	spec = c.cfg.Names.essence(spec)
	if i, ok := s.instruments[spec]; ok {
		i.used = c.now
		return i
	}
	i := &Instrument[K]{scope: s, spec: spec, used: c.now}
	name := c.cfg.Names.metric(spec)
	for suffix, text := range suffixTexts() {
		if suffix == plain || !spec.Kind.number() {
			i.names[suffix] = name(text)
		}
		if !spec.Kind.number() {
			i.heads[suffix] = string(wire.AppendHead(nil, i.names[suffix]))
		}
	}
	if spec.Name == "" {
		i.err = &encoding.Error{Field: encoding.FieldMetric, Rule: encoding.ErrEmpty}
	} else {
		i.err = wire.CheckName(encoding.FieldMetric, i.names[plain])
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

// Expect says that some n points follow. What is empty makes room for them at once,
// as far as there is any.
func (i *Instrument[K]) Expect(n int) {
	if n = min(n, i.scope.c.cfg.Budget.Room()); i.points.entries != nil && len(i.points.entries) == 0 && n > 0 {
		i.points.entries = make(map[K]*Point[K], n)
	}
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
func tagsCost(tags []wire.Tag) int64 {
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

// The suffixes of names, and so the kinds of series a point can have.
const (
	plain = iota
	count
	sum
	minimum
	maximum
	bucket
	suffixes
)

// suffixTexts returns the suffixes as they are joined to a name.
func suffixTexts() [suffixes]string {
	return [...]string{plain: "", count: ".count", sum: ".sum", minimum: ".min", maximum: ".max", bucket: ".bucket"}
}
