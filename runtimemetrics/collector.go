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

// source is one thing that a collection asks, once: a system call, a file.
type source struct {
	name string
	read func(*snapshot) error
}

// collector reads its sources for all its observations together.
type collector struct {
	sources      []source
	interval     time.Duration
	observations []observation

	mu       sync.Mutex
	last     time.Time // of the last reading
	snapshot snapshot
	reported []bool // a source: whether its error was reported
}

// observation says which instrument takes which number.
type observation struct {
	field    field
	integers metric.Int64Observable // one of the two
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

// observe is the callback.
func (c *collector) observe(_ context.Context, o metric.Observer) error {
	s, fresh := c.read()
	for _, err := range fresh {
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

// read returns what the sources say, or, within the interval, what they said,
// and the errors of sources that had none before.
func (c *collector) read() (snapshot, []error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if !c.last.IsZero() && now.Sub(c.last) < c.interval {
		return c.snapshot, nil
	}
	c.last = now
	c.snapshot = snapshot{}
	var fresh []error
	for i, source := range c.sources {
		err := source.read(&c.snapshot)
		if err != nil && !c.reported[i] {
			c.reported[i] = true
			fresh = append(fresh, fmt.Errorf("runtimemetrics: %s left out: %w (reported once)", source.name, err))
		}
	}
	return c.snapshot, fresh
}
