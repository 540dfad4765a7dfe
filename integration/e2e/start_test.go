// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// visitor is a short-lived series of a counter and of a histogram. It appears with its first increment,
// and ends with its last increment. Some visitors are missing in a collection in between.
type visitor struct {
	attributes attribute.Set
	first      int      // collection
	increments []uint64 // in the interval before each collection from first on
	missing    int      // collection
}

// The collections of the visitors, once a minute for six hours.
const (
	visits = 360
	visit  = time.Minute
)

func visitors(n int) []visitor {
	random := rand.New(rand.NewPCG(1, 2))
	all := make([]visitor, n)
	for i := range all {
		v := &all[i]
		v.attributes = attribute.NewSet(attribute.String("session", fmt.Sprint(i)), attribute.String("path", fmt.Sprint("/", random.IntN(20))))
		life := 1 + random.IntN(20)
		v.first = random.IntN(visits + 1 - life)
		v.missing = v.first + 1 + random.IntN(60)
		v.increments = make([]uint64, life)
		v.increments[0] = 1 + uint64(random.ExpFloat64()*50)
		for j := 1; j < life; j++ {
			v.increments[j] = uint64(random.IntN(4))
		}
	}
	return all
}

// exportVisitors exports the collections of the visitors.
func exportVisitors(t *testing.T, endpoint string, all []visitor, start time.Time, opts ...exporter.Option) {
	t.Helper()
	exp := newExporter(t, endpoint, append(opts, exporter.WithoutSelfMetrics())...)
	ctx := within(t, 5*time.Minute)
	born := start.Add(-visit / 2)
	for i := range visits {
		at := start.Add(time.Duration(i)*visit + 123*time.Millisecond)
		var sums []metricdata.DataPoint[int64]
		var histograms []metricdata.HistogramDataPoint[int64]
		for j := range all {
			v := &all[j]
			if i < v.first || i >= v.first+len(v.increments) || i == v.missing {
				continue
			}
			total := uint64(0)
			for _, n := range v.increments[:i-v.first+1] {
				total += n
			}
			sums = append(sums, metricdata.DataPoint[int64]{Attributes: v.attributes, StartTime: born, Time: at, Value: int64(total)})
			if j%4 == 0 { // all observations are 3
				histograms = append(histograms, metricdata.HistogramDataPoint[int64]{
					Attributes: v.attributes, StartTime: born, Time: at, Count: total, Sum: int64(3 * total),
					Bounds: []float64{1, 5}, BucketCounts: []uint64{0, total, 0},
				})
			}
		}
		if err := exp.Export(ctx, web(
			metricdata.Metrics{Name: "visits", Data: cumulative(sums)},
			metricdata.Metrics{Name: "size", Data: cumulativeHistogram(histograms)},
		)); err != nil {
			t.Fatal(err)
		}
	}
	stats := exp.Stats()
	if stats.Accepted != stats.Produced {
		t.Errorf("stats %+v", stats)
	}
	if err := exp.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

// counted returns the number of increments after one collection up to another, and how many of them are
// the first increments of series. If a series is missing in the last collection, increments that only its
// later collections show are not counted.
func counted(all []visitor, from, to, every int) (total, first float64) {
	for i := 0; i < len(all); i += every {
		v := &all[i]
		shown := func(c int) (n float64) {
			if c == v.missing {
				c--
			}
			for k := range min(max(0, c-v.first+1), len(v.increments)) {
				if v.first+k == v.missing && k == len(v.increments)-1 {
					break // the last collection is missing
				}
				n += float64(v.increments[k])
			}
			return n
		}
		total += shown(to) - shown(from)
		if v.first > from && v.first <= to {
			first += float64(v.increments[0])
		}
	}
	return total, first
}

// With start points, increases are the true counts. Without start points, they lack first increments of
// series: all of them in Prometheus, and many in VictoriaMetrics, which guesses whether a series began at
// 0.
func TestStartPoints_MakeIncreasesExact(t *testing.T) {
	t.Parallel()
	n := 1000
	if isLong() {
		n = 10_000
	}
	all := visitors(n)
	start := time.Now().Add(-(visits + 5) * visit).Truncate(visit)
	end := func(i int) time.Time { return start.Add(time.Duration(i) * visit) }
	for _, with := range []bool{true, false} {
		v := servers.StartVictoriaMetrics(t)
		var opts []exporter.Option
		if with {
			opts = append(opts, exporter.WithStartPoints())
		}
		exportVisitors(t, v.Endpoint(), all, start, opts...)
		ask := func(query string, i int) float64 {
			t.Helper()
			points := v.Query(t, query, end(i))
			if len(points) != 1 {
				t.Fatalf("%s: %d series", query, len(points))
			}
			return points[0].Value
		}
		for _, window := range []int{10, 60, visits - 1} { // minutes
			for to := window; to < visits; to += max(window, 50) {
				for _, m := range []struct {
					metric        string
					every, weight int
				}{{"visits", 1, 1}, {"size_count", 4, 1}, {"size_sum", 4, 3}, {`size_bucket{le="5"}`, 4, 1}} {
					total, _ := counted(all, to-window, to, m.every)
					total *= float64(m.weight)
					got := ask(fmt.Sprintf("sum(increase(%s[%dm]))", m.metric, window), to)
					if off := math.Abs(got/total - 1); with && off > 0.001 {
						t.Errorf("increase of %s in %d minutes up to %d: %v, want %v", m.metric, window, to, got, total)
					}
				}
			}
		}
		total, first := counted(all, -2, visits-1, 1)
		query := fmt.Sprintf("sum(increase_prometheus(visits[%dm]))", visits+2)
		got := ask(query, visits)
		guessed := ask(fmt.Sprintf("sum(increase(visits[%dm]))", visits+2), visits)
		t.Logf("start points %v: increase_prometheus %v, increase %v, true count %v, first increments %v", with, got, guessed, total, first)
		want := total
		if !with {
			want -= first
		}
		if math.Abs(got-want) > want*0.001 {
			t.Errorf("start points %v: %s = %v, want %v", with, query, got, want)
		}
		if !with && guessed > total*0.99 {
			t.Errorf("increase is %v of %v without start points: the test shows nothing", guessed, total)
		}
	}
}
