// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/apptuitai/apptuit-go/exporter"
)

func fromPrometheus(ctx context.Context) error {
	exp, err := exporter.New(ctx,
		exporter.WithPrometheusNames(), // http_server_duration_seconds, requests_total; APPTUIT_PROMETHEUS_NAMES=yes
		exporter.WithTargetInfo(nil),   // all attributes of the resource; APPTUIT_TARGET_INFO=yes
	)
	if err != nil {
		return err
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(
		sdkmetric.NewPeriodicReader(exp, sdkmetric.WithInterval(15*time.Second)),
	))
	return errors.Join(instruments(ctx, provider.Meter("shop")), provider.Shutdown(ctx))
}

func TestMigration_PrometheusNames_AreSent(t *testing.T) {
	s := newServer(t)
	t.Setenv("APPTUIT_API_TOKEN", token)
	if err := fromPrometheus(t.Context()); err != nil {
		t.Fatal(err)
	}
	arrived(t, s, "order_count_total", "pending_jobs", "response_size_bytes_bucket", "response_time_seconds_count", "target_info")
	for _, p := range s.Points() {
		if p.Metric == "order_count_total" && p.Tags["otel_scope_name"] != "shop" {
			t.Errorf("tags of %v", p)
		}
	}
}
