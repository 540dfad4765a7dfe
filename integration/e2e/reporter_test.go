// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// Each collection is exported in many parts in the reporter layout. The server has the names of
// apptuit-py's reporter, including its own metrics, with their values.
func TestExport_InReporterLayout(t *testing.T) {
	onEachBackend(t, func(t *testing.T, b backend) {
		exp := newExporter(t, b.endpoint, exporter.WithLayout(exporter.LayoutReporter), exporter.WithMeters("or*"), exporter.WithTags(map[string]string{"region": shopTags()["region"]}))
		provider := sdkmetric.NewMeterProvider(
			sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exp, sdkmetric.WithInterval(time.Hour), sdkmetric.WithMaxExportBatchSize(1))),
			sdkmetric.WithResource(shop()))
		meter := provider.Meter("e2e")
		orders := must(meter.Int64Counter("order"))
		open := must(meter.Int64UpDownCounter("session.open"))
		response := must(meter.Float64Histogram("response.time", metric.WithUnit("ms")))
		size := must(meter.Int64Histogram("size", metric.WithUnit("By")))
		_ = must(meter.Float64ObservableGauge("temperature", metric.WithFloat64Callback(func(_ context.Context, o metric.Float64Observer) error {
			o.Observe(21.5)
			return nil
		})))
		ctx := within(t, 30*time.Second)
		for range 3 {
			orders.Add(ctx, 5)
			open.Add(ctx, -1)
			for i := range 100 {
				response.Record(ctx, float64(i+1))
				size.Record(ctx, int64(i+1))
			}
			servers.NextSecond()
			if err := provider.ForceFlush(ctx); err != nil {
				t.Fatal(err)
			}
		}

		meters := []string{"_count", "_mean_rate", "_1m_rate", "_5m_rate", "_15m_rate"}
		histograms := []string{"_count", "_avg", "_min", "_max", "_std_dev", "_75_percentile", "_95_percentile", "_99_percentile", "_999_percentile"}
		timers := slices.Concat(meters, histograms[1:], []string{"_sum", "_50_percentile"})
		want := map[string]bool{}
		for name, suffixes := range map[string][]string{
			"order": meters, "session_open": {"_count"}, "temperature": {"_value"}, "size": histograms, "response_time": timers,
			"apptuit_reporter_send_total": {"_count"}, "apptuit_reporter_send_successful": {"_count"}, "apptuit_reporter_send_failed": {"_count"},
			"apptuit_reporter_send_time": timers, "apptuit_reporter_overflowed": {"_count"},
		} {
			for _, suffix := range suffixes {
				want[name+suffix] = true
			}
		}
		got, last := map[string]bool{}, map[string]float64{}
		points := b.points(t)
		slices.SortStableFunc(points, func(a, b servers.Point) int { return int(a.Time - b.Time) })
		for _, p := range points {
			if !maps.Equal(p.Tags, shopTags()) {
				t.Errorf("%s has other tags than the resource", p.Key())
			}
			got[p.Metric], last[p.Metric] = true, p.Value
		}
		if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
			t.Errorf("in %s (-want +got):\n%s", b.name, diff)
		}
		for name, value := range map[string]float64{
			"order_count": 15, "session_open_count": -3, "temperature_value": 21.5, "size_count": 300, "size_min": 1, "size_max": 100, "size_avg": 50.5,
			"response_time_count": 300, "response_time_sum": 15.15, "response_time_min": 0.001, "response_time_max": 0.1, "response_time_avg": 0.0505,
		} {
			if math.Abs(last[name]-value) > 1e-9*math.Abs(value) {
				t.Errorf("in %s: %s is %v, want %v", b.name, name, last[name], value)
			}
		}
		// 1 to 100 are less than seven powers of two: at least 16 buckets a power.
		half := (math.Exp2(1.0/16) - 1) / 2
		for name, value := range map[string]float64{
			"response_time_50_percentile": 0.0505, "response_time_75_percentile": 0.07575, "size_95_percentile": 95.95, "size_99_percentile": 99.99,
		} {
			if math.Abs(last[name]-value) > half*value {
				t.Errorf("in %s: %s is %v, want %v within half a bucket", b.name, name, last[name], value)
			}
		}
		if s := exp.Stats(); s.Rejected+s.Dropped+s.Spooled != 0 || s.Produced != s.Accepted {
			t.Errorf("%+v", s)
		}
		if err := provider.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
}
