// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"errors"
	"fmt"
	"testing"

	"github.com/apptuitai/apptuit-go/internal/model"
)

func TestCollision_FirstPointWins(t *testing.T) {
	type from struct{ scope, version, name, attributes string }
	for name, c := range map[string]struct {
		points []from
		error  string
	}{
		"one instrument twice": {
			points: []from{{"s", "", "n", "k=v"}, {"s", "", "n", "k=v"}},
			error:  `two points of "n" (scope "s") render to one series and timestamp: the first is sent`,
		},
		"names with the same sanitized name": {
			points: []from{{"s", "", "a.b", "k=v"}, {"s", "", "a_b", "k=v"}},
			error:  `"a.b" (scope "s") and "a_b" (scope "s") render to one series and timestamp: only the former is sent`,
		},
		"one name in two scopes": {
			points: []from{{"s", "", "n", "k=v"}, {"t", "2.0", "n", "k=v"}},
			error:  `"n" (scope "s") and "n" (scope "t@2.0") render to one series and timestamp: only the former is sent`,
		},
		"keys with the same sanitized key": {
			points: []from{{"s", "", "n", "a.b=v"}, {"s", "", "n", "a_b=v"}},
			error:  `two points of "n" (scope "s") render to one series and timestamp: the first is sent`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, Config{})
			walk := func() {
				for value, p := range c.points {
					i := h.Scope(p.scope, p.version, "", "", noTags).Instrument(InstrumentSpec{Name: p.name, Kind: Sum}, 0)
					h.Number(h.point(i, p.attributes), stamp, model.Int(int64(value)))
				}
			}
			r := h.export(walk)
			if len(r.points) != 1 || len(r.rejects) != 1 || r.rejects[0].Err == nil || r.rejects[0].Err.Error() != c.error {
				t.Fatalf("points %v, rejections %+v, want one each: %s", r.points, r.rejects, c.error)
			}
			if got := fmt.Sprintf("%s%s %v", r.rejects[0].Metric, tagsText(r.rejects[0].Tags), r.rejects[0].Value.Float64()); got == r.points[0] {
				t.Errorf("the rejected point is the one that was sent: %s", got)
			}
			r = h.export(walk)
			wantRejects(t, r, "known")
			if len(r.points) != 1 {
				t.Errorf("points %v, want one again", r.points)
			}
		})
	}
}

func TestCollision_OnlyAtEqualTimestamps(t *testing.T) {
	h := newHarness(t, Config{})
	for range 2 {
		r := h.export(func() {
			for _, ts := range []int64{stamp, stamp + 2, stamp + 1, stamp, stamp + 1, stamp + 2} {
				h.Number(h.point(h.instrument("n", Sum), "k=v"), ts, model.Int(ts))
			}
		})
		wantPoints(
			t, r,
			fmt.Sprintf("n{k=v} %d", stamp),
			fmt.Sprintf("n{k=v} %d @%d", stamp+2, stamp+2), fmt.Sprintf("n{k=v} %d @%d", stamp+1, stamp+1),
		)
		if len(r.rejects) != 3 {
			t.Errorf("%d rejections, want 3", len(r.rejects))
		}
	}
}

// Two histograms with the same name collide in each line. The collision is reported once.
func TestCollision_OfHistogramsIsReportedOnce(t *testing.T) {
	h := newHarness(t, Config{})
	r := h.export(func() {
		for _, name := range []string{"h.a", "h_a"} {
			h.Histogram(h.point(h.instrument(name, Histogram), "k=v"), stamp, &HistogramPoint{Count: 1, Bounds: []float64{1}, Buckets: []uint64{1, 0}})
		}
	})
	wantPoints(t, r, "h_a_bucket{k=v,le=1} 1", "h_a_bucket{k=v,le=+Inf} 1", "h_a_count{k=v} 1")
	wantRejects(
		t, r,
		`h_a_count{k=v} 1: "h.a" (scope "scope@1.0") and "h_a" (scope "scope@1.0") render to one series and timestamp: only the former is sent`,
		"known", "known",
	)
}

// If the name of an instrument equals the name of another instrument with a suffix, only the equal
// line is rejected.
func TestCollision_NameMayEqualANameWithASuffix(t *testing.T) {
	h := newHarness(t, Config{})
	r := h.export(func() {
		h.number("h.count", "k=v", model.Int(1))
		h.Histogram(h.point(h.instrument("h", Histogram), "k=v"), stamp, &HistogramPoint{})
	})
	wantPoints(t, r, "h_count{k=v} 1", "h_bucket{k=v,le=+Inf} 0")
	var collision CollisionError
	if len(r.rejects) != 1 || !errors.As(r.rejects[0].Err, &collision) ||
		collision.Winner.Instrument != "h.count" || collision.Loser.Instrument != "h" {
		t.Errorf("rejections %+v", r.rejects)
	}
}

// The first point is sent even if the budget has no room for the second point.
func TestCollision_FirstPointWinsWithoutRoom(t *testing.T) {
	budget := NewBudget(1 << 20)
	h := newHarness(t, Config{}, budget)
	h.export(func() { h.number("a.b", "k=v", model.Int(1)) })
	taken := budget.limit - budget.Used()
	if !budget.Take(taken) {
		t.Fatal("the budget cannot be filled")
	}
	defer budget.Take(-taken)
	walk := func() {
		h.number("a.b", "k=v", model.Int(1))
		h.number("a_b", "k=v", model.Int(2))
		h.number("a-b", "k=v", model.Int(3))
	}
	r := h.export(walk)
	wantPoints(t, r, "a_b{k=v} 1")
	if len(r.rejects) != 2 || r.rejects[0].Reported || r.rejects[1].Reported {
		t.Errorf("rejections %+v, want two that were not reported before", r.rejects)
	}
	wantRejects(t, h.export(walk), "known", "known")
}
