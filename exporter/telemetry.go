// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"
	"go.opentelemetry.io/otel/semconv/v1.41.0/otelconv"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// componentType is otel.component.type: the type of this exporter, as the
// conventions have it for what is none of OpenTelemetry's own.
const componentType = selfScope + ".Exporter"

// observed counts the exporters that have a MeterProvider.
//
//nolint:gochecknoglobals // the conventions ask for names that no other exporter of the process has
var observed atomic.Int64

// telemetry has OpenTelemetry's instruments about exporters (semantic conventions
// for SDK metrics). All of them are made with the exporter: Export makes none.
type telemetry struct {
	inflight   otelconv.SDKExporterMetricDataPointInflight
	exported   otelconv.SDKExporterMetricDataPointExported
	duration   otelconv.SDKExporterOperationDuration
	attributes []attribute.KeyValue
	set        attribute.Set // of these
}

// newTelemetry returns the instruments of an exporter to a server.
func newTelemetry(mp metric.MeterProvider, endpoint string) (*telemetry, error) {
	meter := mp.Meter(selfScope, metric.WithInstrumentationVersion(apptuitclient.Version), metric.WithSchemaURL(semconv.SchemaURL))
	t := &telemetry{}
	var err1, err2, err3 error
	t.inflight, err1 = otelconv.NewSDKExporterMetricDataPointInflight(meter)
	t.exported, err2 = otelconv.NewSDKExporterMetricDataPointExported(meter)
	t.duration, err3 = otelconv.NewSDKExporterOperationDuration(meter)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	t.attributes = []attribute.KeyValue{
		semconv.OTelComponentTypeKey.String(componentType),
		semconv.OTelComponentName(componentType + "/" + strconv.FormatInt(observed.Add(1)-1, 10)),
	}
	address, err := url.Parse(endpoint)
	if err != nil {
		return nil, fmt.Errorf("endpoint: %w", err)
	}
	t.attributes = append(t.attributes, semconv.ServerAddress(address.Hostname()))
	if port := portOf(address); port > 0 {
		t.attributes = append(t.attributes, semconv.ServerPort(port))
	}
	t.set = attribute.NewSet(t.attributes...)
	return t, nil
}

func portOf(address *url.URL) int {
	if port, err := strconv.Atoi(address.Port()); err == nil {
		return port
	}
	return map[string]int{"http": 80, "https": 443}[address.Scheme]
}

// with returns the attributes of all together with others.
func (t *telemetry) with(others ...attribute.KeyValue) attribute.Set {
	return attribute.NewSet(append(others, t.attributes...)...)
}
