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
// instruments. The instruments of contrib have a scope of their own.
const ScopeName = "github.com/apptuitai/apptuit-go/runtimemetrics"

// Start registers the instruments of the package comment. They report until the
// caller calls Unregister on the returned registration. Start starts no goroutine:
// all work is done in collections.
//
// Start must be called once per MeterProvider. OpenTelemetry adds the observations
// that several callbacks make of one counter. So a second Start on the same provider,
// without Unregister of the first, doubles the values. So does Start of
// go.opentelemetry.io/contrib/instrumentation/runtime in addition to this Start,
// unless the option WithoutGoRuntime is given. Readers with a [NewCompleteProducer] report
// the same series, and need no Start.
//
// Unregister removes all callbacks, including contrib's. It may be called several
// times, by several goroutines and during a collection. With the SDK, it must not be
// called from within a callback. Later collections report nothing. A new Start
// continues the same series, since the values belong to the process.
//
// Start returns all errors of the options, or the error of the MeterProvider that
// refuses an instrument. Then nothing stays registered. If a system call fails or a
// file cannot be read, Start returns no error: see the package comment.
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

// startOwn registers the instruments of this package.
func startOwn(c config) (metric.Registration, error) {
	var (
		rows    []instrument
		sources []source
	)
	for _, row := range table() {
		wanted := row.group == process && c.process || row.group == goRuntime && c.goRuntime
		if wanted && row.platforms&here() != 0 {
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

// startContrib starts contrib's instruments. It returns their registrations also
// with an error.
func startContrib(c config) ([]metric.Registration, error) {
	recorder := &recorder{MeterProvider: c.provider}
	if len(c.tags) > 0 {
		recorder.tags = metric.WithAttributes(c.tags...)
	}
	err := runtime.Start(
		runtime.WithMeterProvider(recorder),
		// For contrib, 0 means its default of 15 s.
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
