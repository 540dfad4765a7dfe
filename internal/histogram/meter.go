// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package histogram

import (
	"math"
	"time"
)

// minTick is the least time between two updates of the moving averages, as in
// pyformance (stats/moving_average.py). Events of shorter intervals are added to the
// next update.
const minTick = 5 * time.Second

// windows returns the windows of the moving averages.
func windows() [3]time.Duration {
	return [...]time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute}
}

// Meter computes the rates of events, in events per second, as pyformance's meter does:
// the mean rate since the start, and exponentially weighted moving averages over 1, 5
// and 15 minutes. An update moves an average towards the rate since the update before
// by 1-e^(-Δt/window); the first update sets it.
//
// All times are nanoseconds since 1970. A time of 0 is not known. The zero value is
// ready for use.
type Meter struct {
	start, latest, ticked int64
	counted               float64 // events since the start
	pending               float64 // events since the last update
	averages              [3]float64
	set                   bool // there was an update
}

// Mark counts n events in the interval from start to end. With the first interval the
// meter starts; if the start of that interval is not known, the meter starts at its end
// without these events.
func (m *Meter) Mark(n float64, start, end int64) {
	switch {
	case end <= 0:
		m.counted += n
		return
	case m.latest == 0 && start > 0 && start < end:
		m.start, m.ticked = start, start
	case m.latest == 0:
		m.start, m.ticked, n = end, end, 0
	case end < m.latest: // The clock was set back: move the past with it.
		back := m.latest - end
		m.start -= back
		m.ticked -= back
		m.latest = end
		m.counted += n
		return
	}
	m.latest = end
	m.counted += n
	m.pending += n
	m.tick()
}

// Restart restarts the mean rate for a counter that was reset at start, a time after
// the meter's start and not after end. At any other start it does nothing.
func (m *Meter) Restart(start, end int64) {
	if start > m.start && start <= end {
		m.start, m.counted = start, 0
	}
}

func (m *Meter) tick() {
	elapsed := time.Duration(m.latest - m.ticked)
	if elapsed < minTick {
		return
	}
	rate := m.pending / elapsed.Seconds()
	for i, window := range windows() {
		if m.set {
			m.averages[i] += (1 - math.Exp(-elapsed.Seconds()/window.Seconds())) * (rate - m.averages[i])
		} else {
			m.averages[i] = rate
		}
	}
	m.ticked, m.pending, m.set = m.latest, 0, true
}

// MeanRate returns the events per second since the start, 0 before the meter has
// started.
func (m *Meter) MeanRate() float64 {
	if m.latest <= m.start {
		return 0
	}
	return m.counted / time.Duration(m.latest-m.start).Seconds()
}

// MovingAverages returns the events per second as moving averages over 1, 5 and 15
// minutes.
func (m *Meter) MovingAverages() (rate1, rate5, rate15 float64) {
	return m.averages[0], m.averages[1], m.averages[2]
}
