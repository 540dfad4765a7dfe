// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package autoexport

import (
	"context"
	"errors"
	"fmt"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/apptuitai/apptuit-go/exporter"
)

// NewMetricReader returns what OTEL_METRICS_EXPORTER=apptuit gives after
// [Register]: a PeriodicReader with a new exporter, both configured by the
// variables in the package comment, whatever OTEL_METRICS_EXPORTER is. The error
// names every fault at once. The reader is the caller's to shut down, which shuts
// down the exporter. The context bounds nothing: no server is talked to.
//
// It makes Apptuit the default of a program whose environment chooses nothing:
//
//	reader, err := autoexport.NewMetricReader(ctx, autoexport.WithFallbackMetricReader(apptuit.NewMetricReader))
func NewMetricReader(ctx context.Context) (sdkmetric.Reader, error) {
	producers, faults := readProducers()
	exp, err := exporter.New(ctx)
	if faults == nil && err == nil {
		return sdkmetric.NewPeriodicReader(exp, producers...), nil
	}
	if err == nil {
		err = exp.Shutdown(ctx)
	}
	return nil, fmt.Errorf("apptuit autoexport: %w", errors.Join(faults, err))
}
