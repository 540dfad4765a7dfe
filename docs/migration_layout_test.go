// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/apptuitai/apptuit-go/exporter"
)

func reporterLayout(ctx context.Context) (*exporter.Exporter, error) {
	exp, err := exporter.New(ctx,
		exporter.WithLayout(exporter.LayoutReporter),
		exporter.WithDurationUnit(time.Millisecond),                     // unit of timers; the default is seconds, as in Python
		exporter.WithMeters("order_requests_rate", "*.requests"),        // counters that were meters; without patterns, all counters
		exporter.WithResourceAttributes(attribute.NewAllowKeysFilter()), // no service_name, as in Python
	)
	return exp, err
}

func histogramOptions(ctx context.Context) (*exporter.Exporter, error) {
	exp, err := exporter.New(ctx,
		exporter.WithHistograms(exporter.HistogramsBoth), // buckets and quantiles
		exporter.WithQuantiles(0.5, 0.9, 0.99),
	)
	return exp, err
}

func TestMigration_ReporterLayoutAndHistogramOptions_SendTheirSeries(t *testing.T) {
	s := newServer(t)
	t.Setenv("APPTUIT_API_TOKEN", token)
	f := func(newExporter func(context.Context) (*exporter.Exporter, error), metrics ...string) {
		exp, err := newExporter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exp)))
		if err := errors.Join(instruments(t.Context(), provider.Meter("shop")), provider.Shutdown(t.Context())); err != nil {
			t.Fatal(err)
		}
		arrived(t, s, metrics...)
	}
	f(reporterLayout, "order_count_count", "order_requests_rate_count", "order_requests_rate_1m_rate", "pending_jobs_count", "queue_size_value", "response_size_std_dev",
		"response_time_75_percentile", "response_time_sum", "response_time_mean_rate")
	for _, p := range s.Take() {
		if p.Tags["service_name"] != "" {
			t.Errorf("tags of %v", p)
		}
		if p.Metric == "order_count_1m_rate" || strings.HasPrefix(p.Metric, "apptuit_reporter_send_total_1m") {
			t.Errorf("the counter %v has rates", p)
		}
	}
	f(histogramOptions, "response_time", "response_time_bucket")
	for _, p := range s.Points() {
		if q := p.Tags["quantile"]; p.Metric == "response_time" && q != "0.5" && q != "0.9" && q != "0.99" {
			t.Errorf("quantile of %v", p)
		}
	}
}
