// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// point is one number of a data point. A sum or gauge has one point. An explicit histogram has a
// point for each bucket, and for count, sum, minimum and maximum. An exponential histogram has
// points for quantiles instead of buckets.
type point struct {
	metric, suffix string // for example "duration" and "_bucket"
	attributes     *attribute.Set
	key, label     string // for example "le" and "0.5"; empty without a label
	value          float64
	at             time.Time
}

// exponential is a data point of an exponential histogram.
type exponential = metricdata.ExponentialHistogramDataPoint[float64]

// flatten calls emit with each point of a collection. emit must not keep the point. If native is not
// nil, flatten calls it with each exponential histogram, and does not emit points for it.
func flatten(rm *metricdata.ResourceMetrics, emit func(p *point), native func(metric string, d *exponential)) {
	for _, scope := range rm.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				flattenNumbers(m.Name, data.DataPoints, emit)
			case metricdata.Sum[float64]:
				flattenNumbers(m.Name, data.DataPoints, emit)
			case metricdata.Gauge[int64]:
				flattenNumbers(m.Name, data.DataPoints, emit)
			case metricdata.Gauge[float64]:
				flattenNumbers(m.Name, data.DataPoints, emit)
			case metricdata.Histogram[float64]:
				for i := range data.DataPoints {
					flattenHistogram(m.Name, &data.DataPoints[i], emit)
				}
			case metricdata.ExponentialHistogram[float64]:
				for i := range data.DataPoints {
					if native != nil {
						native(m.Name, &data.DataPoints[i])
					} else {
						flattenExponential(m.Name, &data.DataPoints[i], emit)
					}
				}
			default:
				panic(fmt.Sprintf("%s: unexpected %T", m.Name, data))
			}
		}
	}
}

func flattenNumbers[N int64 | float64](name string, data []metricdata.DataPoint[N], emit func(p *point)) {
	var p point
	for i := range data {
		p = point{metric: name, attributes: &data[i].Attributes, value: float64(data[i].Value), at: data[i].Time}
		emit(&p)
	}
}

func flattenHistogram(name string, d *metricdata.HistogramDataPoint[float64], emit func(p *point)) {
	p := point{metric: name, suffix: "_bucket", attributes: &d.Attributes, key: "le", at: d.Time}
	for i, n := range d.BucketCounts {
		p.label, p.value = "+Inf", p.value+float64(n)
		if i < len(d.Bounds) {
			p.label = strconv.FormatFloat(d.Bounds[i], 'g', -1, 64)
		}
		emit(&p)
	}
	p.totals(d.Count, d.Sum, d.Min, d.Max, emit)
}

const quantiles = 5 // number of quantiles of an exponential histogram in the put protocol

func flattenExponential(name string, d *exponential, emit func(p *point)) {
	p := point{metric: name, attributes: &d.Attributes, key: "quantile", at: d.Time}
	for _, q := range [quantiles]float64{0.5, 0.75, 0.95, 0.99, 0.999} {
		p.label, p.value = strconv.FormatFloat(q, 'g', -1, 64), 0
		rank, seen := q*float64(d.Count), float64(d.ZeroCount)
		for b, n := range d.PositiveBucket.Counts {
			if seen >= rank {
				break
			}
			seen += float64(n)
			p.value = math.Exp2(math.Ldexp(float64(int(d.PositiveBucket.Offset)+b+1), -int(d.Scale)))
		}
		emit(&p)
	}
	p.totals(d.Count, d.Sum, d.Min, d.Max, emit)
}

func (p *point) totals(count uint64, sum float64, low, high metricdata.Extrema[float64], emit func(p *point)) {
	p.key, p.label = "", ""
	p.suffix, p.value = "_count", float64(count)
	emit(p)
	p.suffix, p.value = "_sum", sum
	emit(p)
	if v, ok := low.Value(); ok {
		p.suffix, p.value = "_min", v
		emit(p)
	}
	if v, ok := high.Value(); ok {
		p.suffix, p.value = "_max", v
		emit(p)
	}
}

// names is a cache of names in the form that Prometheus allows.
type names map[string]string

func (n names) sanitize(name string) string {
	if s, ok := n[name]; ok {
		return s
	}
	n[name] = model.EscapeName(name, model.UnderscoreEscaping)
	return n[name]
}
