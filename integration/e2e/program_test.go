// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

type number interface{ int64 | float64 }

// set is a set of attributes with the tags that they become.
type set struct {
	attributes []attribute.KeyValue
	tags       map[string]string
}

// measured has the measurements before the first collection, and between the first and the second
// collection.
type measured[N number] [2][]N

// upTo returns the measurements before collection i.
func (m measured[N]) upTo(i int) []N { return slices.Concat(m[:i+1]...) }

// program is an instrumented program with two collections. It computes the points that a server must have
// from the measurements, by the rules of OpenTelemetry's data model and without the code under test.
type program struct {
	t      *testing.T
	meter  metric.Meter
	base   map[string]string // tags that all points have
	run    [2][]func(context.Context)
	step   atomic.Int32
	points [2][]servers.Point // without times
}

// expect adds a point of collection i.
func (p *program) expect(i int, metric string, tags map[string]string, value float64) {
	merged := maps.Clone(p.base)
	maps.Copy(merged, tags)
	p.points[i] = append(p.points[i], servers.Point{Metric: metric, Tags: merged, Value: value})
}

// records makes the program record measurements, one by one.
func records[N number](p *program, s set, m measured[N], record func(context.Context, N, metric.MeasurementOption)) {
	attributes := metric.WithAttributes(s.attributes...)
	for i := range m {
		p.run[i] = append(p.run[i], func(ctx context.Context) {
			for _, v := range m[i] {
				record(ctx, v, attributes)
			}
		})
	}
}

// sums expects the points of a counter or up-down counter: the sum of all measurements.
func sums[N number](p *program, metric string, s set, m measured[N]) {
	for i := range m {
		var sum N
		for _, v := range m.upTo(i) {
			sum += v
		}
		p.expect(i, metric, s.tags, float64(sum))
	}
}

// lasts expects the points of a gauge or an observable instrument: the last measurement.
func lasts[N number](p *program, metric string, s set, m measured[N]) {
	for i := range m {
		all := m.upTo(i)
		p.expect(i, metric, s.tags, float64(all[len(all)-1]))
	}
}

// totals expects the points that every histogram has.
func totals[N number](p *program, metric string, s set, m measured[N]) {
	for i := range m {
		all := m.upTo(i)
		var sum N
		for _, v := range all {
			sum += v
		}
		p.expect(i, metric+"_count", s.tags, float64(len(all)))
		p.expect(i, metric+"_sum", s.tags, float64(sum))
		p.expect(i, metric+"_min", s.tags, float64(slices.Min(all)))
		p.expect(i, metric+"_max", s.tags, float64(slices.Max(all)))
	}
}

// buckets expects the points of a histogram with explicit buckets: the number of measurements up to each
// bound.
func buckets[N number](p *program, metric string, s set, m measured[N], bounds map[string]float64) {
	for i := range m {
		all := m.upTo(i)
		bucket := func(le string, below func(N) bool) {
			n := 0
			for _, v := range all {
				if below(v) {
					n++
				}
			}
			tags := maps.Clone(s.tags)
			tags["le"] = le
			p.expect(i, metric+"_bucket", tags, float64(n))
		}
		for le, bound := range bounds {
			bucket(le, func(v N) bool { return float64(v) <= bound })
		}
		bucket("+Inf", func(N) bool { return true })
	}
	totals(p, metric, s, m)
}

// exactQuantiles expects the points of an exponential histogram whose measurements are equal: each
// quantile is that value.
func exactQuantiles(p *program, metric string, s set, m measured[float64]) {
	for i := range m {
		for _, q := range []string{"0.5", "0.75", "0.95", "0.99", "0.999"} {
			tags := maps.Clone(s.tags)
			tags["quantile"] = q
			p.expect(i, metric, tags, m.upTo(i)[0])
		}
	}
	totals(p, metric, s, m)
}

// observes makes observable instruments observe one measurement in each collection.
func observes[N number](p *program, m measured[N]) func() N {
	return func() N { return m[p.step.Load()][0] }
}

// must returns an instrument, and panics if there is an error.
func must[I any](instrument I, err error) I {
	if err != nil {
		panic("instrument: " + err.Error())
	}
	return instrument
}

func tagged(attributes ...string) set {
	s := set{tags: map[string]string{}}
	for i := 0; i < len(attributes); i += 2 {
		s.attributes = append(s.attributes, attribute.String(attributes[i], attributes[i+1]))
		s.tags[attributes[i]] = attributes[i+1]
	}
	return s
}

// manyTags returns a set of n attributes.
func manyTags(n int) set {
	var texts []string
	for i := range n {
		texts = append(texts, "key_"+strconv.Itoa(i), "value "+strconv.Itoa(i))
	}
	return tagged(texts...)
}
