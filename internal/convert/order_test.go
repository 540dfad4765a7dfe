// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// sourced is a sink that keeps what came and whose it was.
type sourced struct {
	recorder
	of     *uint32
	source []uint32
}

func (s *sourced) Append(series *put.Series, ts int64, v model.Value) {
	s.source = append(s.source, *s.of)
	s.recorder.Append(series, ts, v)
}

// ofThree are attributes whose neighbours differ in all three tags.
func ofThree(n int) string { return fmt.Sprintf("a=%d,b=%d,c=%d", n%2, n%40, n*7%200) }

// walkAll exports points in an order, and returns what came out. The value of point n
// is its number, and so is its source.
func walkAll(h *harness, order []int) *sourced {
	h.t.Helper()
	s := &sourced{of: &h.source}
	h.Begin(s, &h.source, h.time)
	i := h.instrument("n", Sum)
	for _, n := range order {
		h.source = uint32(n)
		h.Number(h.point(i, ofThree(n)), stamp, model.Int(int64(n)))
	}
	h.Settle()
	h.End()
	return s
}

func numbersUpTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// From the second export on, points that are alike come after each other, in
// whatever order they are given.
func TestNumbersAreSentInOrderOfLikeness(t *testing.T) {
	h := newHarness(t, Config{})
	given := walkAll(h, numbersUpTo(200)).points
	random := rand.New(rand.NewPCG(1, 2))
	var order []string
	for range 3 {
		s := walkAll(h, random.Perm(200))
		if order != nil && !slices.Equal(s.points, order) {
			t.Error("another order of what is given gives another order on the wire")
		}
		order = s.points
		wantPoints(t, &s.recorder, given...)
	}
	changes := 0 // of the tag that has two values
	for n := range order[1:] {
		if !strings.HasPrefix(order[n+1], order[n][:len("n{a=0")]) {
			changes++
		}
	}
	if changes != 1 {
		t.Errorf("the tag that differs least often changes %d times", changes)
	}
}

// A point comes with its own value and source, whatever comes and goes.
func TestHeldValuesAreTheirOwn(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	h := newHarness(t, Config{})
	for round := range 60 {
		h.time = h.time.Add(time.Minute)
		from, part := 10*round, random.Perm(100) // each round some are new, and some have gone
		part = part[:1+random.IntN(100)]
		for i := range part {
			part[i] += from
		}
		s := walkAll(h, part)
		if len(s.points) != len(part) || len(s.rejects) > 0 {
			t.Fatalf("round %d: %d points and %d rejections of %d", round, len(s.points), len(s.rejects), len(part))
		}
		for i, p := range s.points {
			n := int(s.source[i])
			if want := fmt.Sprintf("n{%s} %d", ofThree(n), n); p != want || !slices.Contains(part, n) {
				t.Fatalf("round %d: %s came from %d, want %s", round, p, n, want)
			}
		}
	}
}

// Of two points of one series the one that is given first stands, whether the one
// or the other is held back.
func TestTheFirstOfOneSeriesStands(t *testing.T) {
	twin := ofThree(5) + ",d=" // a tag without a value: the series of number 5
	var h *harness
	for name, order := range map[string][]string{"held first": {ofThree(5), twin}, "held last": {twin, ofThree(5)}, "twice": {ofThree(5), ofThree(5)}} {
		h = newHarness(t, Config{})
		for range 3 {
			walkAll(h, numbersUpTo(100))
		}
		r := h.export(func() {
			for v, attributes := range order {
				h.number("n", ofThree(7), model.Int(70))
				h.number("n", attributes, model.Int(int64(v)))
			}
		})
		if !slices.Contains(r.points, "n{"+ofThree(5)+"} 0") || slices.Contains(r.points, "n{"+ofThree(5)+"} 1") {
			t.Errorf("%s: %v", name, r.points)
		}
		if len(r.points) != 2 || len(r.rejects) != 2 || r.repeats != 1 {
			t.Errorf("%s: %d points, %d rejections, %d times said that series repeat", name, len(r.points), len(r.rejects), r.repeats)
		}
	}
	// A twin that is new and comes first is sent first, without others between them.
	h = newHarness(t, Config{})
	walkAll(h, numbersUpTo(100))
	wantPoints(t, h.export(func() {
		h.number("n", twin, model.Int(0))
		h.number("n", ofThree(5), model.Int(1))
	}), "n{"+ofThree(5)+"} 0")
	// A histogram that comes after a number finds it sent.
	r := h.export(func() {
		h.number("n", ofThree(5), model.Int(1))
		h.number("n_count", "k=v", model.Int(2))
		h.Histogram(h.point(h.instrument("n", Histogram), "k=v"), stamp, &HistogramPoint{Count: 3})
	})
	wantPoints(t, r, "n{"+ofThree(5)+"} 1", "n_count{k=v} 2")
}

// An order costs bytes of the budget, which it gives back. In whatever room there is,
// all points come.
func TestOrdersAreCharged(t *testing.T) {
	budget := put.NewBudget(1 << 20)
	h := newHarness(t, Config{Budget: budget})
	walkAll(h, numbersUpTo(100))
	i := h.instrument("n", Sum)
	if got := i.order.cost; got != 100*slotOverhead {
		t.Errorf("the order of 100 points costs %d bytes", got)
	}
	whole := budget.Used()
	h.time = h.time.Add(2 * IdleTime)
	h.export(func() {})
	if budget.Used() != 0 {
		t.Errorf("%d bytes are left", budget.Used())
	}
	for limit := int64(0); limit <= 2*whole; limit += 500 {
		tight := put.NewBudget(limit)
		h := newHarness(t, Config{Budget: tight})
		for n := range 5 {
			s := walkAll(h, numbersUpTo(100))
			if len(s.points) != 100 || len(s.rejects) > 0 || tight.Used() > limit {
				t.Errorf("export %d: %d points, %d rejections, %d bytes of %d", n, len(s.points), len(s.rejects), tight.Used(), limit)
			}
		}
		h.time = h.time.Add(2 * IdleTime)
		h.export(func() {})
		if tight.Used() != 0 {
			t.Errorf("%d bytes of %d are left", tight.Used(), limit)
		}
	}
}

// New points that come few at a time are put in order when they are many, and what
// has gone, or does not come any more, has no place for ever.
func TestOrdersFollowWhatComes(t *testing.T) {
	h := newHarness(t, Config{})
	of := func(from, n int) []int {
		all := numbersUpTo(n)
		for i := range all {
			all[i] += from
		}
		return all
	}
	most := 0
	for round := range 300 { // 5 of 200 are new each time
		h.time = h.time.Add(time.Second)
		s := walkAll(h, of(5*round, 200))
		if len(s.points) != 200 || len(s.rejects) > 0 {
			t.Fatalf("round %d: %d points, %d rejections", round, len(s.points), len(s.rejects))
		}
		o := &h.instrument("n", Sum).order
		if most = max(most, len(o.slots)+len(o.loose)); o.sent+len(o.loose) < 200 {
			t.Fatalf("round %d: %d points have a place, %d wait for one", round, o.sent, len(o.loose))
		}
	}
	if most > 600 {
		t.Errorf("%d places for 200 points", most)
	}
}

// panicking is a sink that panics at its second point.
type panicking struct{ recorder }

func (p *panicking) Append(s *put.Series, ts int64, v model.Value) {
	if p.recorder.Append(s, ts, v); len(p.points) == 2 {
		panic("no more")
	}
}

// Where each export has other points of many, all are given other places now and then,
// not every time.
func TestOrdersOfSparseExports(t *testing.T) {
	h := newHarness(t, Config{})
	random := rand.New(rand.NewPCG(13, 14))
	anew := 0
	for range 100 {
		o := &h.instrument("n", Sum).order
		since := o.since
		if walkAll(h, random.Perm(200)[:20]); o.since < since {
			anew++
		}
	}
	if anew > 3 {
		t.Errorf("%d times in 100 exports", anew)
	}
}

// panics begins an export of 100 numbers, and has it panic when they are sent, or
// leaves it before.
func (h *harness) panics(settle bool) {
	h.t.Helper()
	defer func() { _ = recover() }()
	h.Begin(&panicking{}, &h.source, h.time)
	for n := range 100 {
		h.number("n", ofThree(n), model.Int(-1))
	}
	if settle {
		h.Settle()
		h.t.Error("there was no panic")
	}
}

// What an export has left when it panicked, before it was sent or meanwhile, is in no
// other one.
func TestNothingIsLeftOfAPanic(t *testing.T) {
	h := newHarness(t, Config{})
	for range 3 {
		walkAll(h, numbersUpTo(100))
	}
	for _, settle := range []bool{false, true} {
		h.panics(settle)
		s := walkAll(h, []int{7, 8, 9})
		wantPoints(t, &s.recorder, "n{"+ofThree(7)+"} 7", "n{"+ofThree(8)+"} 8", "n{"+ofThree(9)+"} 9")
	}
}

// Nor is anything left of points that were new in it: they are new again.
func TestNothingIsLeftOfNewPointsInAPanic(t *testing.T) {
	for _, settle := range []bool{false, true} {
		budget := put.NewBudget(1 << 20)
		h := newHarness(t, Config{Budget: budget})
		h.panics(settle)
		for range 2 {
			if s := walkAll(h, numbersUpTo(100)); len(s.points) != 100 || len(s.rejects) > 0 || slices.ContainsFunc(s.points, func(p string) bool { return strings.HasSuffix(p, " -1") }) {
				t.Errorf("%d points, %d rejections: %v", len(s.points), len(s.rejects), s.points)
			}
		}
		h.time = h.time.Add(2 * IdleTime)
		h.export(func() {})
		if budget.Used() != 0 {
			t.Errorf("%d bytes are left", budget.Used())
		}
	}
}

// A new point that is given twice, or whose series another one has, is sent as the
// first was given, in whatever place it waits.
func TestTheFirstOfNewPointsStands(t *testing.T) {
	for name, order := range map[string][2]string{"one point": {ofThree(5), ofThree(5)}, "one series": {ofThree(5), ofThree(5) + ",d="}, "the other way round": {ofThree(5) + ",d=", ofThree(5)}} {
		for _, many := range []int{0, 100} {
			h := newHarness(t, Config{})
			for range 3 {
				r := h.export(func() {
					for n := range many {
						if n != 5 {
							h.number("n", ofThree(n), model.Int(9))
						}
					}
					for v, attributes := range order {
						h.number("n", attributes, model.Int(int64(v)))
					}
				})
				want := "n{" + ofThree(5) + "} 0"
				if !slices.Contains(r.points, want) || len(r.points) != max(1, many) || len(r.rejects) != 1 || r.repeats != 1 {
					t.Errorf("%s, with %d others: %d points, %d rejections, said %d times that series repeat", name, many, len(r.points), len(r.rejects), r.repeats)
				}
			}
		}
	}
}
