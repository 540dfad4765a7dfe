// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otlpjson

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

func TestReader_ReadsAllTypes(t *testing.T) {
	t.Parallel()
	text := `{"resourceMetrics":[{"resource":{"attributes":[{"key":"a","value":{"stringValue":"b"}}]},"schemaUrl":"u","unknown":1,"scopeMetrics":[{"scope":{"name":"s","version":"v","attributes":[{"key":"x","value":{"boolValue":true}}]},"metrics":[
{"name":"sum","unit":"1","sum":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_DELTA","isMonotonic":true,"dataPoints":[
 {"startTimeUnixNano":"1000000000","timeUnixNano":"2000000000","asInt":"-7","attributes":[{"key":"int","value":{"intValue":"5"}},{"key":"float","value":{"doubleValue":0.5}},{"key":"list","value":{"arrayValue":{"values":[{"intValue":"1"},{"intValue":"2"}]}}},{"key":"mixed","value":{"arrayValue":{"values":[{"intValue":"1"},{"stringValue":"z"}]}}},{"key":"none","value":{}}]},
 {"timeUnixNano":"2000000000","asDouble":1.5,"exemplars":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","asDouble":1}]}]}},
{"name":"histogram","histogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"2000000000","count":"3","sum":4.5,"bucketCounts":["1","2"],"explicitBounds":[1],"min":0.5}]}},
{"name":"exponential","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"2000000000","count":"3","sum":4.5,"scale":-1,"zeroCount":"1","positive":{"offset":2,"bucketCounts":["1","1"]},"max":9}]}},
{"name":"summary","summary":{"dataPoints":[{"timeUnixNano":"2000000000","count":"3","sum":4.5,"quantileValues":[{"quantile":0.5,"value":1}]}]}},
{"name":"ended","gauge":{"dataPoints":[{"timeUnixNano":"2000000000","flags":1}]}},
{"name":"empty","gauge":{"dataPoints":[]}}]}]}]}`
	reader := NewReader(strings.NewReader(text))
	all, err := reader.Next()
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	at := time.Unix(2, 0).UTC()
	set := attribute.NewSet(attribute.Int64("int", 5), attribute.Float64("float", 0.5), attribute.Int64Slice("list", []int64{1, 2}),
		attribute.Slice("mixed", attribute.Int64Value(1), attribute.StringValue("z")), attribute.String("none", ""))
	want := []metricdata.Metrics{
		{Name: "sum", Unit: "1", Data: metricdata.Sum[int64]{Temporality: metricdata.DeltaTemporality, IsMonotonic: true, DataPoints: []metricdata.DataPoint[int64]{
			{Attributes: set, StartTime: time.Unix(1, 0).UTC(), Time: at, Value: -7},
		}}},
		{Name: "sum", Unit: "1", Data: metricdata.Sum[float64]{Temporality: metricdata.DeltaTemporality, IsMonotonic: true, DataPoints: []metricdata.DataPoint[float64]{
			{Time: at, Value: 1.5},
		}}},
		{Name: "histogram", Data: metricdata.Histogram[float64]{Temporality: metricdata.CumulativeTemporality, DataPoints: []metricdata.HistogramDataPoint[float64]{
			{Time: at, Count: 3, Sum: 4.5, Bounds: []float64{1}, BucketCounts: []uint64{1, 2}, Min: metricdata.NewExtrema(0.5)},
		}}},
		{Name: "exponential", Data: metricdata.ExponentialHistogram[float64]{Temporality: metricdata.CumulativeTemporality, DataPoints: []metricdata.ExponentialHistogramDataPoint[float64]{
			{Time: at, Count: 3, Sum: 4.5, Scale: -1, ZeroCount: 1, PositiveBucket: metricdata.ExponentialBucket{Offset: 2, Counts: []uint64{1, 1}}, Max: metricdata.NewExtrema(9.0)},
		}}},
		{Name: "summary", Data: metricdata.Summary{DataPoints: []metricdata.SummaryDataPoint{
			{Time: at, Count: 3, Sum: 4.5, QuantileValues: []metricdata.QuantileValue{{Quantile: 0.5, Value: 1}}},
		}}},
	}
	equal := cmp.Options{
		cmp.Comparer(func(a, b attribute.Set) bool { return a.Equals(&b) }),
		cmp.Comparer(func(a, b metricdata.Extrema[float64]) bool {
			v, ok := a.Value()
			w, also := b.Value()
			return v == w && ok == also
		}),
	}
	sm := all[0].ScopeMetrics[0]
	if diff := cmp.Diff(want, sm.Metrics, equal); diff != "" {
		t.Error(diff)
	}
	if sm.Scope.Name != "s" || sm.Scope.Version != "v" || sm.Scope.Attributes.Len() != 1 || all[0].Resource.SchemaURL() != "u" {
		t.Errorf("%+v", sm.Scope)
	}
	if len(reader.noValue) != 1 || reader.noValue[0].Instrument != "ended" || len(reader.empty) != 1 || reader.empty[0] != "empty" {
		t.Errorf("%+v %v", reader.noValue, reader.empty)
	}
}

// FuzzReader reads arbitrary dumps, which must not panic.
func FuzzReader(f *testing.F) {
	files, _ := filepath.Glob("../explain/testdata/table/*.txt")
	for _, name := range files {
		text, _ := os.ReadFile(name)
		if _, dump, ok := strings.Cut(string(text), "-- otlp --\n"); ok {
			f.Add(regexp.MustCompile(`NOW[-+\w]*`).ReplaceAllString(dump, "1700000000000000000"))
		}
	}
	f.Fuzz(func(t *testing.T, dump string) {
		reader := NewReader(strings.NewReader(dump))
		for range 10 {
			if _, err := reader.Next(); err != nil {
				return
			}
		}
	})
}
