// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"math"
	"time"
)

// minTick is how much time passes at least from one tick to the next, as in
// pyformance (stats/moving_average.py). What is counted meanwhile waits.
const minTick = 5 * time.Second

// windows are those of the averages of a meter: 1, 5 and 15 minutes.
func windows() [3]time.Duration {
	return [...]time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute}
}

// meter has the rates of what is counted, a second: the mean since its start and
// exponentially weighted moving averages, as pyformance's meter. At each tick an
// average moves towards the rate since the last one, by 1 − e^(−Δt/window); the
// first tick sets it. Times are in nanoseconds since 1970. The zero value is ready
// for use.
type meter struct {
	start, latest, ticked int64
	counted, uncounted    float64 // since the start, and of it since the last tick
	averages              [3]float64
	set                   bool // there was a tick
}

// count counts n things from start to end. If it is the first time, the meter
// starts with them; if their start is not known, only with what comes after.
func (m *meter) count(n float64, start, end int64) {
	switch {
	case end <= 0:
		m.counted += n
		return
	case m.latest == 0 && start > 0 && start < end:
		m.start, m.ticked = start, start
	case m.latest == 0:
		m.start, m.ticked, n = end, end, 0
	case end < m.latest: // the clock went back, nobody knows when
		back := m.latest - end
		m.start -= back
		m.ticked -= back
		m.latest = end
		m.counted += n
		return
	}
	m.latest = end
	m.counted += n
	m.uncounted += n
	m.tick()
}

// restart starts the mean anew, with a counter that did before end.
func (m *meter) restart(start, end int64) {
	if start > m.start && start <= end {
		m.start, m.counted = start, 0
	}
}

func (m *meter) tick() {
	since := time.Duration(m.latest - m.ticked)
	if since < minTick {
		return
	}
	rate := m.uncounted / since.Seconds()
	for i, window := range windows() {
		if m.set {
			m.averages[i] += (1 - math.Exp(-since.Seconds()/window.Seconds())) * (rate - m.averages[i])
		} else {
			m.averages[i] = rate
		}
	}
	m.ticked, m.uncounted, m.set = m.latest, 0, true
}

// mean returns the rate since the start.
func (m *meter) mean() float64 {
	if m.latest <= m.start {
		return 0
	}
	return m.counted / time.Duration(m.latest-m.start).Seconds()
}
