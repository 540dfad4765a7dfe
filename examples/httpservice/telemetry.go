// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/runtimemetrics"
)

// lastExportTime limits the duration of the last export.
const lastExportTime = 10 * time.Second

// telemetry is a MeterProvider that exports metrics, including the metrics of the runtime.
type telemetry struct {
	provider *sdkmetric.MeterProvider
	runtime  metric.Registration
}

func startTelemetry(ctx context.Context, interval time.Duration) (*telemetry, error) {
	// OTEL_SERVICE_NAME overrides this name.
	res, err := resource.New(ctx, resource.WithAttributes(semconv.ServiceName("httpservice")), resource.WithFromEnv())
	if err != nil {
		return nil, err
	}
	// The last export may follow the export before it within the same second. With timestamps in
	// milliseconds, its points get different timestamps.
	exp, err := exporter.New(ctx, exporter.WithTimestampResolution(time.Millisecond))
	if err != nil {
		return nil, err
	}
	provider := sdkmetric.NewMeterProvider(
		sdkmetric.WithResource(res),
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exp,
			sdkmetric.WithInterval(interval),
			sdkmetric.WithProducer(runtimemetrics.NewProducer()),
		)),
	)
	registration, err := runtimemetrics.Start(runtimemetrics.WithMeterProvider(provider))
	if err != nil {
		return nil, errors.Join(err, provider.Shutdown(ctx))
	}
	return &telemetry{provider, registration}, nil
}

// stop exports once more, even if ctx has ended. It stops the metrics of the runtime after that, so
// that the last export includes them.
func (t *telemetry) stop(ctx context.Context) error {
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastExportTime)
	defer cancel()
	return errors.Join(t.provider.Shutdown(end), t.runtime.Unregister())
}
