// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"errors"
	"sync"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/runtime"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/embedded"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// ScopeName is the name of the instrumentation scope of this package's
// instruments. Those of contrib have their own: see the package comment.
const ScopeName = "github.com/apptuitai/apptuit-go/runtimemetrics"

// Start registers the instruments of the package comment, and reports through
// them until Unregister is called on what it returns. Nothing runs between
// collections: there is no goroutine.
//
// Start it once a MeterProvider. OpenTelemetry adds up what several callbacks
// observe of one counter, so that a second Start on the same provider, without
// Unregister of the first, doubles the values; so does Start of
// go.opentelemetry.io/contrib/instrumentation/runtime beside this one, unless
// WithoutGoRuntime is given. A reader with a [NewCompleteProducer] gets the same series
// without Start: use either.
//
// Unregister takes out all callbacks, also those of contrib. It may be called
// several times, by several goroutines and during a collection, but with the
// SDK not from within a callback. Later collections report nothing, and a new
// Start continues the same series, since the values are the process's.
//
// The error of Start holds every fault of the options, or what the
// MeterProvider has against an instrument; then nothing stays registered. What
// the system refuses is not an error of Start: see the package comment.
func Start(opts ...Option) (metric.Registration, error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	return startBoth(c)
}

// startBoth starts the instruments of this package and of contrib.
func startBoth(c config) (metric.Registration, error) {
	var registrations []metric.Registration
	own, err := startOwn(c)
	if err == nil {
		registrations = append(registrations, own)
		if c.goRuntime {
			var theirs []metric.Registration
			theirs, err = startContrib(c)
			registrations = append(registrations, theirs...)
		}
	}
	r := &registration{unregister: sync.OnceValue(func() error { return unregisterAll(registrations) })}
	if err != nil {
		return nil, errors.Join(err, r.Unregister())
	}
	return r, nil
}

// startOwn registers the callback of this package.
func startOwn(c config) (metric.Registration, error) {
	var (
		rows    []instrument
		sources []source
	)
	for _, row := range table() {
		wanted := row.part == process && c.process || row.part == goRuntime && c.goRuntime
		if wanted && row.on&here() != 0 {
			rows = append(rows, row)
		}
	}
	if c.process {
		sources = processSources(c.proc)
	}
	if c.goRuntime {
		sources = append(sources, goSource(rows))
	}
	meter := c.provider.Meter(ScopeName, metric.WithSchemaURL(semconv.SchemaURL))
	observations, observables, err := createAll(meter, rows, c.tags)
	if err != nil {
		return nil, err
	}
	return meter.RegisterCallback(newCollector(c.interval, sources, observations).observe, observables...)
}

// startContrib starts contrib's instruments and returns their registrations,
// also when it fails.
func startContrib(c config) ([]metric.Registration, error) {
	recorder := &recorder{MeterProvider: c.provider}
	if len(c.tags) > 0 {
		recorder.tags = metric.WithAttributes(c.tags...)
	}
	err := runtime.Start(
		runtime.WithMeterProvider(recorder),
		// To contrib, 0 means its default of 15 s.
		runtime.WithMinimumReadMemStatsInterval(max(c.interval, time.Nanosecond)),
	)
	return recorder.registrations, err
}

type registration struct {
	embedded.Registration
	unregister func() error
}

func (r *registration) Unregister() error { return r.unregister() }

func unregisterAll(registrations []metric.Registration) error {
	var errs []error
	for _, r := range registrations {
		errs = append(errs, r.Unregister())
	}
	return errors.Join(errs...)
}
