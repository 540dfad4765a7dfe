// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"os"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
)

// observabilityVariable is the switch of OpenTelemetry Go for the SDK's metrics about itself.
const observabilityVariable = "OTEL_GO_X_OBSERVABILITY"

// telemetryProvider returns the provider of telemetry, nil for none, and the option or
// variable that has set it. The value of the variable is compared as the OTLP exporters
// compare it, so that one environment has one effect on all exporters.
func (c *config) telemetryProvider() (provider metric.MeterProvider, from string) {
	switch {
	case c.meterProvider != nil:
		return c.meterProvider, "WithMeterProvider"
	case strings.EqualFold(os.Getenv(observabilityVariable), "true"):
		return otel.GetMeterProvider(), observabilityVariable
	}
	return nil, ""
}
