// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// The program ends long before the first interval of its reader has passed.
func TestShutdown_DeliversTheLastCollection(t *testing.T) {
	onEachBackend(t, func(t *testing.T, b backend) {
		exp := newExporter(t, b.endpoint, exporter.WithoutHostTag())
		provider := sdkmetric.NewMeterProvider(
			sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exp, sdkmetric.WithInterval(time.Hour))),
			sdkmetric.WithResource(resource.NewSchemaless(attribute.String("service.name", "job"))))
		rows := must(provider.Meter("e2e").Int64Counter("rows.copied"))
		rows.Add(t.Context(), 12, metric.WithAttributes(attribute.String("table", "users")))
		rows.Add(t.Context(), 30, metric.WithAttributes(attribute.String("table", "users")))
		if got := b.points(t); len(got) != 0 {
			t.Errorf("before Shutdown there are %v", got)
		}

		from := millis(time.Now())
		if err := provider.Shutdown(within(t, 20*time.Second)); err != nil {
			t.Fatal(err)
		}
		to := millis(time.Now())
		base := map[string]string{"service_name": "job"}
		want := []servers.Point{{
			Metric: "rows_copied", Tags: map[string]string{"otel_scope_name": "e2e", "service_name": "job", "table": "users"}, Time: from, Value: 42,
		}}
		for _, name := range []string{"send_total", "send_successful", "send_failed", "send_time_count", "send_time_sum", "overflowed"} {
			want = append(want, servers.Point{Metric: "apptuit_reporter_" + name, Tags: base, Time: from})
		}
		want = append(want, servers.Point{
			Metric: "apptuit_reporter_send_time_bucket", Tags: map[string]string{"service_name": "job", "le": "+Inf"}, Time: from,
		})
		got := b.points(t)
		align(got, from, to)
		if diff := servers.Diff(want, got, b.tolerance); diff != "" {
			t.Errorf("in %s: %s", b.name, diff)
		}
		if got, want := exp.Stats(), (exporter.Stats{Exports: 1, Produced: 1, Accepted: 1}); got != want {
			t.Errorf("stats: %+v, want %+v", got, want)
		}
	})
}
