// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/histogram"
	"github.com/apptuitai/apptuit-go/internal/wire"
)

// reporting is a harness of the reporter layout. Each of its exports is ten
// seconds after the one before.
type reporting struct {
	*harness
	step int64
}

func newReporting(t testing.TB, r Reporter, budget *wire.Budget) *reporting {
	if r.Unit == 0 {
		r.Unit = time.Second
	}
	return &reporting{harness: newHarness(t, Config{Layout: Layout{Reporter: &r}, Budget: budget, Base: []wire.Tag{{Key: "host", Value: "web1"}}})}
}

// seen is a point that an export has: one of its fields.
type seen struct {
	name, unit, attributes string
	delta                  bool
	explicit               *HistogramPoint
	exponential            *ExponentialPoint
	number                 wire.Value
	start                  int64 // of a cumulative stream, in seconds
}

func (s seen) spec() InstrumentSpec {
	spec := InstrumentSpec{Name: s.name, Unit: s.unit, Kind: Sum, Monotonic: true}
	if s.explicit != nil {
		spec.Kind = Histogram
	}
	if s.exponential != nil {
		spec.Kind = Exponential
	}
	return spec
}

// run is one export of points, ten seconds after the one before.
func (r *reporting) run(points ...seen) *recorder {
	r.t.Helper()
	r.step++
	r.time = time.Unix(stamp+10*r.step, 0)
	end := (stamp + 10*r.step) * second
	return r.export(func() {
		var found []*Instrument[string]
		for _, p := range points {
			found = append(found, r.Scope("scope", "1.0", "", "", noTags).Instrument(p.spec()))
		}
		r.Observe(r.time, end, func() {
			for n, p := range points {
				span := Span{Start: (stamp + p.start) * second, End: end, Delta: p.delta}
				if p.delta {
					span.Start = end - 10*second
				}
				switch i := found[n]; {
				case !i.Observed(p.delta):
				case p.explicit != nil:
					r.ObserveHistogram(i, p.attributes, span, p.explicit)
				case p.exponential != nil:
					r.ObserveExponential(i, p.attributes, span, p.exponential)
				default:
					r.ObserveNumber(i, p.attributes, span, p.number)
				}
			}
		})
		for n, p := range points {
			if at := r.point(found[n], p.attributes); found[n].Observed(p.delta) {
				r.Reading(at, stamp)
			} else {
				r.Number(at, stamp, p.number)
			}
		}
		for p, at := range r.Idle {
			r.Reading(p, at/second)
		}
	})
}

// wantValues compares some of the points, by the suffix of their names: "count 3", or
// "count" if there must be none.
func wantValues(t *testing.T, r *recorder, want ...string) {
	t.Helper()
	var names []string
	for _, w := range want {
		name, _, _ := strings.Cut(w, " ")
		names = append(names, name)
	}
	var got []string
	for _, p := range r.points {
		series, value, _ := strings.Cut(p, " ")
		metric, _, _ := strings.Cut(series, "{")
		if name := strings.TrimPrefix(metric, "t_"); slices.Contains(names, name) {
			got = append(got, name+" "+value)
		}
	}
	want = slices.DeleteFunc(want, func(w string) bool { return !strings.Contains(w, " ") })
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("points (-want +got):\n%s", diff)
	}
}

// of is an exponential histogram of values, as it is recorded in an interval.
func of(values ...float64) *ExponentialPoint { return recorded(20, values) }

// recorded is an exponential histogram of values above 0.
func recorded(scale int32, values []float64) *ExponentialPoint {
	index := func(v float64) int32 { return int32(math.Ceil(math.Ldexp(math.Log2(v), int(scale)))) - 1 }
	first, last := index(slices.Min(values)), index(slices.Max(values))
	h := &ExponentialPoint{
		Count: uint64(len(values)), Min: set(wire.Float(slices.Min(values))), Max: set(wire.Float(slices.Max(values))),
		Scale: scale, Positive: histogram.Buckets{Offset: first, Counts: make([]uint64, last-first+1)},
	}
	total := 0.0
	for _, v := range values {
		h.Positive.Counts[index(v)-first]++
		total += v
	}
	h.Sum = set(wire.Float(total))
	return h
}

func TestCountsAndSumsGoOn(t *testing.T) {
	h := newReporting(t, Reporter{}, nil)
	wantValues(t, h.run(seen{name: "t", unit: "s", delta: true, exponential: of(1, 2)}), "count 2", "sum 3.0", "avg 1.5", "min 1.0", "max 2.0", "mean_rate 0.2")
	wantValues(t, h.run(seen{name: "t", unit: "s", delta: true, exponential: of(5)}), "count 3", "sum 8.0", "avg 5.0", "min 5.0", "max 5.0", "std_dev 0.0", "mean_rate 0.15")
	// Another instrument, by unit or kind, has counts of its own.
	wantValues(t, h.run(seen{name: "t", unit: "ms", delta: true, exponential: of(4000)}), "count 1", "sum 4.0", "avg 4.0", "999_percentile 4.0")
}

// Without observations counts, sums and rates go on, an interval later, and the
// rest has nothing to say.
func TestPointsWithoutObservations(t *testing.T) {
	h := newReporting(t, Reporter{}, nil)
	h.run(seen{name: "t", unit: "s", delta: true, exponential: of(1, 2)})
	wantPoints(t, h.run()) // they might come with another part of this collection
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
	// Exports that do not come are intervals, too; of those one is reported.
	h.step += 6
	r := h.run()
	if len(r.points) != 6 || !strings.HasSuffix(r.points[0], "@"+itoa(stamp+10*(h.step-1))) {
		t.Errorf("after a gap: %v", r.points)
	}
}

func itoa(n int64) string { return string(wire.Int(n).Append(nil)) }

// After StateTime a series is forgotten: its count begins anew.
func TestSeriesAreForgotten(t *testing.T) {
	h := newReporting(t, Reporter{}, nil)
	empty := h.Bytes()
	h.run(seen{name: "t", unit: "s", delta: true, exponential: of(1, 2)})
	held := h.memory.held
	for range int64(StateTime/(10*time.Second)) + 1 {
		h.run()
	}
	if len(h.memory.ledgers) != 0 || len(h.memory.order) != 0 || h.memory.held != 0 || held == 0 {
		t.Errorf("%d instruments are remembered, %d bytes; there were %d", len(h.memory.ledgers), h.memory.held, held)
	}
	wantPoints(t, h.run())
	wantValues(t, h.run(seen{name: "t", unit: "s", delta: true, exponential: of(1)}), "count 1")
	h.memory.close()
	if used := h.cfg.Budget.Used(); used != h.Bytes() || h.Bytes() < empty {
		t.Errorf("%d bytes are in use after the end, %d of them by series", used, h.Bytes())
	}
}

// A cumulative series that has gone is not reported, and soon forgotten.
func TestCumulativeSeriesThatGo(t *testing.T) {
	h := newReporting(t, Reporter{Meters: true}, nil)
	h.run(seen{name: "t", number: wire.Int(5)})
	for range int64(IdleTime / (10 * time.Second)) {
		wantPoints(t, h.run())
	}
	if len(h.memory.ledgers) != 0 {
		t.Error("a meter is remembered that has gone")
	}
}

func TestResetsGiveNoNegativeRates(t *testing.T) {
	h := newReporting(t, Reporter{Meters: true}, nil)
	for n, p := range []seen{
		{number: wire.Int(100)},
		{number: wire.Int(200)},
		{number: wire.Int(7)},
		{number: wire.Int(9), start: 35},
		{number: wire.Int(9), start: 35},
		{number: wire.Float(0.5), start: 60},
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
	wantValues(t, h.run(seen{name: "t", number: wire.Int(10), start: 60}), "mean_rate 1.0") // 10 in the 10 s since 60
}

// Of cumulative histograms, what is new in the interval is reported; one that has
// begun anew, by its start or by what it has less of, is new.
func TestCumulativeHistograms(t *testing.T) {
	h := newReporting(t, Reporter{}, nil)
	run := func(e *ExponentialPoint, start int64) *recorder {
		return h.run(seen{name: "t", unit: "s", exponential: e, start: start})
	}
	wantValues(t, run(recorded(3, []float64{1, 2, 50}), 0), "count 3", "sum 53.0", "max 50.0", "avg 17.666666666666668")
	// 3, at a lower scale: neither the least nor the greatest of all, but the only new one.
	wantValues(t, run(recorded(1, []float64{1, 2, 3, 50}), 0), "count 4", "sum 56.0", "avg 3.0", "min 3.0", "max 3.0", "50_percentile 3.0", "std_dev 0.0")
	// 0.5 is the least of all.
	wantValues(t, run(recorded(1, []float64{0.5, 1, 2, 3, 50}), 0), "count 5", "avg 0.5", "min 0.5", "max 0.5")
	wantValues(t, run(recorded(1, []float64{0.5, 1, 2, 3, 50}), 0), "count 5", "sum 56.5", "avg", "min", "std_dev") // nothing new
	wantValues(t, run(recorded(5, []float64{4, 6}), 35), "count 2", "sum 10.0", "avg 5.0", "min 4.0", "max 6.0")
	wantValues(t, run(recorded(5, []float64{4}), 35), "count 1", "avg 4.0", "min 4.0", "max 4.0")
	// Two new ones, of which nothing is known but the buckets: (4, 5.66] and (8, 11.3].
	r := run(recorded(1, []float64{0.1, 4, 5, 9, 100}), 60)
	wantValues(t, r, "count 5")
	r = run(recorded(1, []float64{0.1, 4, 5, 5, 9, 9, 100}), 60)
	wantValues(t, r, "count 7", "avg 7.0", "min 4.68629150101524", "max 9.37258300203048")
}

// Without room for a state, what is of the interval is reported, and what would need
// a memory is rejected, once by name.
func TestNoRoomForStates(t *testing.T) {
	h := newReporting(t, Reporter{Meters: true}, wire.NewBudget(100))
	for n := range 2 {
		r := h.run(
			seen{name: "t", unit: "s", delta: true, exponential: of(1, 2)}, seen{name: "m", number: wire.Int(5)}, seen{name: "d", number: wire.Int(5), delta: true},
			seen{name: "c", unit: "s", exponential: of(1, 2)},
		)
		wantValues(t, r, "avg 1.5", "min 1.0", "max 2.0", "99_percentile 2.0", "m_count 5", "c_count 2", "c_sum 3.0")
		for _, name := range []string{"t_count", "t_1m_rate", "m_mean_rate", "d_count", "c_avg", "c_min"} {
			if slices.ContainsFunc(r.points, func(p string) bool { return strings.HasPrefix(p, name+"{") }) {
				t.Errorf("%s is reported: %v", name, r.points)
			}
		}
		reported := slices.DeleteFunc(r.rejects, func(j Rejection) bool { return j.Known })
		if n == 0 && len(reported) != 4 || n == 1 && len(reported) != 0 {
			t.Errorf("export %d: rejections %+v, want one of each point", n, reported)
		}
	}
	if used := h.cfg.Budget.Used(); used > 100 {
		t.Errorf("%d bytes are in use", used)
	}
}

// A series that comes when the memory is full takes the place of those that have not
// come for IdleTime.
func TestRoomOfThoseThatHaveGone(t *testing.T) {
	h := newReporting(t, Reporter{}, wire.NewBudget(1<<20))
	h.memory.budget = wire.NewBudget(3*ledgerOverhead + 2*stateOverhead)
	a, b, c := seen{name: "a", unit: "s", delta: true, exponential: of(1)}, seen{name: "b", unit: "s", delta: true, exponential: of(1)}, seen{name: "t", unit: "s", delta: true, exponential: of(1)}
	h.run(a, b)
	for range int64(IdleTime/(10*time.Second)) - 1 {
		h.run(a)
	}
	if r := h.run(a, c); len(r.rejects) != 0 {
		t.Errorf("rejections %+v, want the place of b", r.rejects)
	}
	wantValues(t, h.run(a, c), "count 2", "a_count 32")
	if used := h.memory.budget.Used(); used != h.memory.held {
		t.Errorf("%d bytes are in use, %d are accounted for", used, h.memory.held)
	}
}

// A histogram of cumulative temporality whose last point there is no room for says
// nothing of its interval.
func TestNoRoomForTheLastPoint(t *testing.T) {
	h := newReporting(t, Reporter{}, wire.NewBudget(1<<20))
	h.memory.budget = wire.NewBudget(ledgerOverhead + stateOverhead + 8)
	first := seen{name: "t", unit: "s", explicit: &HistogramPoint{Count: 2, Sum: set(wire.Int(3)), Bounds: []float64{1}, Buckets: []uint64{1, 1}}}
	h.run(first)
	r := h.run(first)
	wantValues(t, r, "count 2", "sum 3.0", "avg", "75_percentile")
	if len(r.rejects) == 0 {
		t.Error("nothing is said of what is missing")
	}
	h.memory.budget = wire.NewBudget(1 << 20)
	h.run(first)
	first.explicit = &HistogramPoint{Count: 3, Sum: set(wire.Int(7)), Bounds: []float64{1}, Buckets: []uint64{1, 2}}
	wantValues(t, h.run(first), "count 3", "avg 4.0")
}

const second = int64(time.Second)
