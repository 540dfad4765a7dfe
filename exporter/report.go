// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"time"

	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/reporter"
)

// In the reporter layout an Export passes over the metrics twice. The first pass
// observes the data points that need state, under the lock of that state; the second
// one emits their samples. Nothing is sent before all is observed, so that no failure
// loses a count.

// pass is what a walk does with the data points of a metric.
type pass uint8

const (
	passConvert pass = iota
	passObserve
	passEmit // the samples of data points that were observed
	passSkip
)

// pass returns what a walk does with the data points of a metric.
func (x *export) pass(m *collected, observing bool) pass {
	switch observed := x.observer != nil && x.observer.Observed(m.instrument, m.delta); {
	case observing && observed:
		return passObserve
	case observing:
		return passSkip
	case observed:
		return passEmit
	}
	return passConvert
}

// observe is the first walk.
func (x *export) observe(now time.Time) {
	x.observer.Observe(now, x.latest(now), func() { x.walk(true) })
}

// idle emits the samples of series without observations. They are counted, but belong to
// no data point.
func (x *export) idle() {
	for p, at := range x.observer.Idle {
		p.Values(model.Timestamp(time.Unix(0, at), x.milliseconds), x.observer.Next(), 0)
	}
}

// span returns the time of a data point.
func (m *collected) span(start, end time.Time) reporter.Span {
	return reporter.Span{Start: nanoseconds(start), End: nanoseconds(end), Delta: m.delta}
}

// nanoseconds returns a time since 1970, 0 for a time that cannot be sent.
func nanoseconds(t time.Time) int64 {
	if model.Timestamp(t, false) == 0 || t.Year() > 2261 {
		return 0
	}
	return t.UnixNano()
}

// latest returns the latest time of the metrics that are not the exporter's own, by the
// first data point of each: those of an instrument are of one time. An Export without
// metrics is of now.
func (x *export) latest(now time.Time) int64 {
	last, none := int64(0), true
	for i := range x.metrics {
		if m := &x.metrics[i]; !m.own {
			none = false
			last = max(last, nanoseconds(m.first))
		}
	}
	if none {
		return nanoseconds(now)
	}
	return last
}
