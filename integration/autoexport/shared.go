// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package autoexport

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// sharedReader is one reader of a MeterProvider with several exporters. Each exporter has its
// own PeriodicReader with interval and timeout, so that an exporter that hangs does not delay
// the others or make them fail. PeriodicReaders cannot be registered through another reader.
// Therefore the MeterProvider registers the ManualReader, from which each part collects when
// its PeriodicReader exports.
type sharedReader struct {
	*sdkmetric.ManualReader
	parts    []*part
	shutdown sync.Once
}

func newSharedReader(exporters []namedExporter, producers []sdkmetric.Producer) *sharedReader {
	options := []sdkmetric.ManualReaderOption{sdkmetric.WithAggregationSelector(exporters[0].Aggregation)}
	for _, p := range producers {
		options = append(options, sdkmetric.WithProducer(p))
	}
	r := &sharedReader{ManualReader: sdkmetric.NewManualReader(options...)}
	for _, e := range exporters {
		p := &part{namedExporter: e, source: r.ManualReader}
		p.clock = sdkmetric.NewPeriodicReader(p)
		// A PeriodicReader exports only if it is registered. This provider has no instruments.
		sdkmetric.NewMeterProvider(sdkmetric.WithReader(p.clock))
		r.parts = append(r.parts, p)
	}
	return r
}

// ForceFlush exports to all exporters at the same time. The error names each exporter that
// failed.
func (r *sharedReader) ForceFlush(ctx context.Context) error {
	return r.each(func(clock *sdkmetric.PeriodicReader) error { return clock.ForceFlush(ctx) })
}

// Shutdown exports once more to all exporters at the same time, and shuts them down. The error
// names each exporter that failed.
func (r *sharedReader) Shutdown(ctx context.Context) error {
	err := sdkmetric.ErrReaderShutdown
	r.shutdown.Do(func() {
		err = errors.Join(
			r.each(func(clock *sdkmetric.PeriodicReader) error {
				err := clock.Shutdown(ctx)
				if errors.Is(err, sdkmetric.ErrReaderNotRegistered) { // there is nothing to export
					return nil
				}
				return err
			}),
			r.ManualReader.Shutdown(ctx))
	})
	return err
}

// each calls f for all parts at the same time.
func (r *sharedReader) each(f func(clock *sdkmetric.PeriodicReader) error) error {
	errs := make([]error, len(r.parts))
	var all sync.WaitGroup
	for i, p := range r.parts {
		all.Go(func() { errs[i] = p.failed(f(p.clock)) })
	}
	all.Wait()
	return errors.Join(slices.DeleteFunc(errs, func(err error) bool { return err == nil })...)
}

// part is an exporter of a sharedReader. Its clock calls Export at each interval.
type part struct {
	namedExporter
	source *sdkmetric.ManualReader
	clock  *sdkmetric.PeriodicReader
}

// Export collects metrics from the source and exports them. It ignores the metrics of the
// clock's own provider, which are always empty.
func (p *part) Export(ctx context.Context, _ *metricdata.ResourceMetrics) error {
	var collected metricdata.ResourceMetrics // not kept, so that it takes no memory between exports
	if err := p.source.Collect(ctx, &collected); err != nil {
		return p.failed(err)
	}
	return p.failed(p.Exporter.Export(ctx, &collected))
}

// failed adds the name of the exporter to an error, once.
func (p *part) failed(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*exporterError](err); ok {
		return err
	}
	return &exporterError{p.name, err}
}

// exporterError is an error of an exporter of a list, with the name of the exporter.
type exporterError struct {
	name string
	err  error
}

func (e *exporterError) Error() string {
	return fmt.Sprintf("apptuit autoexport: %s: %v", e.name, e.err)
}

func (e *exporterError) Unwrap() error { return e.err }
