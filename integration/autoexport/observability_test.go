// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package autoexport_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// With OTEL_GO_X_OBSERVABILITY=true, exporters record metrics about themselves with the
// MeterProvider of the program, which exports them.
func TestExporters_ReportObservability(t *testing.T) {
	const ours, otlp = "github.com/apptuitai/apptuit-go/exporter.Exporter", "otlp_http_metric_exporter"
	for _, test := range []struct {
		exporters, value string
		want             []string
	}{
		{"apptuit", "true", []string{ours}},
		{"otlp,apptuit", "TRUE", []string{ours, otlp}},
		{"apptuit", "1", nil},
		{"apptuit", "", nil},
	} {
		t.Run(test.exporters+" "+test.value, func(t *testing.T) {
			t.Parallel()
			s := newTarget(t)
			c := start(t, "register", s.variables(
				"OTEL_METRICS_EXPORTER="+test.exporters, "OTEL_GO_X_OBSERVABILITY="+test.value, "OTEL_METRIC_EXPORT_INTERVAL=50")...)
			// The next export contains the measurements of an export.
			eventually(t, "exports with the measurements of earlier exports", func() bool {
				return len(s.Requests()) >= 5 && len(s.components("exported")) >= len(test.want)
			})
			if o := c.end(t); o.failed {
				t.Fatalf("stderr:\n%s", o.stderr)
			}
			for _, metric := range []string{"exported", "inflight"} {
				if diff := cmp.Diff(test.want, s.components(metric)); diff != "" {
					t.Errorf("components with the metric %s (-want +got):\n%s", metric, diff)
				}
			}
		})
	}
}

// components returns the types of the exporters for which Apptuit's server has received a metric
// about their data points.
func (s *target) components(metric string) []string {
	found := make(map[string]bool)
	for _, p := range s.Points() {
		if p.Metric == "otel_sdk_exporter_metric_data_point_"+metric {
			found[p.Tags["otel_component_type"]] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}
