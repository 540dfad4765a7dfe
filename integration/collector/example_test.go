// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector_test

import (
	"context"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/pmetric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/integration/collector"
)

// extensions is a host without extensions.
type extensions map[component.ID]component.Component

func (e extensions) GetExtensions() map[component.ID]component.Component { return e }

// A Collector decodes the configuration of each exporter over the default one, creates the
// exporter, starts it, passes metrics to it, and shuts it down.
func ExampleNewFactory() {
	srv := apptuittest.NewServer()
	defer srv.Close()
	ctx := context.Background()

	factory := collector.NewFactory()
	cfg := factory.CreateDefaultConfig()
	err := confmap.NewFromStringMap(map[string]any{
		"endpoint": srv.URL,
		"token":    "example",
		"tags":     map[string]any{"zone": "eu"},
	}).Unmarshal(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	exp, err := factory.CreateMetrics(ctx, exporter.Settings{
		ID: component.NewID(factory.Type()),
		TelemetrySettings: component.TelemetrySettings{
			Logger: zap.NewNop(), TracerProvider: tracenoop.NewTracerProvider(), MeterProvider: metricnoop.NewMeterProvider(),
		},
	}, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := exp.Start(ctx, extensions{}); err != nil {
		fmt.Println(err)
		return
	}

	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	rm.Resource().Attributes().PutStr("service.name", "shop")
	rm.Resource().Attributes().PutStr("host.name", "web1")
	m := rm.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName("carts.open")
	dp := m.SetEmptyGauge().DataPoints().AppendEmpty()
	dp.SetTimestamp(1_700_000_000_000_000_000)
	dp.SetIntValue(3)
	if err := exp.ConsumeMetrics(ctx, md); err != nil {
		fmt.Println(err)
	}

	if err := exp.Shutdown(ctx); err != nil { // sends what is in the queue
		fmt.Println(err)
	}
	for _, p := range srv.Points() {
		fmt.Println(p)
	}
	// Output: carts_open{host=web1, service_name=shop, zone=eu} 1700000000 3
}
