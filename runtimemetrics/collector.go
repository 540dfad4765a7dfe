// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
)

// source is a system call or a file that each collection reads once.
type source struct {
	name string // of the values, for errors: "memory"
	read func(*snapshot) error
}

// collector reads all sources in one callback, and reports their values.
type collector struct {
	sources      []source
	interval     time.Duration
	observations []observation

	mu       sync.Mutex
	last     time.Time // when snapshot was read
	snapshot snapshot
	reported []bool // by source: an error was reported
}

// observation reports a field of the snapshot through an instrument. One of integers and floats is nil.
type observation struct {
	field    field
	integers metric.Int64Observable
	floats   metric.Float64Observable
	options  []metric.ObserveOption
}

func newCollector(interval time.Duration, sources []source, observations []observation) *collector {
	return &collector{
		sources:      sources,
		interval:     interval,
		observations: observations,
		reported:     make([]bool, len(sources)),
	}
}

// observe is the callback that reports all observations.
func (c *collector) observe(_ context.Context, o metric.Observer) error {
	s, errs := c.read()
	for _, err := range errs {
		otel.Handle(err)
	}
	for i := range c.observations {
		ob := &c.observations[i]
		switch {
		case !s.known[ob.field]:
		case ob.integers != nil:
			o.ObserveInt64(ob.integers, s.int(ob.field), ob.options...)
		default:
			o.ObserveFloat64(ob.floats, s.float(ob.field), ob.options...)
		}
	}
	return nil
}

// read reads all sources, or within the interval returns the last snapshot again.
// It returns the errors of sources that have not failed before.
func (c *collector) read() (snapshot, []error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if !c.last.IsZero() && now.Sub(c.last) < c.interval {
		return c.snapshot, nil
	}
	c.last = now
	c.snapshot = snapshot{}
	var errs []error
	for i, source := range c.sources {
		err := source.read(&c.snapshot)
		if err != nil && !c.reported[i] {
			c.reported[i] = true
			errs = append(errs, fmt.Errorf("runtimemetrics: cannot read %s: %w (reported once)", source.name, err))
		}
	}
	return c.snapshot, errs
}
