// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"maps"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// The points of a program with the SDK and OTLP are read back from VictoriaMetrics. Their tag host
// is that of the program, or missing: it is never the host of the Collector.
func TestCollector_DeliversToVictoriaMetrics(t *testing.T) {
	for _, file := range []string{"collector.yaml", "persistent.yaml"} {
		t.Run(file, func(t *testing.T) {
			vm := servers.StartVictoriaMetrics(t)
			c := startCollector(t, example(file), vm.Endpoint())
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			measure := func(service string, attributes ...attribute.KeyValue) {
				t.Helper()
				provider := sdkmetric.NewMeterProvider(
					sdkmetric.WithReader(sdkmetric.NewPeriodicReader(otlp(t, c))),
					sdkmetric.WithResource(resource.NewSchemaless(append(attributes, attribute.String("service.name", service))...)))
				meter := provider.Meter("e2e")
				carts, err := meter.Int64Counter("carts.sold")
				if err != nil {
					t.Fatal(err)
				}
				carts.Add(ctx, 3, metric.WithAttributes(attribute.String("payment.method", "card")))
				price, err := meter.Float64Histogram("cart.price", metric.WithExplicitBucketBoundaries(10, 100))
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range []float64{5, 50.5, 500} {
					price.Record(ctx, p)
				}
				if err := provider.Shutdown(ctx); err != nil {
					t.Fatal(err)
				}
			}
			measure("web", attribute.String("host.name", "web1"))
			measure("worker")

			var want []servers.Point
			for _, base := range []map[string]string{
				{"otel_scope_name": "e2e", "service_name": "web", "host": "web1"}, {"otel_scope_name": "e2e", "service_name": "worker"},
			} {
				add := func(metric string, value float64, tags ...string) {
					p := servers.Point{Metric: metric, Value: value, Tags: maps.Clone(base)}
					for i := 0; i < len(tags); i += 2 {
						p.Tags[tags[i]] = tags[i+1]
					}
					want = append(want, p)
				}
				add("carts_sold", 3, "payment_method", "card")
				add("cart_price_bucket", 1, "le", "10")
				add("cart_price_bucket", 2, "le", "100")
				add("cart_price_bucket", 3, "le", "+Inf")
				add("cart_price_count", 3)
				add("cart_price_sum", 555.5)
				add("cart_price_min", 5)
				add("cart_price_max", 500)
			}
			for ; ; time.Sleep(100 * time.Millisecond) {
				got := vm.Points(t, "carts_sold", "cart_price_bucket", "cart_price_count", "cart_price_sum", "cart_price_min", "cart_price_max")
				now := time.Now().UnixMilli()
				for i := range got {
					if age := now - got[i].Time; age < 0 || age > 60_000 {
						t.Fatalf("%s is %d ms old", got[i].Key(), age)
					}
					got[i].Time = 0
				}
				diff := servers.Diff(want, got, servers.VictoriaMetricsTolerance)
				if diff == "" {
					return
				}
				if ctx.Err() != nil {
					t.Fatal(diff)
				}
			}
		})
	}
}
