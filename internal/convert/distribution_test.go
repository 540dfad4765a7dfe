// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// linesOf returns the points that are expected for a distribution. The map fixed has the values of
// lines without a label by suffix. The map labels has the values of lines with a label by
// "key suffix" and label value.
func linesOf(metric string, tags []model.Tag, fixed map[string]string, labels map[string]map[string]string) (lines []string) {
	for suffix, value := range fixed {
		lines = append(lines, metric+suffix+tagsText(tags)+" "+value)
	}
	for label, values := range labels {
		key, suffix, _ := strings.Cut(label, " ")
		for at, value := range values {
			lines = append(lines, metric+suffix+tagsText(model.WithTag(nil, tags, model.Tag{Key: key, Value: at}))+" "+value)
		}
	}
	return lines
}

// Lines with a label have sorted tags, whether the keys of the data point sort before or after
// the key of the label, or equal it.
func TestDistributions_LabelsAreSortedAmongAnyTags(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	keys := []string{"a", "k", "ld", "le", "lf", "quantil", "quantile", "quantilf", "z", "exported_le", "ключ"}
	for _, form := range []Form{AsBuckets, AsQuantiles, AsBoth} {
		for range 200 {
			var tags []model.Tag
			for _, key := range keys {
				if random.IntN(3) == 0 {
					tags = append(tags, model.Tag{Key: key, Value: strings.Repeat(`"\é`, random.IntN(3)) + fmt.Sprint(random.IntN(3))})
				}
			}
			model.SortTags(tags)
			key := fmt.Sprint(tags)
			base := []model.Tag{{Key: "host", Value: "web1"}}
			all := model.MergeTags(nil, tags, base)
			h := newHarness(t, Config{Names: Names{Mode: encoding.SanitizeApptuit}, Layout: Layout{Histograms: form, Quantiles: []float64{0.25}}}, Tags{Base: base})
			var r *recorder
			for range 2 { // the first export adds the series, the second finds them
				r = h.export(func() {
					at := func(kind Kind, name string) Point[string] {
						i := h.instrument(name, kind)
						if p, ok := i.Lookup(key); ok {
							return p
						}
						return i.Add(key, slices.Clone(tags), false)
					}
					h.Histogram(at(Histogram, "h"), stamp, &HistogramPoint{
						Count: 4, Sum: set(model.Int(8)), Min: set(model.Int(2)), Max: set(model.Int(2)),
						Bounds: []float64{0.5, 2}, Buckets: []uint64{0, 4, 0},
					})
					h.Summary(at(Summary, "s"), stamp, &SummaryPoint{Count: 2, Quantiles: []float64{0, 1}, Values: []float64{1, 3}})
				})
				wantRejects(t, r)
			}
			labels := map[string]map[string]string{}
			if form != AsQuantiles {
				labels["le .bucket"] = map[string]string{"0.5": "0", "2": "4", "+Inf": "4"}
			}
			if form != AsBuckets {
				labels["quantile "] = map[string]string{"0.25": "2.0"}
			}
			want := linesOf("h", all, map[string]string{".count": "4", ".sum": "8", ".min": "2", ".max": "2"}, labels)
			want = append(want, linesOf("s", all, map[string]string{".count": "2"}, map[string]map[string]string{"quantile ": {"0": "1.0", "1": "3.0"}})...)
			wantPoints(t, r, want...)
		}
	}
}

// A number with the metric of a histogram's line collides with this line, in either order, even
// if the number is new and the histogram was exported before.
func TestDistributions_CollideWithNumbers(t *testing.T) {
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
					t.Errorf("%s, %s: a series has two points: %v", tt.name, order, r.points)
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

// If two histograms have the same series, all lines of the second histogram are rejected.
// Otherwise the buckets of the two histograms would be mixed.
func TestDistributions_CollideAsAWhole(t *testing.T) {
	h := newHarness(t, Config{})
	walk := func() {
		for i, name := range []string{"h.a", "h_a"} {
			p := HistogramPoint{Count: uint64(i + 1), Bounds: []float64{float64(i)}, Buckets: []uint64{1, 0}}
			h.Histogram(h.point(h.instrument(name, Histogram), "k=v"), stamp, &p)
		}
	}
	for range 2 {
		r := h.export(walk)
		wantPoints(t, r, "h_a_count{k=v} 1", "h_a_bucket{k=v,le=0} 1", "h_a_bucket{k=v,le=+Inf} 1")
		if len(r.rejects) != 3 {
			t.Errorf("%d rejections, want 3", len(r.rejects))
		}
	}
}

// A histogram takes about as much memory as a number, independently of its number of lines.
func TestDistributions_TakeLittleMemory(t *testing.T) {
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
		return h.bytes
	}
	number, histogram := held(Sum, 101)-held(Sum, 1), held(Histogram, 101)-held(Histogram, 1)
	if histogram > number*5/4 {
		t.Errorf("100 histograms take %d bytes, 100 numbers take %d bytes", histogram, number)
	}
}

// All lines of a summary collide, even if the summary has a quantile twice.
func TestDistributions_WithRepeatedLabelsCollideAsAWhole(t *testing.T) {
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
