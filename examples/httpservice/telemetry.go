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

// lastExportTime bounds the export at the end.
const lastExportTime = 10 * time.Second

// telemetry is a provider that exports, with the runtime's metrics on it.
type telemetry struct {
	provider *sdkmetric.MeterProvider
	runtime  metric.Registration
}

func startTelemetry(ctx context.Context, interval time.Duration) (*telemetry, error) {
	// The environment's name of the service beats this one.
	res, err := resource.New(ctx, resource.WithAttributes(semconv.ServiceName("httpservice")), resource.WithFromEnv())
	if err != nil {
		return nil, err
	}
	// In whole seconds, the last export may have the timestamp of the one before
	// it: two values of one series at one time.
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

// stop exports once more, also when ctx has ended. The runtime's metrics are
// part of that, so that they go last.
func (t *telemetry) stop(ctx context.Context) error {
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastExportTime)
	defer cancel()
	return errors.Join(t.provider.Shutdown(end), t.runtime.Unregister())
}
