// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

// maxDump bounds a dump, in bytes.
const maxDump = 256 << 20

// noValue is a data point with the flag NO_RECORDED_VALUE: the series has ended. The SDK's types
// cannot hold it.
type noValue struct {
	instrument string
	at         time.Time
}

// dumpReader reads the exports of a dump: JSON objects of the type ExportMetricsServiceRequest,
// or MetricsData, which has the same fields.
type dumpReader struct {
	decoder *json.Decoder
	bytes   *io.LimitedReader
	n       int
	noValue []noValue
	empty   []string // instruments without data points
}

func newDumpReader(r io.Reader) *dumpReader {
	limited := &io.LimitedReader{R: r, N: maxDump + 1}
	return &dumpReader{decoder: json.NewDecoder(limited), bytes: limited}
}

// next returns the metrics of the next export, a ResourceMetrics for each resource. At the end
// of the dump its error is io.EOF.
func (d *dumpReader) next() ([]*metricdata.ResourceMetrics, error) {
	var text json.RawMessage
	d.n++
	if err := d.decoder.Decode(&text); err != nil {
		switch {
		case errors.Is(err, io.EOF):
			return nil, io.EOF
		case d.bytes.N <= 0:
			return nil, fmt.Errorf("--otlp: the dump has more than %d MiB: give a part of it", maxDump>>20)
		}
		return nil, fmt.Errorf("--otlp: object %d: %w", d.n, err)
	}
	var data metrics.MetricsData
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(text, &data); err != nil {
		return nil, fmt.Errorf("--otlp: object %d is not OTLP JSON: %w", d.n, err)
	}
	if len(data.GetResourceMetrics()) == 0 && bytes.Contains(text, []byte(`"ScopeMetrics"`)) {
		return nil, fmt.Errorf("--otlp: object %d is of the SDK's stdoutmetric exporter, which does not write OTLP: use an OTLP exporter to a file, or the Collector's file exporter", d.n)
	}
	var all []*metricdata.ResourceMetrics
	for _, rm := range data.GetResourceMetrics() {
		one := &metricdata.ResourceMetrics{Resource: resource.NewWithAttributes(rm.GetSchemaUrl(), attributesOf(rm.GetResource().GetAttributes())...)}
		for _, sm := range rm.GetScopeMetrics() {
			scope := metricdata.ScopeMetrics{Scope: instrumentation.Scope{
				Name: sm.GetScope().GetName(), Version: sm.GetScope().GetVersion(), SchemaURL: sm.GetSchemaUrl(),
				Attributes: attribute.NewSet(attributesOf(sm.GetScope().GetAttributes())...),
			}}
			for _, m := range sm.GetMetrics() {
				scope.Metrics = append(scope.Metrics, d.metric(m)...)
			}
			one.ScopeMetrics = append(one.ScopeMetrics, scope)
		}
		all = append(all, one)
	}
	return all, nil
}

// metric returns a metric in the SDK's types. Integers and floats become two metrics.
func (d *dumpReader) metric(m *metrics.Metric) (all []metricdata.Metrics) {
	add := func(data metricdata.Aggregation, n int) {
		if n > 0 {
			all = append(all, metricdata.Metrics{Name: m.GetName(), Unit: m.GetUnit(), Description: m.GetDescription(), Data: data})
		}
	}
	missing := len(d.noValue)
	switch {
	case m.GetSum() != nil:
		t, monotonic := temporality(m.GetSum().GetAggregationTemporality()), m.GetSum().GetIsMonotonic()
		integers, floats := d.numbers(m.GetName(), m.GetSum().GetDataPoints())
		add(metricdata.Sum[int64]{DataPoints: integers, Temporality: t, IsMonotonic: monotonic}, len(integers))
		add(metricdata.Sum[float64]{DataPoints: floats, Temporality: t, IsMonotonic: monotonic}, len(floats))
	case m.GetGauge() != nil:
		integers, floats := d.numbers(m.GetName(), m.GetGauge().GetDataPoints())
		add(metricdata.Gauge[int64]{DataPoints: integers}, len(integers))
		add(metricdata.Gauge[float64]{DataPoints: floats}, len(floats))
	case m.GetHistogram() != nil:
		points := d.histograms(m.GetName(), m.GetHistogram().GetDataPoints())
		add(metricdata.Histogram[float64]{DataPoints: points, Temporality: temporality(m.GetHistogram().GetAggregationTemporality())}, len(points))
	case m.GetExponentialHistogram() != nil:
		points := d.exponentials(m.GetName(), m.GetExponentialHistogram().GetDataPoints())
		add(metricdata.ExponentialHistogram[float64]{DataPoints: points, Temporality: temporality(m.GetExponentialHistogram().GetAggregationTemporality())}, len(points))
	case m.GetSummary() != nil:
		points := d.summaries(m.GetName(), m.GetSummary().GetDataPoints())
		add(metricdata.Summary{DataPoints: points}, len(points))
	}
	if len(all) == 0 && missing == len(d.noValue) {
		d.empty = append(d.empty, m.GetName())
	}
	return all
}

func temporality(t metrics.AggregationTemporality) metricdata.Temporality {
	if t == metrics.AggregationTemporality_AGGREGATION_TEMPORALITY_DELTA {
		return metricdata.DeltaTemporality
	}
	return metricdata.CumulativeTemporality
}

// recorded reports whether a data point has a value.
func (d *dumpReader) recorded(name string, p interface {
	GetFlags() uint32
	GetTimeUnixNano() uint64
},
) bool {
	if p.GetFlags()&uint32(metrics.DataPointFlags_DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK) == 0 {
		return true
	}
	d.noValue = append(d.noValue, noValue{name, at(p.GetTimeUnixNano())})
	return false
}

func (d *dumpReader) numbers(name string, points []*metrics.NumberDataPoint) (integers []metricdata.DataPoint[int64], floats []metricdata.DataPoint[float64]) {
	for _, p := range points {
		if !d.recorded(name, p) {
			continue
		}
		set, start, end := attribute.NewSet(attributesOf(p.GetAttributes())...), at(p.GetStartTimeUnixNano()), at(p.GetTimeUnixNano())
		if v, ok := p.GetValue().(*metrics.NumberDataPoint_AsInt); ok {
			integers = append(integers, metricdata.DataPoint[int64]{Attributes: set, StartTime: start, Time: end, Value: v.AsInt})
			continue
		}
		floats = append(floats, metricdata.DataPoint[float64]{Attributes: set, StartTime: start, Time: end, Value: p.GetAsDouble()})
	}
	return integers, floats
}

func (d *dumpReader) histograms(name string, points []*metrics.HistogramDataPoint) (all []metricdata.HistogramDataPoint[float64]) {
	for _, p := range points {
		if d.recorded(name, p) {
			all = append(all, metricdata.HistogramDataPoint[float64]{
				Attributes: attribute.NewSet(attributesOf(p.GetAttributes())...), StartTime: at(p.GetStartTimeUnixNano()), Time: at(p.GetTimeUnixNano()),
				Count: p.GetCount(), Sum: p.GetSum(), Bounds: p.GetExplicitBounds(), BucketCounts: p.GetBucketCounts(), Min: extremum(p.Min), Max: extremum(p.Max),
			})
		}
	}
	return all
}

func (d *dumpReader) exponentials(name string, points []*metrics.ExponentialHistogramDataPoint) (all []metricdata.ExponentialHistogramDataPoint[float64]) {
	buckets := func(b *metrics.ExponentialHistogramDataPoint_Buckets) metricdata.ExponentialBucket {
		return metricdata.ExponentialBucket{Offset: b.GetOffset(), Counts: b.GetBucketCounts()}
	}
	for _, p := range points {
		if d.recorded(name, p) {
			all = append(all, metricdata.ExponentialHistogramDataPoint[float64]{
				Attributes: attribute.NewSet(attributesOf(p.GetAttributes())...), StartTime: at(p.GetStartTimeUnixNano()), Time: at(p.GetTimeUnixNano()),
				Count: p.GetCount(), Sum: p.GetSum(), Min: extremum(p.Min), Max: extremum(p.Max), Scale: p.GetScale(),
				ZeroCount: p.GetZeroCount(), ZeroThreshold: p.GetZeroThreshold(), PositiveBucket: buckets(p.GetPositive()), NegativeBucket: buckets(p.GetNegative()),
			})
		}
	}
	return all
}

func (d *dumpReader) summaries(name string, points []*metrics.SummaryDataPoint) (all []metricdata.SummaryDataPoint) {
	for _, p := range points {
		if !d.recorded(name, p) {
			continue
		}
		one := metricdata.SummaryDataPoint{
			Attributes: attribute.NewSet(attributesOf(p.GetAttributes())...), StartTime: at(p.GetStartTimeUnixNano()), Time: at(p.GetTimeUnixNano()),
			Count: p.GetCount(), Sum: p.GetSum(),
		}
		for _, v := range p.GetQuantileValues() {
			one.QuantileValues = append(one.QuantileValues, metricdata.QuantileValue{Quantile: v.GetQuantile(), Value: v.GetValue()})
		}
		all = append(all, one)
	}
	return all
}

func extremum(v *float64) (e metricdata.Extrema[float64]) {
	if v != nil {
		e = metricdata.NewExtrema(*v)
	}
	return e
}

// at returns a time, the zero time for 0, which means that it is not known.
func at(ns uint64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(ns)).UTC()
}

func attributesOf(kvs []*common.KeyValue) []attribute.KeyValue {
	all := make([]attribute.KeyValue, 0, len(kvs))
	for _, kv := range kvs {
		all = append(all, attribute.KeyValue{Key: attribute.Key(kv.GetKey()), Value: valueOf(kv.GetValue())})
	}
	return all
}

// valueOf returns a value. An attribute without a value is an empty text.
func valueOf(v *common.AnyValue) attribute.Value {
	switch v := v.GetValue().(type) {
	case *common.AnyValue_StringValue:
		return attribute.StringValue(v.StringValue)
	case *common.AnyValue_BoolValue:
		return attribute.BoolValue(v.BoolValue)
	case *common.AnyValue_IntValue:
		return attribute.Int64Value(v.IntValue)
	case *common.AnyValue_DoubleValue:
		return attribute.Float64Value(v.DoubleValue)
	case *common.AnyValue_BytesValue:
		return attribute.ByteSliceValue(v.BytesValue)
	case *common.AnyValue_KvlistValue:
		return attribute.MapValue(attributesOf(v.KvlistValue.GetValues())...)
	case *common.AnyValue_ArrayValue:
		return arrayOf(v.ArrayValue.GetValues())
	}
	return attribute.StringValue("")
}

// arrayOf returns an array. The SDK has types for arrays of one type.
func arrayOf(values []*common.AnyValue) attribute.Value {
	all := make([]attribute.Value, len(values))
	for i, v := range values {
		all[i] = valueOf(v)
	}
	switch {
	case every(all, attribute.STRING):
		return attribute.StringSliceValue(each(all, attribute.Value.AsString))
	case every(all, attribute.BOOL):
		return attribute.BoolSliceValue(each(all, attribute.Value.AsBool))
	case every(all, attribute.INT64):
		return attribute.Int64SliceValue(each(all, attribute.Value.AsInt64))
	case every(all, attribute.FLOAT64):
		return attribute.Float64SliceValue(each(all, attribute.Value.AsFloat64))
	}
	return attribute.SliceValue(all...)
}

func every(values []attribute.Value, t attribute.Type) bool {
	for _, v := range values {
		if v.Type() != t {
			return false
		}
	}
	return true
}

func each[T any](values []attribute.Value, as func(attribute.Value) T) []T {
	all := make([]T, len(values))
	for i, v := range values {
		all[i] = as(v)
	}
	return all
}
