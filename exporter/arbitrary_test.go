// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"encoding/binary"
	"math"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// tape derives arbitrary data from bytes. After its end it returns zeros.
type tape struct{ rest []byte }

func (t *tape) byte() byte {
	if len(t.rest) == 0 {
		return 0
	}
	b := t.rest[0]
	t.rest = t.rest[1:]
	return b
}

// below returns a number below n, which is at most 256.
func (t *tape) below(n int) int { return int(t.byte()) % n }

func (t *tape) bits() uint64 {
	var b [8]byte
	t.rest = t.rest[copy(b[:], t.rest):]
	return binary.LittleEndian.Uint64(b[:])
}

func (t *tape) integer() uint64 {
	switch t.below(4) {
	case 0:
		return uint64(t.byte())
	case 1:
		return math.MaxUint64 - uint64(t.byte())
	case 2:
		return 1<<63 - 2 + uint64(t.below(4))
	default:
		return t.bits()
	}
}

func (t *tape) float() float64 {
	odd := []float64{
		0, math.Copysign(0, -1), 1, -1, 0.1, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64,
		math.SmallestNonzeroFloat64, 1e16, 1e-5, 9007199254740993, 1e21,
	}
	if i := t.below(2 * len(odd)); i < len(odd) {
		return odd[i]
	}
	return math.Float64frombits(t.bits())
}

func (t *tape) text() string {
	odd := []string{
		"", "a", "a.b", "a_b", "9lives", "le", "quantile", "host", "exported_le", "temperatur.größe", "\x00", "\xff\xfe", "\ud7ff\ufffd",
		`"},{"metric":"x`, "a\nb\r\t", "</script>\u2028", "otel.metric.overflow", "true", "🙂", "_", "...", strings.Repeat("long", 300),
	}
	if i := t.below(2 * len(odd)); i < len(odd) {
		return odd[i]
	}
	n := min(t.below(20), len(t.rest))
	s := string(t.rest[:n])
	t.rest = t.rest[n:]
	return s
}

func (t *tape) time() time.Time {
	switch t.below(24) {
	case 0:
		return time.Time{}
	case 1:
		return time.Unix(-1, 0)
	case 2:
		return time.Unix(1<<40, 0)
	case 3:
		return time.Unix(0, int64(t.bits()))
	default:
		return at().Add(time.Duration(t.below(3)) * time.Second)
	}
}

func (t *tape) attributes() attribute.Set {
	n := t.below(8)
	if n == 7 {
		n = t.below(40) // more than encoding.MaxTags tags
	}
	if n == 0 {
		return attribute.Set{}
	}
	list := make([]attribute.KeyValue, 0, n)
	for range n {
		list = append(list, attribute.KeyValue{Key: attribute.Key(t.text()), Value: t.value()})
	}
	return attribute.NewSet(list...)
}

func (t *tape) value() attribute.Value {
	switch t.below(10) {
	case 0:
		return attribute.Value{}
	case 1:
		return attribute.BoolValue(t.byte() > 127)
	case 2:
		return attribute.Int64Value(int64(t.bits()))
	case 3:
		return attribute.Float64Value(t.float())
	case 4:
		return attribute.StringSliceValue([]string{t.text(), t.text()})
	case 5:
		return attribute.Float64SliceValue([]float64{t.float()})
	case 6:
		return attribute.Int64SliceValue(nil)
	default:
		return attribute.StringValue(t.text())
	}
}

// several returns nil, an empty slice, or up to most elements.
func several[E any](t *tape, most int, one func() E) []E {
	n := t.below(most + 2)
	if n == most+1 {
		return nil
	}
	s := make([]E, 0, n)
	for range n {
		s = append(s, one())
	}
	return s
}

func (t *tape) resourceMetrics() *metricdata.ResourceMetrics {
	rm := &metricdata.ResourceMetrics{ScopeMetrics: several(t, 3, t.scopeMetrics)}
	if t.below(4) > 0 {
		set := t.attributes()
		rm.Resource = resource.NewSchemaless(set.ToSlice()...)
	}
	return rm
}

func (t *tape) scopeMetrics() metricdata.ScopeMetrics {
	return metricdata.ScopeMetrics{
		Scope: instrumentation.Scope{Name: t.text(), Version: t.text(), SchemaURL: t.text(), Attributes: t.attributes()},
		Metrics: several(t, 4, func() metricdata.Metrics {
			return metricdata.Metrics{Name: t.text(), Unit: t.text(), Data: t.aggregation()}
		}),
	}
}

// kinds is the number of kinds of aggregations, including none.
const kinds = 10

func (t *tape) aggregation() metricdata.Aggregation {
	temporality := metricdata.Temporality(t.below(3)) // 0 is an invalid temporality
	switch t.below(kinds) {
	case 0:
		return metricdata.Sum[int64]{Temporality: temporality, DataPoints: several(t, 4, numberOf[int64](t))}
	case 1:
		return metricdata.Sum[float64]{Temporality: temporality, DataPoints: several(t, 4, numberOf[float64](t))}
	case 2:
		return metricdata.Gauge[int64]{DataPoints: several(t, 4, numberOf[int64](t))}
	case 3:
		return metricdata.Gauge[float64]{DataPoints: several(t, 4, numberOf[float64](t))}
	case 4:
		return metricdata.Histogram[int64]{Temporality: temporality, DataPoints: several(t, 3, histogramOf[int64](t))}
	case 5:
		return metricdata.Histogram[float64]{Temporality: temporality, DataPoints: several(t, 3, histogramOf[float64](t))}
	case 6:
		return metricdata.ExponentialHistogram[int64]{Temporality: temporality, DataPoints: several(t, 3, exponentialOf[int64](t))}
	case 7:
		return metricdata.ExponentialHistogram[float64]{Temporality: temporality, DataPoints: several(t, 3, exponentialOf[float64](t))}
	case 8:
		return metricdata.Summary{DataPoints: several(t, 3, func() metricdata.SummaryDataPoint {
			return metricdata.SummaryDataPoint{
				Attributes: t.attributes(), Time: t.time(), Count: t.integer(), Sum: t.float(),
				QuantileValues: several(t, 6, func() metricdata.QuantileValue {
					return metricdata.QuantileValue{Quantile: t.float(), Value: t.float()}
				}),
			}
		})}
	default:
		return nil
	}
}

func valueOf[N int64 | float64](t *tape) N {
	if _, ok := any(N(0)).(int64); ok {
		return N(int64(t.integer()))
	}
	return N(t.float())
}

func extremaOf[N int64 | float64](t *tape) metricdata.Extrema[N] {
	if t.below(3) == 0 {
		return metricdata.Extrema[N]{}
	}
	return metricdata.NewExtrema(valueOf[N](t))
}

func numberOf[N int64 | float64](t *tape) func() metricdata.DataPoint[N] {
	return func() metricdata.DataPoint[N] {
		return metricdata.DataPoint[N]{Attributes: t.attributes(), Time: t.time(), Value: valueOf[N](t)}
	}
}

func histogramOf[N int64 | float64](t *tape) func() metricdata.HistogramDataPoint[N] {
	return func() metricdata.HistogramDataPoint[N] {
		h := metricdata.HistogramDataPoint[N]{
			Attributes: t.attributes(), Time: t.time(), Count: t.integer(), Sum: valueOf[N](t), Min: extremaOf[N](t), Max: extremaOf[N](t),
		}
		if t.below(2) == 0 { // a valid value
			for b := t.float(); len(h.Bounds) < t.below(8); b++ {
				h.Bounds = append(h.Bounds, b)
			}
			if t.below(4) == 0 {
				h.Bounds = append(h.Bounds, math.Inf(1))
			}
			for range len(h.Bounds) + 1 {
				h.BucketCounts = append(h.BucketCounts, t.integer())
			}
			return h
		}
		h.Bounds, h.BucketCounts = several(t, 8, t.float), several(t, 8, t.integer)
		return h
	}
}

func exponentialOf[N int64 | float64](t *tape) func() metricdata.ExponentialHistogramDataPoint[N] {
	buckets := func() metricdata.ExponentialBucket {
		return metricdata.ExponentialBucket{Offset: int32(t.integer()), Counts: several(t, 8, t.integer)}
	}
	return func() metricdata.ExponentialHistogramDataPoint[N] {
		return metricdata.ExponentialHistogramDataPoint[N]{
			Attributes: t.attributes(), Time: t.time(), Count: t.integer(), Sum: valueOf[N](t), Min: extremaOf[N](t), Max: extremaOf[N](t),
			Scale: int32(t.integer()), ZeroCount: t.integer(), ZeroThreshold: t.float(), PositiveBucket: buckets(), NegativeBucket: buckets(),
		}
	}
}

// faults returns a sequence of answers that are true about the stored points.
func (t *tape) faults() []apptuittest.Fault {
	return several(t, 5, func() apptuittest.Fault {
		all := []apptuittest.Fault{
			{},
			{Status: 503},
			{Status: 500, RetryAfter: "1"},
			{Status: 400, Body: "no"},
			{Status: 413},
			{Status: 401},
			{Status: 200, Body: "<html>"},
			{Status: 307, Header: map[string][]string{"Location": {"/api/put?details"}}},
			{Status: 302, Header: map[string][]string{"Location": {"/login"}}},
			{Reset: true},
			{Truncate: true},
			{Reject: func(p apptuittest.Point) string { return strings.Repeat("bad", len(p.String())%2) }},
			{Reject: func(p apptuittest.Point) string { return strings.Repeat("Please throttle", len(p.String())%2) }},
		}
		return all[t.below(len(all))]
	})
}

// wirePoints returns the least and the greatest possible number of points for metrics,
// because the number of quantiles of an exponential histogram is not known, and a sum of 0
// may not have been recorded.
func wirePoints(rm *metricdata.ResourceMetrics) (least, most uint64) {
	for _, sm := range rm.ScopeMetrics {
		for _, m := range sm.Metrics {
			n, optional := 0, 0
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				n = len(data.DataPoints)
			case metricdata.Sum[float64]:
				n = len(data.DataPoints)
			case metricdata.Gauge[int64]:
				n = len(data.DataPoints)
			case metricdata.Gauge[float64]:
				n = len(data.DataPoints)
			case metricdata.Histogram[int64]:
				n, optional = ofHistograms(data.DataPoints)
			case metricdata.Histogram[float64]:
				n, optional = ofHistograms(data.DataPoints)
			case metricdata.ExponentialHistogram[int64]:
				n, optional = ofExponentials(data.DataPoints)
			case metricdata.ExponentialHistogram[float64]:
				n, optional = ofExponentials(data.DataPoints)
			case metricdata.Summary:
				n = ofSummaries(data.DataPoints)
			}
			least, most = least+uint64(n), most+uint64(n+optional)
		}
	}
	return least, most
}

func ofHistograms[N int64 | float64](points []metricdata.HistogramDataPoint[N]) (n, optional int) {
	for _, p := range points {
		n += ofTotals(p.Sum, p.Min, p.Max)
		if p.Sum == 0 {
			n, optional = n-1, optional+1
		}
		bounds := len(p.Bounds)
		n += bounds + 1
		ascend := len(p.BucketCounts) == bounds+1
		for i, b := range p.Bounds {
			ascend = ascend && !math.IsNaN(b) && !math.IsInf(b, -1) && (i == 0 || b > p.Bounds[i-1])
		}
		if ascend && bounds > 0 && math.IsInf(p.Bounds[bounds-1], 1) {
			n-- // its bucket is one that there is anyway
		}
	}
	return n, optional
}

func ofExponentials[N int64 | float64](points []metricdata.ExponentialHistogramDataPoint[N]) (n, optional int) {
	for _, p := range points {
		n, optional = n+ofTotals(p.Sum, p.Min, p.Max), optional+5
		if p.Sum == 0 {
			n, optional = n-1, optional+1
		}
	}
	return n, optional
}

func ofSummaries(points []metricdata.SummaryDataPoint) (n int) {
	for _, p := range points {
		n += ofTotals(p.Sum, metricdata.Extrema[float64]{}, metricdata.Extrema[float64]{})
		refused := false
		for _, q := range p.QuantileValues {
			refused = refused || math.IsNaN(q.Quantile)
		}
		for _, q := range p.QuantileValues {
			if refused || !math.IsNaN(q.Value) {
				n++
			}
		}
	}
	return n
}

// ofTotals returns the number of series of a histogram besides its buckets.
func ofTotals[N int64 | float64](sum N, least, most metricdata.Extrema[N]) int {
	n := 1
	number := func(v N, ok bool) {
		if ok && !math.IsNaN(float64(v)) {
			n++
		}
	}
	number(sum, true)
	number(least.Value())
	number(most.Value())
	return n
}
