// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package autoexport

import (
	"context"
	"errors"
	"fmt"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
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
	return newReader(ctx, Name)
}

// newReader makes the reader of a list of exporters.
func newReader(ctx context.Context, list string) (sdkmetric.Reader, error) {
	producers, wrongProducers := readProducers()
	exporters, wrongExporters := newExporters(ctx, list)
	err := errors.Join(wrongProducers, wrongExporters)
	if err == nil && len(exporters) > 1 {
		err = haveOneCollection(exporters)
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
