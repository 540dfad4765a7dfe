// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package autoexport

import (
	"context"
	"errors"
	"fmt"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// NewMetricReader returns a PeriodicReader with a new exporter to Apptuit, whatever the value of
// OTEL_METRICS_EXPORTER. The other variables in the package comment configure both. The error
// joins all faults. The caller must shut down the reader, which shuts down the exporter.
// NewMetricReader connects to no server, so that ctx does not limit it.
//
// With NewMetricReader, Apptuit can be the default for an unset OTEL_METRICS_EXPORTER:
//
//	reader, err := autoexport.NewMetricReader(ctx, autoexport.WithFallbackMetricReader(apptuit.NewMetricReader))
func NewMetricReader(ctx context.Context) (sdkmetric.Reader, error) {
	return newReader(ctx, Name)
}

// newReader creates the reader of a list of exporters.
func newReader(ctx context.Context, list string) (sdkmetric.Reader, error) {
	producers, wrongProducers := readProducers()
	exporters, wrongExporters := newExporters(ctx, list)
	err := errors.Join(wrongProducers, wrongExporters)
	if err == nil && len(exporters) > 1 {
		err = checkShared(exporters)
	}
	if err != nil {
		for _, e := range exporters {
			err = errors.Join(err, e.Shutdown(ctx))
		}
		return nil, fmt.Errorf("apptuit autoexport: %w", err)
	}
	if len(exporters) > 1 {
		return newSharedReader(exporters, producers), nil
	}
	var options []sdkmetric.PeriodicReaderOption
	for _, p := range producers {
		options = append(options, sdkmetric.WithProducer(p))
	}
	return sdkmetric.NewPeriodicReader(exporters[0].Exporter, options...), nil
}
