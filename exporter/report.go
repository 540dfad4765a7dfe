// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"slices"
	"time"

	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/reporter"
)

// In the reporter layout, an Export passes over the metrics twice. The first pass observes the
// data points of instruments that need state: it adds them to the state of their series, under
// the lock of the resource, which results in samples. The second pass converts the samples and all
// other data points to wire points. No point is sent before all data points are observed, so that
// an Export that fails loses no count.

// pass is the action of a pass on all data points of a metric.
type pass uint8

const (
	passConvert pass = iota // convert the data points to wire points
	passObserve             // observe the data points
	passEmit                // convert the samples of observed data points to wire points
	passSkip                // do nothing
)

// pass returns the action of the first (observing) or second pass on a metric.
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

// observe does the first pass.
func (x *export) observe(now time.Time) {
	x.observer.Observe(now, x.latest(now), func() { x.walk(true) })
}

// idle converts the samples of idle series, which have no data point in this Export. Their points
// are counted, but belong to no data point.
func (x *export) idle() {
	for p, at := range x.observer.Idle {
		p.Values(convert.Time{At: uint64(at)}, x.observer.Next(), 0)
	}
}

// span returns the time of a data point.
func (m *collected) span(start, end time.Time) reporter.Span {
	return reporter.Span{Start: nanoseconds(start), End: nanoseconds(end), Delta: m.delta}
}

// nanoseconds returns the Unix time in nanoseconds, or 0 for a time that cannot be sent.
func nanoseconds(t time.Time) int64 {
	if model.Timestamp(t, false) == 0 || t.Year() > 2261 {
		return 0
	}
	return t.UnixNano()
}

// latest returns the latest time of the program's metrics, or now if there are none.
func (x *export) latest(now time.Time) int64 {
	if !slices.ContainsFunc(x.metrics, func(m collected) bool { return !m.own }) {
		return nanoseconds(now)
	}
	return x.latestOf(false)
}

// latestOf returns the latest time of the program's metrics, and of the exporter's own metrics if
// own is true. All data points of a metric have the same time, so it looks only at the first.
func (x *export) latestOf(own bool) int64 {
	last := int64(0)
	for i := range x.metrics {
		if m := &x.metrics[i]; own || !m.own {
			last = max(last, nanoseconds(m.first))
		}
	}
	return last
}
