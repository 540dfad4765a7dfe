// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter_test

import (
	"context"
	"fmt"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/exporter"
)

// The exporter plugs into a MeterProvider. To send to Apptuit it requires no options, only
// APPTUIT_API_TOKEN; this example sends to a server in the process.
func Example() {
	srv := apptuittest.NewServer(apptuittest.WithToken("secret"))
	defer srv.Close()

	ctx := context.Background()
	exp, err := exporter.New(ctx,
		exporter.WithEndpoint(srv.URL), exporter.WithToken("secret"),
		exporter.WithoutSelfMetrics(),
	)
	if err != nil {
		panic(err)
	}
	provider := sdkmetric.NewMeterProvider(
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exp)),
		sdkmetric.WithResource(resource.NewSchemaless(attribute.String("service.name", "shop"), attribute.String("host.name", "web1"))),
	)

	orders, err := provider.Meter("example").Int64Counter("shop.orders")
	if err != nil {
		panic(err)
	}
	orders.Add(ctx, 3, metric.WithAttributes(attribute.String("country", "de")))

	// Shutdown exports the pending measurements.
	if err := provider.Shutdown(ctx); err != nil {
		panic(err)
	}
	for _, p := range srv.Points() {
		fmt.Println(p.Metric, p.Tags, p.Value)
	}
	fmt.Printf("%d of %d points accepted\n", exp.Stats().Accepted, exp.Stats().Produced)
	// Output:
	// shop_orders map[country:de host:web1 otel_scope_name:example service_name:shop] 3
	// 1 of 1 points accepted
}

// A program can share one client between the exporter and points of its own. They are sent
// to one server, over the same connections.
func ExampleWithClient() {
	srv := apptuittest.NewServer()
	defer srv.Close()

	client, err := apptuitclient.New(apptuitclient.WithEndpoint(srv.URL), apptuitclient.WithTags(map[string]string{"zone": "eu"}))
	if err != nil {
		panic(err)
	}
	defer client.Close()

	ctx := context.Background()
	exp, err := exporter.New(ctx, exporter.WithClient(client), exporter.WithPrefix("shop."), exporter.WithoutHostTag(), exporter.WithoutSelfMetrics())
	if err != nil {
		panic(err)
	}
	provider := sdkmetric.NewMeterProvider(
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exp)), sdkmetric.WithResource(resource.Empty()),
	)
	queue, err := provider.Meter("example").Float64Gauge("queue.seconds")
	if err != nil {
		panic(err)
	}
	queue.Record(ctx, 1.5)
	if err := provider.Shutdown(ctx); err != nil {
		panic(err)
	}
	for _, p := range srv.Points() {
		fmt.Println(p.Metric, p.Tags, p.Value)
	}
	// Output:
	// shop_queue_seconds map[otel_scope_name:example zone:eu] 1.5
}

// An attribute filter removes attributes that are not useful as tags: here the order's
// number, which would result in a series for each order. If the program creates its
// MeterProvider itself, a View with an AttributeFilter is preferable, because it also
// aggregates the data points that become one series.
func ExampleWithAttributeFilter() {
	srv := apptuittest.NewServer()
	defer srv.Close()

	ctx := context.Background()
	exp, err := exporter.New(ctx,
		exporter.WithEndpoint(srv.URL),
		exporter.WithAttributeFilter(attribute.NewDenyKeysFilter("order.id")),
		exporter.WithoutHostTag(), exporter.WithoutSelfMetrics(),
	)
	if err != nil {
		panic(err)
	}
	provider := sdkmetric.NewMeterProvider(
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exp)), sdkmetric.WithResource(resource.Empty()),
	)
	last, err := provider.Meter("example").Int64Gauge("last.order")
	if err != nil {
		panic(err)
	}
	last.Record(ctx, 25, metric.WithAttributes(attribute.String("country", "de"), attribute.Int("order.id", 4711)))
	if err := provider.Shutdown(ctx); err != nil {
		panic(err)
	}
	for _, p := range srv.Points() {
		fmt.Println(p.Metric, p.Tags, p.Value)
	}
	fmt.Println(exp.Stats().Filtered, "data point with fewer attributes")
	// Output:
	// last_order map[country:de otel_scope_name:example] 25
	// 1 data point with fewer attributes
}

// OpenTelemetry's metrics about exporters can be recorded with any MeterProvider: here with
// one that the program reads itself. With otel.GetMeterProvider and otel.SetMeterProvider
// it can also be the one that the exporter serves.
func ExampleWithMeterProvider() {
	srv := apptuittest.NewServer()
	defer srv.Close()

	ctx := context.Background()
	reader := sdkmetric.NewManualReader()
	exp, err := exporter.New(ctx,
		exporter.WithEndpoint(srv.URL),
		exporter.WithMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))),
	)
	if err != nil {
		panic(err)
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exp)))
	latency, err := provider.Meter("example").Float64Histogram("latency")
	if err != nil {
		panic(err)
	}
	latency.Record(ctx, 0.2)
	if err := provider.Shutdown(ctx); err != nil {
		panic(err)
	}

	var rm metricdata.ResourceMetrics
	if err := reader.Collect(ctx, &rm); err != nil {
		panic(err)
	}
	for _, m := range rm.ScopeMetrics[0].Metrics {
		if sum, ok := m.Data.(metricdata.Sum[int64]); ok {
			fmt.Println(m.Name, sum.DataPoints[0].Value)
		}
	}
	fmt.Println(exp.Stats().Accepted, "points on the wire")
	// Output:
	// otel.sdk.exporter.metric_data_point.inflight 0
	// otel.sdk.exporter.metric_data_point.exported 1
	// 20 points on the wire
}

// A program whose metrics were scraped by Prometheus can keep its dashboards: names contain
// the unit and _total, and target_info has the other resource attributes.
func ExampleWithPrometheusNames() {
	srv := apptuittest.NewServer()
	defer srv.Close()

	ctx := context.Background()
	exp, err := exporter.New(ctx,
		exporter.WithEndpoint(srv.URL),
		exporter.WithPrometheusNames(), exporter.WithTargetInfo(nil), exporter.WithoutSelfMetrics(), exporter.WithoutHostTag(),
	)
	if err != nil {
		panic(err)
	}
	provider := sdkmetric.NewMeterProvider(
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exp)),
		sdkmetric.WithResource(resource.NewSchemaless(attribute.String("service.name", "shop"), attribute.String("k8s.pod.name", "shop-7"))),
	)
	meter := provider.Meter("example")
	sent, err := meter.Int64Counter("http.sent", metric.WithUnit("By"))
	if err != nil {
		panic(err)
	}
	sent.Add(ctx, 1500, metric.WithAttributes(attribute.String("http.route", "/cart")))
	if err := provider.Shutdown(ctx); err != nil {
		panic(err)
	}
	for _, p := range srv.Points() {
		fmt.Println(p.Metric, p.Tags, p.Value)
	}
	// Output:
	// http_sent_bytes_total map[http_route:/cart otel_scope_name:example service_name:shop] 1500
	// target_info map[k8s_pod_name:shop-7 service_name:shop] 1
}

// The reporter layout has the names of apptuit-py's reporter: a timer in milliseconds is
// sent in seconds, with a cumulative count, rates, and percentiles of the interval.
func ExampleWithLayout() {
	srv := apptuittest.NewServer()
	defer srv.Close()

	ctx := context.Background()
	exp, err := exporter.New(
		ctx, exporter.WithLayout(exporter.LayoutReporter), exporter.WithEndpoint(srv.URL), exporter.WithoutSelfMetrics(),
	)
	if err != nil {
		panic(err)
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exp)))
	response, err := provider.Meter("example").Float64Histogram("response.time", metric.WithUnit("ms"))
	if err != nil {
		panic(err)
	}
	for _, ms := range []float64{100, 200, 600} {
		response.Record(ctx, ms)
	}
	if err := provider.Shutdown(ctx); err != nil {
		panic(err)
	}
	for _, p := range srv.Points() {
		if !strings.HasSuffix(p.Metric, "_rate") && !strings.HasSuffix(p.Metric, "_dev") {
			v, _ := p.Value.Float64()
			fmt.Printf("%s %.2g\n", p.Metric, v)
		}
	}
	// Output:
	// response_time_count 3
	// response_time_sum 0.9
	// response_time_avg 0.3
	// response_time_min 0.1
	// response_time_max 0.6
	// response_time_50_percentile 0.2
	// response_time_75_percentile 0.6
	// response_time_95_percentile 0.6
	// response_time_99_percentile 0.6
	// response_time_999_percentile 0.6
}
