// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package otlpjson reads metrics in OTLP JSON into the types of OpenTelemetry's SDK. The Collector's file
// exporter and OTLP file exporters write such dumps: one JSON object per export.
package otlpjson

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
	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

// maxBytes bounds a dump.
const maxBytes = 256 << 20

// NoValue is a data point with the flag NO_RECORDED_VALUE: its series has ended. The SDK's types cannot
// hold it.
type NoValue struct {
	Instrument string
	Time       time.Time
}

// Reader reads the exports of a dump. An export is a JSON object of the type
// ExportMetricsServiceRequest, or of the type MetricsData, which has the same fields.
type Reader struct {
	decoder *json.Decoder
	bytes   *io.LimitedReader
	objects int
	noValue []NoValue
	empty   []string
}

// NewReader returns a reader of a dump of at most 256 MiB.
func NewReader(r io.Reader) *Reader {
	limited := &io.LimitedReader{R: r, N: maxBytes + 1}
	return &Reader{decoder: json.NewDecoder(limited), bytes: limited}
}

// Empty reports whether the dump had no object, when Next has returned io.EOF.
func (d *Reader) Empty() bool { return d.objects == 0 }

// NoValues returns the data points without a value of all exports so far.
func (d *Reader) NoValues() []NoValue { return d.noValue }

// InstrumentsWithoutData returns the names of the instruments without data points in all exports so far.
func (d *Reader) InstrumentsWithoutData() []string { return d.empty }

// Next returns the metrics of the next export, a ResourceMetrics for each resource. At the end of the dump
// it returns io.EOF.
func (d *Reader) Next() ([]*metricdata.ResourceMetrics, error) {
	var text json.RawMessage
	if err := d.decoder.Decode(&text); err != nil {
		switch {
		case errors.Is(err, io.EOF):
			return nil, io.EOF
		case d.bytes.N <= 0:
			return nil, fmt.Errorf("the dump has more than %d MiB: give a part of it", maxBytes>>20)
		}
		return nil, fmt.Errorf("object %d is not JSON: %w", d.objects+1, err)
	}
	d.objects++
	var data metrics.MetricsData
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(text, &data); err != nil {
		return nil, fmt.Errorf("object %d is not OTLP JSON: %w", d.objects, err)
	}
	if len(data.GetResourceMetrics()) == 0 && bytes.Contains(text, []byte(`"ScopeMetrics"`)) {
		return nil, fmt.Errorf("object %d was written by the SDK's stdoutmetric exporter, which does not write OTLP: use an OTLP file exporter, or the Collector's file exporter", d.objects)
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
