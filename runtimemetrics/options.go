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

// workerID is the key of the tag that apptuit-py adds to the metrics of a process.
const workerID = attribute.Key("worker_id")

// Option configures [Start], [NewProducer] and [NewCompleteProducer].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// WithMeterProvider registers the instruments on provider. By default, and for
// nil, it is the global MeterProvider (otel.GetMeterProvider) at the time of Start.
// Producers ignore it.
func WithMeterProvider(provider metric.MeterProvider) Option {
	return optionFunc(func(c *config) {
		if provider != nil {
			c.provider = provider
		}
	})
}

// WithMinimumInterval limits how often the kernel and the Go runtime are read. A
// collection within interval after the last reading repeats the values of that
// reading. The option is for programs with several readers, or with readers of very
// short intervals. The default is 0: every collection reads. A negative interval is
// an error.
func WithMinimumInterval(interval time.Duration) Option {
	return optionFunc(func(c *config) {
		if interval < 0 {
			c.fault("WithMinimumInterval: %v is negative", interval)
		}
		c.interval = interval
	})
}

// WithoutProcess omits the instruments of the process (process.*).
// [NewProducer] ignores it.
func WithoutProcess() Option {
	return optionFunc(func(c *config) { c.process = false })
}

// WithoutGoRuntime omits the instruments of the Go runtime (go.*), including the
// instruments of go.opentelemetry.io/contrib/instrumentation/runtime. Programs
// that start contrib's instruments themselves need it. Together with WithoutProcess
// it is an error. [NewProducer] ignores it.
func WithoutGoRuntime() Option {
	return optionFunc(func(c *config) { c.goRuntime = false })
}

// WithWorkerID adds the attribute worker_id, the process id in decimal, to every
// series, as apptuit-py always does. It distinguishes the processes of a host that
// have no service.instance.id. Every restart begins new series. By default the
// attribute is absent.
func WithWorkerID() Option {
	return optionFunc(func(c *config) {
		c.tags = []attribute.KeyValue{workerID.String(strconv.Itoa(os.Getpid()))}
	})
}

// withProc reads a copy of /proc in the folder root.
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
		c.fault("WithoutProcess and WithoutGoRuntime together omit every instrument")
	}
	return c, errors.Join(c.faults...)
}

func (c *config) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf("runtimemetrics: "+format, args...))
}
