// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import "github.com/apptuitai/apptuit-go/internal/model"

// Values are the finished values of one point in a custom layout, by suffix.
type Values struct {
	// Count is the value of SuffixCount.
	Count Optional
	// Floats are the values of all other suffixes. NaN is no value.
	Floats [NumSuffixes]float64
	// Missing, if not nil, is the reason why the point lacks values. Each value that
	// its instrument should have is then rejected with this error.
	Missing error
}

// Values converts the finished values of a point: one for each suffix of its
// instrument's [Shape]. Values of other suffixes are ignored. The timestamp is in
// wire units, 0 being invalid.
func (c *Converter[K]) Values(p *Point[K], ts int64, v *Values) {
	c.enter(p, ts)
	for _, suffix := range p.instrument.shape.Suffixes {
		value := Optional{Value: model.Float(v.Floats[suffix]), Set: true}
		missing := value.Value.NaN()
		if suffix == SuffixCount {
			value, missing = v.Count, !v.Count.Set
		}
		switch {
		case missing && v.Missing == nil:
		case missing:
			c.reject(p, suffix, ts, value.Value, v.Missing, faultShape)
		default:
			c.one(p, suffix, ts, value.Value)
		}
	}
}
