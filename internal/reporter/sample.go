// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"math"

	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/histogram"
)

// sample returns a new sample without values.
func (o *Observer[K]) sample() *convert.Values {
	if len(o.samples) == cap(o.samples) {
		o.samples = append(o.samples, convert.Values{})
	} else {
		o.samples = o.samples[:len(o.samples)+1]
	}
	v := &o.samples[len(o.samples)-1]
	v.Count, v.Missing = convert.Optional{}, nil
	for i := range v.Floats {
		v.Floats[i] = math.NaN()
	}
	return v
}

// setRates sets the rates of a sample.
func setRates(v *convert.Values, m *histogram.Meter) {
	v.Floats[convert.SuffixMeanRate] = m.MeanRate()
	v.Floats[convert.SuffixRate1], v.Floats[convert.SuffixRate5], v.Floats[convert.SuffixRate15] = m.MovingAverages()
}

// setStatistics sets the statistics of the interval of a sample.
func setStatistics(v *convert.Values, i *histogram.Interval, unit scale) {
	v.Floats[convert.SuffixAvg] = unit.of(i.Mean())
	v.Floats[convert.SuffixMin], v.Floats[convert.SuffixMax] = unit.of(i.Min()), unit.of(i.Max())
	v.Floats[convert.SuffixStdDev] = unit.of(i.StdDev())
	v.Floats[convert.SuffixPercentile50] = unit.of(i.Percentile(0.5))
	v.Floats[convert.SuffixPercentile75] = unit.of(i.Percentile(0.75))
	v.Floats[convert.SuffixPercentile95] = unit.of(i.Percentile(0.95))
	v.Floats[convert.SuffixPercentile99] = unit.of(i.Percentile(0.99))
	v.Floats[convert.SuffixPercentile999] = unit.of(i.Percentile(0.999))
}
