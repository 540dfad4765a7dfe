// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/internal/convert"
)

// everyKind returns n points of each kind of data.
func everyKind(n int) *metricdata.ResourceMetrics {
	counters := make([]metricdata.DataPoint[int64], n)
	histograms := make([]metricdata.HistogramDataPoint[int64], n)
	exponentials := make([]metricdata.ExponentialHistogramDataPoint[float64], n)
	summaries := make([]metricdata.SummaryDataPoint, n)
	for i := range n {
		attributes := attribute.NewSet(attribute.Int("k", i))
		counters[i] = number(int64(i), attribute.Int("k", i))
		histograms[i] = metricdata.HistogramDataPoint[int64]{
			Attributes: attributes, Count: 3, Sum: 5, Bounds: []float64{1, 2}, BucketCounts: []uint64{1, uint64(i), 1},
		}
		exponentials[i] = metricdata.ExponentialHistogramDataPoint[float64]{
			Attributes: attributes, Count: 2, Sum: 5, PositiveBucket: metricdata.ExponentialBucket{Offset: int32(i), Counts: []uint64{1, 1}},
		}
		summaries[i] = metricdata.SummaryDataPoint{Attributes: attributes, Count: 2, QuantileValues: quantiles(0.5, float64(i))}
	}
	h, e, s := explicitHistogram(histograms...), exponential(exponentials...), summary(summaries...)
	h.Name, e.Name, s.Name = "h", "e", "s"
	return metricsOf(counter("n", counters...), h, e, s)
}

// However small the cache is, the same points arrive.
func TestCache_OfAnySizeLosesNoPoint(t *testing.T) {
	const n = 30
	srv := memoryServer(t)
	big := newExporter(t, toServer(srv), WithoutSelfMetrics())
	mustExport(t, big, everyKind(n))
	want, whole := slices.Sorted(slices.Values(arrived(srv))), big.origins.pool.Used()
	for _, limit := range []int64{0, 100, whole / 10, whole / 3, whole - 1, whole, 2 * whole} {
		e := newExporter(t, toServer(srv), WithoutSelfMetrics(), WithCacheBytes(limit))
		for range 3 {
			mustExport(t, e, everyKind(n))
			if diff := cmp.Diff(want, slices.Sorted(slices.Values(arrived(srv)))); diff != "" {
				t.Fatalf("limit %d (-want +got):\n%s", limit, diff)
			}
			if used := e.origins.pool.Used(); used > limit || limit == 2*whole && used != whole {
				t.Fatalf("limit %d: %d bytes are held", limit, used)
			}
		}
		wantStats(t, e, Stats{Produced: uint64(3 * len(want)), Accepted: uint64(3 * len(want))})
	}
}

// Series that have not been exported for IdleTime leave the cache and make room for others.
func TestCache_DropsIdleSeries(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		e := newExporter(t, toServer(srv), WithoutSelfMetrics())
		mustExport(t, e, everyKind(1))
		few := e.origins.pool.Used()
		mustExport(t, e, everyKind(100))
		if many := e.origins.pool.Used(); many < 5*few {
			t.Fatalf("%d bytes are held for 100 times what takes %d", many, few)
		}
		for range 12 {
			time.Sleep(convert.IdleTime / 8)
			mustExport(t, e, everyKind(1))
		}
		if held := e.origins.pool.Used(); held > few {
			t.Errorf("%d bytes are held, want at most %d", held, few)
		}
	})
}

func ofService(rm *metricdata.ResourceMetrics, service string) *metricdata.ResourceMetrics {
	rm.Resource = resource.NewSchemaless(attribute.String("service.name", service), attribute.String("host.name", "web1"))
	return rm
}

// A resource whose provider has ended does not keep other resources out of the cache.
func TestCache_DropsIdleResources(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		e := newExporter(t, toServer(srv), WithoutSelfMetrics())
		mustExport(t, e, ofService(everyKind(30), "goes"))
		all := e.origins.pool.Used()
		mustExport(t, e, ofService(everyKind(1), "stays"))
		rest := e.origins.pool.Used() - all
		// Only the tags and the state of the first resource are left.
		const left = 2000
		for range 12 {
			time.Sleep(convert.IdleTime / 8)
			mustExport(t, e, ofService(everyKind(1), "stays"))
		}
		if held := e.origins.pool.Used(); held < rest || held > rest+left {
			t.Errorf("%d bytes are held, want those of the resource that is exported, %d", held, rest)
		}
		srv.Take()
		mustExport(t, e, ofService(metricsOf(counter("n", number[int64](1))), "goes"))
		wantArrived(t, srv, "n{host=web1, service_name=goes} 1700000000 1")
	})
}

// One exporter can export the metrics of many resources.
func TestExport_ManyResources(t *testing.T) {
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv), WithoutSelfMetrics())
	const many = 200
	one := int64(0)
	for i := range many {
		service := fmt.Sprintf("s%03d", i)
		mustExport(t, e, ofService(metricsOf(counter("n", number[int64](1))), service))
		wantArrived(t, srv, "n{host=web1, service_name="+service+"} 1700000000 1")
		if i == 0 {
			one = e.origins.pool.Used()
		}
	}
	if used := e.origins.pool.Used(); used != many*one {
		t.Errorf("%d bytes are held of %d resources with %d each", used, many, one)
	}
}

// If the order of data points changes between Exports, each value is still sent with the tags of its
// series.
func TestExport_OrderOfDataPointsDoesNotMatter(t *testing.T) {
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv), WithoutSelfMetrics())
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 20 {
		n := 1 + random.IntN(50)
		data := make([]metricdata.DataPoint[int64], 0, n)
		for _, i := range random.Perm(60)[:n] {
			data = append(data, number(int64(100*round+i), attribute.Int("k", i)))
		}
		mustExport(t, e, metricsOf(counter("n", data...)))
		got := srv.Take()
		if len(got) != n {
			t.Fatalf("%d points arrived, want %d", len(got), n)
		}
		arrived := map[string]string{}
		for _, p := range got {
			arrived[p.Tags["k"]] = p.Value.String()
		}
		for i := range data {
			if k, v := data[i].Attributes.ToSlice()[0].Value.String(), fmt.Sprint(data[i].Value); arrived[k] != v {
				t.Fatalf("round %d: k=%s arrived with %q, want %s", round, k, arrived[k], v)
			}
		}
	}
}
