// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/histogram"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

func TestObserver_AddsUpCountsAndSums(t *testing.T) {
	h := newHarness(t, Layout{}, plenty)
	wantValues(t, h.run(seen{name: "t", unit: "s", delta: true, exponential: of(1, 2)}), "count 2", "sum 3.0", "avg 1.5", "min 1.0", "max 2.0", "mean_rate 0.2")
	wantValues(t, h.run(seen{name: "t", unit: "s", delta: true, exponential: of(5)}), "count 3", "sum 8.0", "avg 5.0", "min 5.0", "max 5.0", "std_dev 0.0", "mean_rate 0.15")
	// Another instrument, by unit or kind, has counts of its own.
	wantValues(t, h.run(seen{name: "t", unit: "ms", delta: true, exponential: of(4000)}), "count 1", "sum 4.0", "avg 4.0", "999_percentile 4.0")
}

// Counts, sums and rates of an idle series are sent one interval later, without
// statistics.
func TestObserver_IdleSeriesKeepCountsSumsAndRates(t *testing.T) {
	h := newHarness(t, Layout{}, plenty)
	h.run(seen{name: "t", unit: "s", delta: true, exponential: of(1, 2)})
	wantNothing(t, h.run()) // it may still come in another export of this collection
	for n := range 20 {
		r := h.run()
		if len(r.points) != 6 || !strings.Contains(r.points[0], "t_count{host=web1} 2 @") {
			t.Fatalf("without observations, interval %d: %v", n, r.points)
		}
		for _, p := range r.points {
			if _, at, _ := strings.Cut(p, "@"); at != itoa(stamp+10*(h.step-1)) {
				t.Fatalf("interval %d: %s is not of the one before", n, p)
			}
		}
	}
	wantValues(t, h.run(seen{name: "t", unit: "s", delta: true, exponential: of(3)}), "count 3", "sum 6.0", "avg 3.0")
	// If exports are missing too, only the last interval is sent.
	h.step += 6
	r := h.run()
	if len(r.points) != 6 || !strings.HasSuffix(r.points[0], "@"+itoa(stamp+10*(h.step-1))) {
		t.Errorf("after a gap: %v", r.points)
	}
}

func TestObserver_DropsIdleSeriesAfterStateTime(t *testing.T) {
	h := newHarness(t, Layout{}, plenty)
	h.run(seen{name: "t", unit: "s", delta: true, exponential: of(1, 2)})
	r, held := h.resource(), h.store.Used()
	for range int64(StateTime/(10*time.Second)) + 1 {
		h.run()
	}
	if len(r.instruments) != 0 || len(r.order) != 0 || r.held != 0 || h.store.Used() != 0 || held == 0 {
		t.Errorf("%d instruments are kept in %d bytes, there were %d", len(r.instruments), h.store.Used(), held)
	}
	wantNothing(t, h.run())
	wantValues(t, h.run(seen{name: "t", unit: "s", delta: true, exponential: of(1)}), "count 1")
}

// A cumulative series without data points has ended.
func TestObserver_DropsCumulativeSeriesAfterIdleTime(t *testing.T) {
	h := newHarness(t, Layout{Meters: allMeters}, plenty)
	h.run(seen{name: "t", number: model.Int(5)})
	for range int64(convert.IdleTime / (10 * time.Second)) {
		wantNothing(t, h.run())
	}
	if n := len(h.resource().instruments); n != 0 {
		t.Errorf("%d instruments are kept", n)
	}
}

func TestObserver_ResetsGiveNoNegativeRates(t *testing.T) {
	h := newHarness(t, Layout{Meters: allMeters}, plenty)
	for n, p := range []seen{
		{number: model.Int(100)},
		{number: model.Int(200)},
		{number: model.Int(7)},
		{number: model.Int(9), start: 35},
		{number: model.Int(9), start: 35},
		{number: model.Float(0.5), start: 60},
	} {
		p.name = "t"
		r := h.run(p)
		wantValues(t, r, "count "+string(p.number.Append(nil)))
		for _, line := range r.points {
			if strings.Contains(line, "} -") {
				t.Errorf("export %d: %s", n, line)
			}
		}
	}
	wantValues(t, h.run(seen{name: "t", number: model.Int(10), start: 60}), "mean_rate 1.0") // 10 in the 10 s since 60
}

// The statistics of a cumulative histogram are those of the interval. A histogram that was
// reset, as its start or a lower count shows, contains only observations of its interval.
func TestObserver_CumulativeHistogramsHaveStatisticsOfTheInterval(t *testing.T) {
	h := newHarness(t, Layout{}, plenty)
	run := func(e *histogram.Exponential, start int64) *recorder {
		return h.run(seen{name: "t", unit: "s", exponential: e, start: start})
	}
	wantValues(t, run(recorded(3, 1, 2, 50), 0), "count 3", "sum 53.0", "max 50.0", "avg 17.666666666666668")
	// 3, at a lower scale: neither the minimum nor the maximum of all, but the only
	// new value.
	wantValues(t, run(recorded(1, 1, 2, 3, 50), 0), "count 4", "sum 56.0", "avg 3.0", "min 3.0", "max 3.0", "50_percentile 3.0", "std_dev 0.0")
	// 0.5 is the minimum of all.
	wantValues(t, run(recorded(1, 0.5, 1, 2, 3, 50), 0), "count 5", "avg 0.5", "min 0.5", "max 0.5")
	wantValues(t, run(recorded(1, 0.5, 1, 2, 3, 50), 0), "count 5", "sum 56.5", "avg", "min", "std_dev") // nothing new
	wantValues(t, run(recorded(5, 4, 6), 35), "count 2", "sum 10.0", "avg 5.0", "min 4.0", "max 6.0")
	wantValues(t, run(recorded(5, 4), 35), "count 1", "avg 4.0", "min 4.0", "max 4.0")
	// Of the two new values only the buckets are known: (4, 5.66] and (8, 11.3].
	r := run(recorded(1, 0.1, 4, 5, 9, 100), 60)
	wantValues(t, r, "count 5")
	r = run(recorded(1, 0.1, 4, 5, 5, 9, 9, 100), 60)
	wantValues(t, r, "count 7", "avg 7.0", "min 4.68629150101524", "max 9.37258300203048")
}

// Statistics of an interval need no state with delta temporality. Values that need it
// are rejected, and reported once for each data point.
func TestObserver_WithoutRoomRejectsValuesThatNeedState(t *testing.T) {
	h := newHarness(t, Layout{Meters: allMeters}, 100)
	for n := range 2 {
		r := h.run(
			seen{name: "t", unit: "s", delta: true, exponential: of(1, 2)}, seen{name: "m", number: model.Int(5)}, seen{name: "d", number: model.Int(5), delta: true},
			seen{name: "c", unit: "s", exponential: of(1, 2)},
		)
		wantValues(t, r, "avg 1.5", "min 1.0", "max 2.0", "99_percentile 2.0", "m_count 5", "c_count 2", "c_sum 3.0")
		for _, name := range []string{"t_count", "t_1m_rate", "m_mean_rate", "d_count", "c_avg", "c_min"} {
			if slices.ContainsFunc(r.points, func(p string) bool { return strings.HasPrefix(p, name+"{") }) {
				t.Errorf("%s is sent: %v", name, r.points)
			}
		}
		reported := slices.DeleteFunc(r.rejects, func(j put.Rejection) bool { return j.Reported })
		if n == 0 && len(reported) != 4 || n == 1 && len(reported) != 0 {
			t.Errorf("export %d: rejections %+v, want one of each data point", n, reported)
		}
		for _, j := range reported {
			if !errors.Is(j.Err, ErrNoRoom) {
				t.Errorf("rejected: %v", j.Err)
			}
		}
	}
	if used := h.store.Used(); used > 100 {
		t.Errorf("%d bytes are in use", used)
	}
}

// A new series takes the room of series that have been idle for convert.IdleTime.
func TestObserver_IdleSeriesMakeRoomForNewOnes(t *testing.T) {
	h := newHarness(t, Layout{}, 1<<20)
	h.store.budget = convert.NewBudget(3*instrumentOverhead + 2*stateOverhead)
	a, b, c := seen{name: "a", unit: "s", delta: true, exponential: of(1)}, seen{name: "b", unit: "s", delta: true, exponential: of(1)}, seen{name: "t", unit: "s", delta: true, exponential: of(1)}
	h.run(a, b)
	for range int64(convert.IdleTime/(10*time.Second)) - 1 {
		h.run(a)
	}
	if r := h.run(a, c); len(r.rejects) != 0 {
		t.Errorf("rejections %+v, want the room of b", r.rejects)
	}
	wantValues(t, h.run(a, c), "count 2", "a_count 32")
	if used := h.store.Used(); used != h.resource().held {
		t.Errorf("%d bytes are in use, %d are accounted for", used, h.resource().held)
	}
}

// If there was no room for the previous data point of a cumulative histogram, its
// interval has no statistics.
func TestObserver_WithoutThePreviousHistogramThereAreNoStatistics(t *testing.T) {
	h := newHarness(t, Layout{}, 1<<20)
	h.store.budget = convert.NewBudget(instrumentOverhead + stateOverhead + 8)
	first := seen{name: "t", unit: "s", explicit: &histogram.Explicit{Count: 2, Sum: 3, Extremes: histogram.NoExtremes(), Bounds: []float64{1}, Counts: []uint64{1, 1}}}
	h.run(first)
	r := h.run(first)
	wantValues(t, r, "count 2", "sum 3.0", "avg", "75_percentile")
	if len(r.rejects) == 0 {
		t.Error("no missing value is rejected")
	}
	h.resource().budget = convert.NewBudget(1 << 20)
	h.run(first)
	first.explicit = &histogram.Explicit{Count: 3, Sum: 7, Extremes: histogram.NoExtremes(), Bounds: []float64{1}, Counts: []uint64{1, 2}}
	wantValues(t, h.run(first), "count 3", "avg 4.0")
}

// A data point that comes twice in one export collides: its count is rejected, and it
// is counted once.
func TestObserver_CountsARepeatedDataPointOnce(t *testing.T) {
	h := newHarness(t, Layout{}, plenty)
	twice := seen{name: "t", unit: "s", delta: true, exponential: of(1, 2)}
	r := h.run(twice, twice)
	wantValues(t, r, "count 2", "sum 3.0")
	if len(r.rejects) != 1 || !r.rejects[0].Collision {
		t.Errorf("rejections %+v, want a collision", r.rejects)
	}
	wantValues(t, h.run(seen{name: "t", unit: "s", delta: true, exponential: of(3)}), "count 3", "sum 6.0")
}

// The lock of a resource is released if the walk panics.
func TestObserver_Observe_ReleasesTheLockAfterAPanic(t *testing.T) {
	h := newHarness(t, Layout{}, plenty)
	func() {
		defer func() { _ = recover() }()
		o := h.store.Observer("resource", h.conv(), time.Unix(stamp, 0))
		o.Observe(time.Unix(stamp, 0), 0, func() { panic("walk") })
	}()
	wantValues(t, h.run(seen{name: "t", unit: "s", delta: true, exponential: of(1, 2)}), "count 2")
}
