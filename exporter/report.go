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

// In the reporter layout, an Export passes over the metrics twice. The first pass adds the
// data points that need state to that state, under its lock. The second pass emits the
// resulting samples. No point is sent before all data points were added, so that a failed
// Export loses no count.

// pass is an action on all data points of a metric.
type pass uint8

const (
	passConvert pass = iota // to points
	passObserve             // add them to the state
	passEmit                // convert the samples of observed data points to points
	passSkip
)

// pass returns the action of the first (observing) or second walk on a metric.
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

// idle emits the samples of series that have no data point in this Export. Their points
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

// latestOf returns the latest time of the program's metrics, or of all. All data points of an
// instrument have one time, so the first one of each metric is enough.
func (x *export) latestOf(own bool) int64 {
	last := int64(0)
	for i := range x.metrics {
		if m := &x.metrics[i]; own || !m.own {
			last = max(last, nanoseconds(m.first))
		}
	}
	return last
}
