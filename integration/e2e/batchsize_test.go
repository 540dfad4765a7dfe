// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"strconv"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// The newest SDK divides each collection into many Exports. Although the exporter remembers the order of
// points, no point is lost or sent twice.
func TestExport_OfCollectionsThatTheSDKDivides(t *testing.T) {
	t.Parallel()
	v := servers.StartVictoriaMetrics(t)
	exp := newExporter(t, v.Endpoint(), exporter.WithoutSelfMetrics(), exporter.WithoutHostTag(), exporter.WithResourceAttributes(
		func(attribute.KeyValue) bool { return false }))
	const series, collections = 1000, 3
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exp,
		sdkmetric.WithInterval(time.Hour), sdkmetric.WithMaxExportBatchSize(64))))
	ctx := within(t, 30*time.Second)
	requests := must(provider.Meter("m").Int64Counter("requests"))
	var want []servers.Point
	var took [][2]int64
	for n := range collections {
		servers.NextSecond()
		from := time.Now().Unix()
		for i := range series {
			tags := map[string]string{"i": strconv.Itoa(i), "otel_scope_name": "m"}
			requests.Add(ctx, int64(i), metric.WithAttributes(attribute.String("i", tags["i"])))
			want = append(want, servers.Point{Metric: "requests", Tags: tags, Time: from * 1000, Value: float64(i * (n + 1))})
		}
		if err := provider.ForceFlush(ctx); err != nil {
			t.Fatal(err)
		}
		took = append(took, [2]int64{from * 1000, time.Now().Unix() * 1000})
	}
	if s := exp.Stats(); s.Exports < collections*series/64 || s.Accepted != collections*series || s.Produced != s.Accepted {
		t.Errorf("%+v", s)
	}
	got := v.Points(t, "requests")
	for _, c := range took {
		align(got, c[0], c[1])
	}
	if diff := servers.Diff(want, got, servers.VictoriaMetricsTolerance); diff != "" {
		t.Error(diff)
	}
	if err := provider.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}
