// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// workerID is the key of the tag that apptuit-py put on the metrics of a process.
const workerID = attribute.Key("worker_id")

// Option configures [Start], [NewProducer] and [NewCompleteProducer].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// WithMeterProvider registers the instruments on provider. By default, and for
// nil, it is the global one (otel.GetMeterProvider) at the time of Start.
// Producers have no use for it.
func WithMeterProvider(provider metric.MeterProvider) Option {
	return optionFunc(func(c *config) {
		if provider != nil {
			c.provider = provider
		}
	})
}

// WithMinimumInterval bounds how often the kernel and the Go runtime are asked:
// a collection sooner than interval after the last reading repeats its values.
// It is for programs with several readers, or readers with very short
// intervals. The default is 0: every collection reads. A negative interval is
// an error.
func WithMinimumInterval(interval time.Duration) Option {
	return optionFunc(func(c *config) {
		if interval < 0 {
			c.fault("WithMinimumInterval: %v is negative", interval)
		}
		c.interval = interval
	})
}

// WithoutProcess leaves out the instruments of the process (process.*).
// [NewProducer] has no use for it.
func WithoutProcess() Option {
	return optionFunc(func(c *config) { c.process = false })
}

// WithoutGoRuntime leaves out the instruments of the Go runtime (go.*), also
// those of go.opentelemetry.io/contrib/instrumentation/runtime, for programs
// that start them themselves. Together with WithoutProcess it is an error.
// [NewProducer] has no use for it.
func WithoutGoRuntime() Option {
	return optionFunc(func(c *config) { c.goRuntime = false })
}

// WithWorkerID adds the attribute worker_id, the process id in decimal, to
// every series. apptuit-py always had it: it tells apart the processes of one
// host that have no service.instance.id. A restart begins new series. By
// default there is none.
func WithWorkerID() Option {
	return optionFunc(func(c *config) {
		c.tags = []attribute.KeyValue{workerID.String(strconv.Itoa(os.Getpid()))}
	})
}

// withProc reads a copy of /proc.
func withProc(root string) Option {
	return optionFunc(func(c *config) { c.proc = root })
}

type config struct {
	provider  metric.MeterProvider
	interval  time.Duration
	process   bool
	goRuntime bool
	tags      []attribute.KeyValue
	proc      string
	faults    []error
}

func newConfig(opts []Option) (config, error) {
	c := config{
		provider:  otel.GetMeterProvider(),
		process:   true,
		goRuntime: true,
		proc:      "/proc",
	}
	for _, opt := range opts {
		opt.apply(&c)
	}
	if !c.process && !c.goRuntime {
		c.fault("WithoutProcess and WithoutGoRuntime leave nothing to measure")
	}
	return c, errors.Join(c.faults...)
}

func (c *config) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf("runtimemetrics: "+format, args...))
}
