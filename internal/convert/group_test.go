// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// A group gives the points that single series would, whatever the tags are:
// before, after and around ours.
func TestGroupsAreLikeSingleSeries(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	keys := []string{"a", "k", "ld", "le", "lf", "quantil", "quantile", "quantilf", "z", "exported_le", "ключ"}
	base := []model.Tag{{Key: "host", Value: "web1"}}
	for range 300 {
		var attributes []string
		for _, key := range keys {
			if random.IntN(3) == 0 {
				attributes = append(attributes, key+"="+strings.Repeat(`"\é`, random.IntN(3))+fmt.Sprint(random.IntN(3)))
			}
		}
		slices.Sort(attributes)
		text := strings.Join(attributes, ",")
		bounds := []float64{0.1, 2, 30}[:random.IntN(4)]
		h := HistogramPoint{Count: 9, Sum: set(model.Float(7)), Min: set(model.Int(1)), Bounds: bounds, Buckets: make([]uint64, len(bounds)+1)}
		s := SummaryPoint{Count: 2, Quantiles: []float64{0, 0.5, 1}, Values: []float64{1, 2, 3}}
		convert := func(contested bool) []string {
			c := newHarness(t, Config{Base: base, Names: Names{Prefix: "p."}})
			var r *recorder
			for range 2 { // new, then known
				r = c.export(func() {
					hi, si := c.instrument("h", Histogram), c.instrument("s", Summary)
					hi.contested, si.contested = contested, contested
					c.Histogram(c.point(hi, text), stamp, &h)
					c.Summary(c.point(si, text), stamp, &s)
				})
				wantRejects(t, r)
			}
			return slices.Sorted(slices.Values(r.points))
		}
		if diff := cmp.Diff(convert(true), convert(false)); diff != "" {
			t.Fatalf("%s (-single +group):\n%s", text, diff)
		}
	}
}

// A number that is named as a series of a histogram is collides with it, whichever
// comes first, also if it is new while the histogram is known.
func TestNumbersNamedAsPartsOfGroups(t *testing.T) {
	histogram := HistogramPoint{Count: 3, Sum: set(model.Int(7)), Bounds: []float64{1}, Buckets: []uint64{1, 2}}
	for _, tt := range []struct{ name, attributes, collides string }{
		{"h.count", "k=v", "h_count{k=v}"},
		{"h.sum", "k=v", "h_sum{k=v}"},
		{"h.bucket", "k=v,le=1", "h_bucket{k=v,le=1}"},
		{"h.bucket", "k=v,le=2", ""},
		{"h.sum", "k=w", ""},
		{"h.max", "k=v", ""},
	} {
		for _, order := range []string{"number first", "histogram first", "histogram known"} {
			h := newHarness(t, Config{})
			walk := func(number bool) func() {
				return func() {
					i := h.instrument("h", Histogram)
					var n *Instrument[string]
					if number {
						n = h.instrument(tt.name, Sum)
					}
					if number && order == "number first" {
						h.Number(h.point(n, tt.attributes), stamp, model.Int(100))
					}
					h.Histogram(h.point(i, "k=v"), stamp, &histogram)
					if number && order != "number first" {
						h.Number(h.point(n, tt.attributes), stamp, model.Int(100))
					}
				}
			}
			if order == "histogram known" {
				h.export(walk(false))
			}
			for range 2 {
				r := h.export(walk(true))
				want := 5
				if tt.collides != "" {
					want = 4
				}
				if rejected := 5 - want; len(r.points) != want || len(r.rejects) != rejected {
					t.Errorf("%s, %s: %d points and %d rejections, want %d and %d", tt.name, order, len(r.points), len(r.rejects), want, rejected)
				}
				if series := seriesOfPoints(r); len(series) != len(r.points) {
					t.Errorf("%s, %s: a series is there twice: %v", tt.name, order, r.points)
				}
			}
		}
	}
}

func seriesOfPoints(r *recorder) map[string]bool {
	series := map[string]bool{}
	for _, p := range r.points {
		name, _, _ := strings.Cut(p, " ")
		series[name] = true
	}
	return series
}

// Two histograms that render alike: all of the second one's points are rejected,
// for its buckets would mix with those of the first.
func TestGroupsCollideWhole(t *testing.T) {
	h := newHarness(t, Config{})
	walk := func() {
		for i, name := range []string{"h.a", "h_a"} {
			p := HistogramPoint{Count: uint64(i), Bounds: []float64{float64(i)}, Buckets: []uint64{1, 0}}
			h.Histogram(h.point(h.instrument(name, Histogram), "k=v"), stamp, &p)
		}
	}
	for range 2 {
		r := h.export(walk)
		wantPoints(t, r, "h_a_count{k=v} 0", "h_a_bucket{k=v,le=0} 1", "h_a_bucket{k=v,le=+Inf} 1")
		if len(r.rejects) != 3 {
			t.Errorf("%d rejections, want 3", len(r.rejects))
		}
	}
}

// A group takes about as much as a number, however many series it has.
func TestGroupsAreSmall(t *testing.T) {
	held := func(kind Kind, n int) int64 {
		h := newHarness(t, Config{})
		p := HistogramPoint{Bounds: []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}, Buckets: make([]uint64, 10)}
		h.export(func() {
			for i := range n {
				at := h.point(h.instrument("h", kind), fmt.Sprintf("k=%04d", i))
				if kind == Histogram {
					h.Histogram(at, stamp, &p)
				} else {
					h.Number(at, stamp, model.Int(1))
				}
			}
		})
		return h.Bytes()
	}
	number, histogram := held(Sum, 101)-held(Sum, 1), held(Histogram, 101)-held(Histogram, 1)
	if histogram > number*5/4 {
		t.Errorf("100 histograms take %d bytes, 100 numbers %d", histogram, number)
	}
}

// Also if its quantiles repeat, which makes single series of it.
func TestGroupsWithRepeatedLabelsCollideWhole(t *testing.T) {
	h := newHarness(t, Config{})
	once, twice := []float64{0.5, 0.9}, []float64{0.5, 0.5}
	r := h.export(func() {
		h.Summary(h.point(h.instrument("s.a", Summary), "k=v"), stamp, &SummaryPoint{Quantiles: once, Values: once})
		h.Summary(h.point(h.instrument("s_a", Summary), "k=v"), stamp, &SummaryPoint{Quantiles: twice, Values: twice})
	})
	wantPoints(t, r, "s_a_count{k=v} 0", "s_a{k=v,quantile=0.5} 0.5", "s_a{k=v,quantile=0.9} 0.9")
	if len(r.rejects) != 3 {
		t.Errorf("%d rejections, want 3: the count and both quantiles", len(r.rejects))
	}
}
