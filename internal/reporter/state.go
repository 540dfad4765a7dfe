// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"github.com/apptuitai/apptuit-go/internal/histogram"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// Span is the time of a data point.
type Span struct {
	// Start and End are nanoseconds since 1970. A start that is not known is 0.
	Start, End int64
	// Delta says that the data point has delta temporality.
	Delta bool
}

// previousPoint says whether a series has a previous data point.
type previousPoint uint8

const (
	previousNone previousPoint = iota
	previousKept
	previousLost // there was no room to keep it
)

// state is the state of one series between exports.
type state[K comparable] struct {
	key        K
	used       uint32 // seconds, of the resource's clock
	generation uint64 // of the export that observed the series last

	// Times are nanoseconds since 1970.
	start  int64 // of the last data point
	seen   int64 // the timestamp of the last sample
	length int64 // of the last interval, 0 if not known
	delta  bool

	total model.Value // of a sum: the last one, or the sum of all deltas
	count uint64      // of all deltas of a histogram
	sum   float64     // of all deltas of a histogram
	meter histogram.Meter

	previous    previousPoint          // of a sum, or of a cumulative histogram
	explicit    *histogram.Explicit    // if kept
	exponential *histogram.Exponential // if kept
	cost        int64                  // bytes
}

// observe notes a data point of the series. It reports false if the export has observed
// the same series at the same time before: then the data point is a collision and must
// not be counted.
func (s *state[K]) observe(generation uint64, span Span) bool {
	if s.generation == generation && s.seen == span.End {
		return false
	}
	s.generation = generation
	s.delta = span.Delta
	if span.Start > 0 && span.Start < span.End {
		s.length = span.End - span.Start
	}
	s.seen = span.End
	return true
}

// mark counts n events of a data point. A cumulative series that was reset restarts its
// mean rate.
func (s *state[K]) mark(n float64, span Span) {
	if !span.Delta && s.start > 0 && span.Start > s.start {
		s.meter.Restart(span.Start, span.End)
	}
	s.meter.Mark(n, span.Start, span.End)
}

// continues reports whether a cumulative data point belongs to the same stream as the
// previous one, which was kept.
func (s *state[K]) continues(span Span) bool {
	return s.previous == previousKept && span.Start <= s.start
}

// idleUntil reports whether the series was not observed for an interval and a half
// until latest, the latest time of the export, and returns the end of the last whole
// interval before. An interval alone is not enough, since the data point may still come
// in another export of the same collection.
func (s *state[K]) idleUntil(generation uint64, latest int64) (end int64, idle bool) {
	if s.generation == generation || !s.delta || s.length <= 0 || latest-s.seen < s.length+s.length/2 {
		return 0, false
	}
	return s.seen + (latest-s.seen-s.length/2)/s.length*s.length, true
}
