// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"math"

	"github.com/apptuitai/apptuit-go/internal/block"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// Optional is a value that may not have been recorded.
type Optional struct {
	Value model.Value
	Set   bool
}

// float returns the value as a float, NaN if it was not recorded.
func (o Optional) float() float64 {
	if !o.Set {
		return math.NaN()
	}
	return o.Value.Float64()
}

// Number converts a data point of a sum or gauge. Timestamps are in wire units, 0 being
// invalid (see [model.Timestamp]). The source identifies the data point in the batch.
func (p Point[K]) Number(ts int64, v model.Value, source uint32) {
	c := p.i.scope.c
	if s := p.state(); s.flags != 0 || ts == 0 || !v.Finite() {
		c.note(s)
		if p.accept(0, ts, v, source).NaN() {
			return
		}
	}
	c.ws.writer.PutNumber(p.block(), p.entry, block.Stamp{Timestamp: ts, Source: source, Owner: p.i.id}, v)
}

// Values are the finished values of a data point in a custom layout, by suffix.
type Values struct {
	// Count is the value of SuffixCount.
	Count Optional
	// Floats are the values of all other suffixes. NaN is no value.
	Floats [NumSuffixes]float64
	// Missing, if not nil, is the reason why the data point lacks values. Each value that
	// its instrument should have is then rejected with this error.
	Missing error
}

// Values converts the finished values of a data point, one for each suffix of the
// instrument's [Shape]. Values of other suffixes are ignored.
func (p Point[K]) Values(ts int64, v *Values, source uint32) {
	d := p.begin()
	for n, suffix := range p.i.shape.Suffixes {
		value := Optional{Value: model.Float(v.Floats[suffix]), Set: true}
		missing := value.Value.NaN()
		if suffix == SuffixCount {
			value, missing = v.Count, !v.Count.Set
		}
		switch {
		case !missing:
			d.Plain = append(d.Plain, p.accept(n, ts, value.Value, source))
			continue
		case v.Missing != nil:
			p.reject(n, ts, value.Value, v.Missing, faultShape, source)
		}
		d.Plain = append(d.Plain, absent())
	}
	p.put(d, ts, source)
}

// note counts a data point that stands for others, or lost attributes.
func (c *Converter[K]) note(s *state) {
	if s.flags&overflow != 0 {
		c.tally.Overflowed++
	}
	if s.flags&filtered != 0 {
		c.tally.Filtered++
	}
}

// absent is the value of a line that is not written.
func absent() model.Value { return model.Float(math.NaN()) }

// begin begins the conversion of a data point that becomes several lines. The caller
// appends the values of all lines and calls put.
func (p Point[K]) begin() *block.Distribution {
	c := p.i.scope.c
	c.note(p.state())
	d := &c.ws.lines
	d.Plain = d.Plain[:0]
	for l := range d.Labelled {
		d.Labelled[l] = block.Labelled{At: d.Labelled[l].At[:0], Values: d.Labelled[l].Values[:0]}
	}
	return d
}

// fixed appends the value of the next line without a label.
func (p Point[K]) fixed(d *block.Distribution, ts int64, source uint32, v Optional) {
	value := absent()
	if v.Set && !v.Value.NaN() {
		value = p.accept(len(d.Plain), ts, v.Value, source)
	}
	d.Plain = append(d.Plain, value)
}

// put gives the data point its values, unless it has no place in the block or no valid
// timestamp, with which all of them were rejected.
func (p Point[K]) put(d *block.Distribution, ts int64, source uint32) {
	if ts == 0 || p.state().flags&noSeries != 0 {
		return
	}
	at := block.Stamp{Timestamp: ts, Source: source, Owner: p.i.id}
	w := &p.i.scope.c.ws.writer
	if len(p.i.shape.Suffixes) == 1 && len(p.i.shape.labels) == 0 {
		if v := d.Plain[0]; !v.NaN() {
			w.PutNumber(p.block(), p.entry, at, v)
		}
		return
	}
	w.PutDistribution(p.block(), p.entry, at, d)
}
