// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package histogram

import (
	"slices"
	"testing"
	"time"
)

const second = int64(time.Second)

// movingAverages returns the moving averages as an array.
func (m *Meter) movingAverages() (rates [3]float64) {
	rates[0], rates[1], rates[2] = m.MovingAverages()
	return rates
}

// The expected rates were computed by hand for a meter that starts at 0 s. The steps include
// uneven intervals, an interval that is shorter than a tick of 5 s, an interval of ten minutes, and
// two marks at the same time.
func TestMeter_RatesAreThoseOfPyformance(t *testing.T) {
	m := &Meter{}
	const origin = 1_700_000_000 * second
	before := origin
	for _, step := range []struct {
		at            int64 // seconds
		n             float64
		one, five, ft float64
		mean          float64
	}{
		// The first tick sets all averages to 50/10.
		{10, 50, 5, 5, 5, 5},
		// 5 + (1−e^(−10/60))·(0/10 − 5) = 5·e^(−1/6), and so on with 300 and
		// 900; mean 50/20.
		{20, 0, 4.23240862445, 4.83608050241, 4.94475194647, 2.5},
		// 35/7 = 5: 4.23240862445 + (1−e^(−7/60))·(5 − 4.23240862445); mean
		// 85/27.
		{27, 35, 4.31693442733, 4.83986101321, 4.94517998679, 3.14814814815},
		// 3 s are shorter than a tick: the averages will include the 6 events at the next tick.
		// The mean includes them at once: 91/30.
		{30, 6, 4.31693442733, 4.83986101321, 4.94517998679, 3.03333333333},
		// (6+9)/5 = 3 since 27 s: 4.31693442733 + (1−e^(−5/60))·(3 −
		// 4.31693442733); mean 100/32.
		{32, 9, 4.2116381643, 4.80945078549, 4.93440339401, 3.125},
		// At the same time, the averages do not change; mean 103/32.
		{32, 3, 4.2116381643, 4.80945078549, 4.93440339401, 3.21875},
		// (3+30)/63 = 0.523809…, with the weight 1−e^(−63/60) for 63 s; mean 133/95.
		{95, 30, 1.81431997737, 3.99768281441, 4.6362199905, 1.4},
		// No events in 600 s: the averages times e^(−10), e^(−2) and e^(−2/3); mean 133/695.
		{695, 0, 8.23699995394e-05, 0.541027535978, 2.38031471072, 0.191366906475},
		// 40/10 = 4; mean 173/705.
		{705, 40, 0.614142825137, 0.654426141674, 2.39821160264, 0.245390070922},
	} {
		end := origin + step.at*second
		m.Mark(step.n, before, end)
		before = end
		averages := m.movingAverages()
		got := append(averages[:], m.MeanRate())
		for i, want := range [...]float64{step.one, step.five, step.ft, step.mean} {
			if !near(got[i], want) {
				t.Errorf("at %d s: the rates of 1, 5 and 15 minutes and the mean are %v, want %v at index %d", step.at, got, want, i)
			}
		}
	}
}

func TestMeter_RatesAreNeverNegativeWhateverTheClockDoes(t *testing.T) {
	m := &Meter{}
	at := 1_700_000_000 * second
	m.Mark(100, at, at+10*second)
	for _, jump := range []int64{10, -3600, 10, 10, 40 * 365 * 86400, 10, -40 * 365 * 86400, 0, 0, 10, 10} {
		start := at
		at += jump * second
		m.Mark(100, start, at)
		for _, rate := range append(slices.Clone(m.averages[:]), m.MeanRate()) {
			if !(rate >= 0 && rate <= 100) {
				t.Fatalf("after a jump of %d s: rates %v, mean %v", jump, m.averages, m.MeanRate())
			}
		}
	}
}

// After the clock was set back by an hour, the rates include new events at once.
func TestMeter_GoesOnAfterTheClockWasSetBack(t *testing.T) {
	m := &Meter{}
	at := 1_700_000_000 * second
	for range 100 {
		m.Mark(50, at, at+10*second)
		at += 10 * second
	}
	at -= 3600 * second
	for range 100 {
		m.Mark(100, at, at+10*second)
		at += 10 * second
	}
	if m.averages[0] < 9.9 || m.averages[0] > 10.1 || m.MeanRate() < 7 || m.MeanRate() > 8 {
		t.Errorf("one minute %v, mean %v, want 10 and 7.5", m.averages[0], m.MeanRate())
	}
}

func TestMeter_StartsAtTheEndOfAnIntervalWithoutAStart(t *testing.T) {
	m := &Meter{}
	at := 1_700_000_000 * second
	m.Mark(1e9, 0, at) // the start of the interval is unknown
	m.Mark(50, 0, at+10*second)
	if m.averages != [3]float64{5, 5, 5} || m.MeanRate() != 5 {
		t.Errorf("rates %v, mean %v, want 5", m.averages, m.MeanRate())
	}
	m.Mark(1, 0, 0) // neither its start nor its end is known
	if m.averages != [3]float64{5, 5, 5} {
		t.Errorf("rates %v after a point without a time, want 5", m.averages)
	}
	if (&Meter{}).MeanRate() != 0 {
		t.Error("a meter without an interval has a rate")
	}
}

func TestMeter_Restart_RestartsTheMean(t *testing.T) {
	m := &Meter{}
	at := 1_700_000_000 * second
	m.Mark(1000, at, at+100*second)
	m.Restart(at+90*second, at+120*second)
	m.Mark(30, at+90*second, at+120*second)
	if m.MeanRate() != 1 {
		t.Errorf("mean %v, want 30 in 30 s", m.MeanRate())
	}
	m.Restart(at, at+130*second)
	m.Restart(at+1000*second, at+130*second)
	if m.MeanRate() != 1 {
		t.Errorf("mean %v after restarts at the old and at a future start, want 1", m.MeanRate())
	}
}

func FuzzMeter(f *testing.F) {
	f.Add([]byte{10, 5, 10, 0, 3, 200, 60, 1})
	f.Add([]byte{0, 9, 255, 9, 128, 9})
	f.Fuzz(func(t *testing.T, steps []byte) {
		m, at, most := &Meter{}, 1_700_000_000*second, 0.0
		for len(steps) >= 2 {
			elapsed, n := int64(steps[0])*second/4, float64(steps[1])
			steps = steps[2:]
			m.Mark(n, at, at+elapsed)
			at += elapsed
			most += n
			// No rate exceeds the rate of all events in the shortest interval, a quarter of a
			// second.
			for _, rate := range append(slices.Clone(m.averages[:]), m.MeanRate()) {
				if !(rate >= 0 && rate <= 4*most) {
					t.Fatalf("%v events: rates %v, mean %v", most, m.averages, m.MeanRate())
				}
			}
		}
	})
}
