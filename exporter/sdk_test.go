// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/exemplar"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

func newProvider(reader sdkmetric.Reader, service string, opts ...sdkmetric.Option) *sdkmetric.MeterProvider {
	res := resource.NewSchemaless(attribute.String("service.name", service), attribute.String("host.name", "web1"))
	return sdkmetric.NewMeterProvider(append(opts, sdkmetric.WithReader(reader), sdkmetric.WithResource(res))...)
}

// values returns the points that have arrived since the last call, without timestamps, sorted.
func values(srv *apptuittest.Server) []string {
	var lines []string
	for _, p := range srv.Take() {
		p.Timestamp = ""
		lines = append(lines, strings.Replace(p.String(), "}  ", "} ", 1))
	}
	slices.Sort(lines)
	return lines
}

func TestSDK_PeriodicReader(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		e := newExporter(t, toServer(srv), WithoutSelfMetrics())
		provider := newProvider(sdkmetric.NewPeriodicReader(e, sdkmetric.WithInterval(10*time.Second)), "shop")
		meter := provider.Meter("app")
		counter, _ := meter.Int64Counter("orders")
		latency, _ := meter.Float64Histogram("latency", metric.WithExplicitBucketBoundaries(0.1, 1))
		_, _ = meter.Int64ObservableGauge("queue", metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(7, metric.WithAttributes(attribute.String("name", "mail")))
			return nil
		}))
		for i := range 3 {
			counter.Add(t.Context(), 2, metric.WithAttributes(attribute.String("country", "de")))
			latency.Record(t.Context(), 0.5)
			time.Sleep(10 * time.Second)
			synctest.Wait()
			n := i + 1
			want := []string{
				fmt.Sprintf("latency_bucket{host=web1, le=+Inf, otel_scope_name=app, service_name=shop} %d", n),
				"latency_bucket{host=web1, le=0.1, otel_scope_name=app, service_name=shop} 0",
				fmt.Sprintf("latency_bucket{host=web1, le=1, otel_scope_name=app, service_name=shop} %d", n),
				fmt.Sprintf("latency_count{host=web1, otel_scope_name=app, service_name=shop} %d", n),
				"latency_max{host=web1, otel_scope_name=app, service_name=shop} 0.5", "latency_min{host=web1, otel_scope_name=app, service_name=shop} 0.5",
				fmt.Sprintf("latency_sum{host=web1, otel_scope_name=app, service_name=shop} %s", []string{"0.5", "1.0", "1.5"}[i]),
				fmt.Sprintf("orders{country=de, host=web1, otel_scope_name=app, service_name=shop} %d", 2*n),
				"queue{host=web1, name=mail, otel_scope_name=app, service_name=shop} 7",
			}
			if diff := cmp.Diff(want, values(srv)); diff != "" {
				t.Errorf("interval %d (-want +got):\n%s", n, diff)
			}
		}
		if err := provider.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		if s := e.Stats(); s.Produced != 36 || s.Accepted != 36 || s.Exports != 4 {
			t.Errorf("stats %+v, want 36 points of 4 exports", s)
		}
	})
}

// The exporter ignores exemplars of the SDK.
func TestSDK_ExemplarsAreIgnored(t *testing.T) {
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv), WithoutSelfMetrics(), WithAggregationSelector(func(kind sdkmetric.InstrumentKind) sdkmetric.Aggregation {
		if kind == sdkmetric.InstrumentKindHistogram {
			return sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}
		}
		return sdkmetric.DefaultAggregationSelector(kind)
	}))
	reader := sdkmetric.NewManualReader(sdkmetric.WithAggregationSelector(e.Aggregation), sdkmetric.WithTemporalitySelector(e.Temporality))
	provider := newProvider(reader, "shop", sdkmetric.WithExemplarFilter(exemplar.AlwaysOnFilter))
	orders, _ := provider.Meter("app").Int64Counter("orders")
	latency, _ := provider.Meter("app").Int64Histogram("latency")
	orders.Add(t.Context(), 1)
	latency.Record(t.Context(), 3)
	var rm metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &rm); err != nil {
		t.Fatal(err)
	}
	if data, ok := rm.ScopeMetrics[0].Metrics[0].Data.(metricdata.Sum[int64]); !ok || len(data.DataPoints[0].Exemplars) != 1 {
		t.Fatalf("there is no exemplar in %+v", rm)
	}
	mustExport(t, e, &rm)
	wantStats(t, e, Stats{Produced: 10, Accepted: 10})
}

// splitting splits a collection of sums over several Exports, as the SDK does
// with a limit of data points. The option for the limit differs between versions
// of the SDK.
type splitting struct {
	*Exporter
	most int
}

func (s splitting) Export(ctx context.Context, rm *metricdata.ResourceMetrics) error {
	for _, scope := range rm.ScopeMetrics {
		for _, m := range scope.Metrics {
			sum, ok := m.Data.(metricdata.Sum[int64])
			if !ok {
				return fmt.Errorf("%s is a %T", m.Name, m.Data)
			}
			for part := range slices.Chunk(sum.DataPoints, s.most) {
				sum.DataPoints = part
				m.Data = sum
				if err := s.Exporter.Export(ctx, &metricdata.ResourceMetrics{
					Resource:     rm.Resource,
					ScopeMetrics: []metricdata.ScopeMetrics{{Scope: scope.Scope, Metrics: []metricdata.Metrics{m}}},
				}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// The SDK may split one collection over several Exports.
func TestSDK_SplitCollections(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		e := newExporter(t, toServer(srv))
		provider := newProvider(sdkmetric.NewPeriodicReader(splitting{e, 7}), "shop")
		const n = 40
		for i := range n {
			c, _ := provider.Meter(fmt.Sprintf("scope%d", i%3)).Int64Counter(fmt.Sprintf("n%d", i%2+2*(i%3)))
			c.Add(t.Context(), int64(i), metric.WithAttributes(attribute.Int("k", i)))
		}
		var held int64
		for round := range 3 {
			if err := provider.ForceFlush(t.Context()); err != nil {
				t.Fatalf("ForceFlush: %v", err)
			}
			seen := map[string]bool{}
			self := 0
			for _, p := range srv.Take() {
				if isSelf(p) {
					self++
					continue
				}
				if p.Tags["k"] != p.Value.String() {
					t.Errorf("the value of %v is another one's", p)
				}
				seen[p.Tags["k"]] = true
			}
			if len(seen) != n || self < 7 || self > 9 {
				t.Errorf("%d points arrived, and %d self metrics, want %d and those once", len(seen), self, n)
			}
			if used := e.origins.pool.Used(); round > 1 && used != held {
				t.Errorf("the cache went from %d to %d bytes", held, used)
			}
			held = e.origins.pool.Used()
			time.Sleep(time.Minute / 2)
		}
		if s := e.Stats(); s.Exports != 3*6 || s.Produced != 3*n || s.Accepted != 3*n {
			t.Errorf("stats %+v, want %d points of 6 Exports each time", s, n)
		}
		if err := provider.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
}

// One exporter can serve two MeterProviders. Each has the tags of its resource, and its own cache.
func TestSDK_TwoMeterProviders(t *testing.T) {
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv), WithoutSelfMetrics())
	readers := map[string]*sdkmetric.ManualReader{}
	for _, service := range []string{"one", "two"} {
		readers[service] = sdkmetric.NewManualReader()
		c, _ := newProvider(readers[service], service).Meter("app").Int64Counter("n")
		for i := range 3 {
			c.Add(t.Context(), int64(i), metric.WithAttributes(attribute.Int("k", i)))
		}
	}
	var held int64
	for round := range 4 {
		for service, reader := range readers {
			var rm metricdata.ResourceMetrics
			if err := reader.Collect(t.Context(), &rm); err != nil {
				t.Fatal(err)
			}
			mustExport(t, e, &rm)
			var want []string
			for i := range 3 {
				want = append(want, fmt.Sprintf("n{host=web1, k=%d, otel_scope_name=app, service_name=%s} %d", i, service, i))
			}
			if diff := cmp.Diff(want, values(srv)); diff != "" {
				t.Errorf("points of %s (-want +got):\n%s", service, diff)
			}
		}
		if used := e.origins.pool.Used(); round > 0 && used != held {
			t.Errorf("the cache went from %d to %d bytes", held, used)
		}
		held = e.origins.pool.Used()
	}
}

// The SDK reuses the metrics after Export has returned, while the transport may still read the body.
func TestSDK_ReusesMetricsAfterExport(t *testing.T) {
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv), WithoutSelfMetrics(), WithoutHostTag())
	bounds, counts := []float64{1, 2}, []uint64{1, 2, 3}
	rm := metricsOf(
		counter("n", number[int64](1, k("a")), number[int64](2, k("b"))),
		explicitHistogram(metricdata.HistogramDataPoint[int64]{Count: 6, Sum: 9, Bounds: bounds, BucketCounts: counts}),
	)
	want := []string{
		"n{k=a, service_name=shop} 1700000000 1", "n{k=b, service_name=shop} 1700000000 2",
		"latency_count{k=v, service_name=shop} 1700000000 6",
		"latency_bucket{k=v, le=1, service_name=shop} 1700000000 1", "latency_bucket{k=v, le=2, service_name=shop} 1700000000 3",
		"latency_bucket{k=v, le=+Inf, service_name=shop} 1700000000 6",
		"latency_sum{k=v, service_name=shop} 1700000000 9",
	}
	mustExport(t, e, rm)
	saved := *rm
	saved.ScopeMetrics = slices.Clone(rm.ScopeMetrics)
	saved.ScopeMetrics[0].Metrics = slices.Clone(rm.ScopeMetrics[0].Metrics)
	data := rm.ScopeMetrics[0].Metrics[0].Data.(metricdata.Sum[int64]).DataPoints
	first := slices.Clone(data)
	for i := range data {
		data[i] = number[int64](99, k("other"))
	}
	bounds[0], counts[0] = -7, 77
	rm.ScopeMetrics[0].Metrics[0].Name = "other"
	rm.ScopeMetrics[0].Scope.Name = "other"
	wantArrived(t, srv, want...)

	// The cache shares no memory with the metrics.
	copy(data, first)
	bounds[0], counts[0] = 1, 1
	mustExport(t, e, &saved)
	wantArrived(t, srv, want...)
}
