// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// sparseTicks is the number of collections of the history: half an hour.
const sparseTicks = 120

// recorder records random values in the histogram of one series.
type recorder struct {
	metric string
	bounds []float64
	tags   attribute.Set
	draw   func(tick int) float64 // returns a value that is recorded in a tick
	counts []uint64
}

func (r *recorder) record(v float64) {
	i, _ := slices.BinarySearch(r.bounds, v)
	r.counts[i]++
}

// recorders returns series of latencies and temperatures. Some latencies are high, some become high, and
// some series restart. The temperatures are below zero at first.
func recorders(random *rand.Rand) (all []*recorder) {
	latencies := []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}
	for i, route := range []string{"/", "/cart", "/pay", "/search", "/login", "/export"} {
		for j, code := range []string{"200", "500"} {
			median := []float64{0.004, 0.02, 0.06, 0.3, 0.02, 2}[i] * []float64{1, 0.5}[j]
			slow := random.IntN(sparseTicks)
			all = append(all, &recorder{
				metric: "latency", bounds: latencies,
				tags: attribute.NewSet(attribute.String("route", route), attribute.String("code", code)),
				draw: func(tick int) float64 {
					v := median * math.Exp(random.NormFloat64()*0.7)
					if tick == slow {
						v *= 30
					}
					return v
				},
			})
		}
	}
	for i, room := range []string{"cellar", "attic", "garden"} {
		all = append(all, &recorder{
			metric: "temperature", bounds: []float64{-20, -10, -5, 0, 5, 10, 20, 30},
			tags: attribute.NewSet(attribute.String("route", room)),
			draw: func(tick int) float64 {
				return []float64{-12, -3, -25}[i] + float64(tick)/sparseTicks*20 + random.NormFloat64()*3
			},
		})
	}
	return all
}

// exportSparse exports a random history twice, with all buckets and with sparse buckets. It returns the
// ticks at which buckets appeared, by metric.
func exportSparse(t *testing.T, endpoint string, start time.Time) map[string][]int {
	t.Helper()
	full := newExporter(t, endpoint, exporter.WithoutSelfMetrics(), exporter.WithPrefix("full."))
	sparse := newExporter(t, endpoint, exporter.WithoutSelfMetrics(), exporter.WithPrefix("sparse."), exporter.WithSparseBuckets())
	random := rand.New(rand.NewPCG(9, 10))
	all := recorders(random)
	needed, appeared := map[string]bool{}, map[string][]int{}
	for now := range sparseTicks {
		at := start.Add(time.Duration(now)*tick + 999*time.Millisecond)
		points := map[string][]metricdata.HistogramDataPoint[float64]{}
		for i, r := range all {
			if r.counts == nil || now == 70+i && i%4 == 1 { // it restarts
				r.counts = make([]uint64, len(r.bounds)+1)
			}
			for range random.IntN(12) {
				r.record(r.draw(now))
			}
			dp := metricdata.HistogramDataPoint[float64]{Attributes: r.tags, Time: at, Bounds: r.bounds, BucketCounts: r.counts, Sum: 1}
			for k, n := range r.counts {
				dp.Count += n
				for _, bound := range []int{k, k - 1} {
					if key := fmt.Sprint(r.metric, bound); n > 0 && bound >= 0 && bound < len(r.bounds) && !needed[key] {
						needed[key] = true
						appeared[r.metric] = append(appeared[r.metric], now)
					}
				}
			}
			points[r.metric] = append(points[r.metric], dp)
		}
		rm := web(
			metricdata.Metrics{Name: "latency", Data: cumulativeHistogram(points["latency"])},
			metricdata.Metrics{Name: "temperature", Data: cumulativeHistogram(points["temperature"])},
		)
		for _, e := range []*exporter.Exporter{full, sparse} {
			if err := e.Export(within(t, 30*time.Second), rm); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, e := range []*exporter.Exporter{full, sparse} {
		if err := e.Shutdown(within(t, 30*time.Second)); err != nil {
			t.Error(err)
		}
	}
	t.Logf("points: %d with all buckets, %d with sparse ones", full.Stats().Accepted, sparse.Stats().Accepted)
	return appeared
}

// histogram_quantile returns the same values with WithSparseBuckets, unless a bucket appeared within the
// window of the rate.
func TestSparseBuckets_KeepQuantiles(t *testing.T) {
	t.Parallel()
	v := servers.StartVictoriaMetrics(t)
	start := time.Now().Add(-sparseTicks * tick).Truncate(tick).Add(-tick)
	appeared := exportSparse(t, v.Endpoint(), start)
	random := rand.New(rand.NewPCG(11, 12))
	same, across, differ := 0, 0, 0
	for same < 1000 {
		metric := []string{"latency", "latency", "temperature"}[random.IntN(3)]
		window := []int{2, 4, 8, 20}[random.IntN(4)]
		end := 1 + random.IntN(sparseTicks-1)
		function := []string{"rate", "increase"}[random.IntN(2)]
		by := []string{"", "le", "le, route", "le, code"}[random.IntN(4)]
		filter := []string{"", `{code="200"}`, `{route=~"/.*a.*|cellar|attic"}`}[random.IntN(3)]
		q := []float64{0.01, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999, random.Float64()}[random.IntN(8)]
		at := start.Add(time.Duration(end) * tick)
		ask := func(prefix string) (answer map[string]float64) {
			rates := fmt.Sprintf(`%s(%s_%s_bucket%s[%v])`, function, prefix, metric, filter, time.Duration(window)*tick)
			if by != "" {
				rates = fmt.Sprintf("sum by (%s) (%s)", by, rates)
			}
			answer = map[string]float64{}
			for _, p := range v.Query(t, fmt.Sprintf("histogram_quantile(%v, %s)", q, rates), at) {
				answer[p.Key()] = p.Value
			}
			return answer
		}
		want, got := ask("full"), ask("sparse")
		equal := maps.EqualFunc(want, got, func(a, b float64) bool {
			return math.Abs(a-b) <= 1e-9*math.Abs(a) || math.IsNaN(a) && math.IsNaN(b)
		})
		if slices.ContainsFunc(appeared[metric], func(a int) bool { return end >= a-1 && end-window < a }) {
			if across++; !equal {
				differ++
			}
			continue
		}
		if same++; !equal {
			t.Errorf("%s %s[%d ticks] by (%s) %s, quantile %v at tick %d of %v: %v with all buckets, %v with sparse ones",
				metric, function, window, by, filter, q, end, appeared[metric], want, got)
		}
		if len(want) == 0 && !strings.Contains(filter, "code") {
			t.Errorf("no answer")
		}
	}
	t.Logf("%d queries have the same answers; of %d more whose window contains an appearance, %d differ", same, across, differ)
}
