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

// Number converts a data point of a sum or gauge. source identifies the data point in the
// batch.
func (p Point[K]) Number(t Time, v model.Value, source uint32) {
	c, at := p.i.scope.c, p.stamp(t, source)
	if s := p.state(); s.flags != 0 || at.Timestamp == 0 || !v.Finite() {
		c.tally.count(s.flags)
		if p.accept(0, at, v).NaN() {
			return
		}
	}
	c.ws.writer.PutNumber(p.block(), p.entry, at, v)
	if t.Start > 0 {
		p.putStart(t, at, v)
	}
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
func (p Point[K]) Values(t Time, v *Values, source uint32) {
	d, at := p.begin(t, source)
	for n, suffix := range p.i.shape.Suffixes {
		value := Optional{Value: model.Float(v.Floats[suffix]), Set: !math.IsNaN(v.Floats[suffix])}
		if suffix == SuffixCount {
			value = v.Count
		}
		if !value.Set && v.Missing != nil {
			p.reject(n, at, value.Value, v.Missing, faultShape)
		}
		p.addPlain(d, at, value)
	}
	p.put(t, d, at)
}

// absent is the value of a line that is not written.
func absent() model.Value { return model.Float(math.NaN()) }

// begin begins the conversion of a data point that becomes several lines. The caller must
// add the values of all lines and then call put.
func (p Point[K]) begin(t Time, source uint32) (*block.Distribution, block.Stamp) {
	c := p.i.scope.c
	c.tally.count(p.state().flags)
	c.ws.lines.Reset()
	return &c.ws.lines, p.stamp(t, source)
}

// addPlain adds the value of the next line without a label.
func (p Point[K]) addPlain(d *block.Distribution, at block.Stamp, v Optional) {
	value := absent()
	if v.Set {
		value = p.accept(len(d.Plain), at, v.Value)
	}
	d.Plain = append(d.Plain, value)
}

// put gives the data point its values. It does nothing if all of them were rejected,
// because the data point has no series or no valid timestamp.
func (p Point[K]) put(t Time, d *block.Distribution, at block.Stamp) {
	if at.Timestamp == 0 || p.state().flags&noSeries != 0 {
		return
	}
	w := &p.i.scope.c.ws.writer
	if len(p.i.shape.Suffixes) == 1 && len(p.i.shape.labels) == 0 {
		if v := d.Plain[0]; !v.NaN() {
			w.PutNumber(p.block(), p.entry, at, v)
		}
		return
	}
	w.PutDistribution(p.block(), p.entry, at, d)
	if t.Start > 0 {
		p.putStarts(t, at, d)
	}
}
