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

// sharedReader is one reader of a MeterProvider with several exporters. A
// PeriodicReader drives each exporter by its own interval and timeout, so that an exporter
// that hangs neither delays the others nor fails them. A MeterProvider registers only
// the ManualReader within: PeriodicReaders cannot be registered through another
// reader. They are the clocks, at whose ticks a part collects from the ManualReader.
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
		// A PeriodicReader exports only when it is registered; here it finds no instruments.
		sdkmetric.NewMeterProvider(sdkmetric.WithReader(p.clock))
		r.parts = append(r.parts, p)
	}
	return r
}

// ForceFlush exports to all exporters at once. The error names each that fails.
func (r *sharedReader) ForceFlush(ctx context.Context) error {
	return r.each(func(clock *sdkmetric.PeriodicReader) error { return clock.ForceFlush(ctx) })
}

// Shutdown exports once more to all exporters at once, and shuts them down. The error
// names each that fails.
func (r *sharedReader) Shutdown(ctx context.Context) error {
	err := sdkmetric.ErrReaderShutdown
	r.shutdown.Do(func() {
		err = errors.Join(
			r.each(func(clock *sdkmetric.PeriodicReader) error {
				err := clock.Shutdown(ctx)
				if errors.Is(err, sdkmetric.ErrReaderNotRegistered) { // There is nothing to export.
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

// part is one exporter of a sharedReader.
type part struct {
	namedExporter
	source *sdkmetric.ManualReader
	clock  *sdkmetric.PeriodicReader
}

// Export collects from the source, and exports that. The metrics of the clock's own
// provider are always empty.
func (p *part) Export(ctx context.Context, _ *metricdata.ResourceMetrics) error {
	var collected metricdata.ResourceMetrics // Not kept: like a PeriodicReader, it takes no memory between exports.
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

// exporterError says which exporter of a list has failed.
type exporterError struct {
	name string
	err  error
}

func (e *exporterError) Error() string {
	return fmt.Sprintf("apptuit autoexport: %s: %v", e.name, e.err)
}

func (e *exporterError) Unwrap() error { return e.err }
