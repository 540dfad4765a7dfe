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
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/otelconv"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// componentType is the value of otel.component.type. The semantic conventions require the name of
// the implementing type for a component that OpenTelemetry's specification does not define.
const componentType = selfScope + ".Exporter"

// observed counts the exporters with a MeterProvider.
//
//nolint:gochecknoglobals // otel.component.name must be unique within the process
var observed atomic.Int64

// telemetry holds the instruments of OpenTelemetry's metrics about exporters (semantic
// conventions for SDK metrics). New creates the instruments, because Export may run while the
// same provider collects, and must not create instruments then.
type telemetry struct {
	inflight   otelconv.SDKExporterMetricDataPointInflight
	exported   otelconv.SDKExporterMetricDataPointExported
	duration   otelconv.SDKExporterOperationDuration
	attributes []attribute.KeyValue
	set        attribute.Set // of attributes
}

// newTelemetry creates the instruments for an exporter that sends to an endpoint.
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

// with returns the attributes of all measurements together with other attributes.
func (t *telemetry) with(others ...attribute.KeyValue) attribute.Set {
	return attribute.NewSet(append(others, t.attributes...)...)
}
