// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/exporter"
)

// The Go exporter and the Collector export the same points of one collection.
func TestEquivalence(t *testing.T) {
	for _, tt := range []struct {
		name        string
		temporality sdkmetric.TemporalitySelector
		direct      []exporter.Option
		collector   []string
	}{
		{
			name: "defaults", temporality: sdkmetric.DefaultTemporalitySelector,
			direct: []exporter.Option{exporter.WithResourceAttributes(mostImportant)},
		},
		{
			name: "everything else", temporality: sdkmetric.DeltaTemporalitySelector,
			direct: []exporter.Option{
				exporter.WithTags(map[string]string{"zone": "eu", "service.name": "", "deployment": "tag", "http.route": "tag"}), exporter.WithPrefix("apr."),
				exporter.WithoutScopeTags(), exporter.WithoutHostTag(),
				exporter.WithResourceAttributes(attribute.NewDenyKeysFilter("process.pid", "telemetry.sdk.name")),
				exporter.WithTimestampResolution(time.Millisecond), exporter.WithSanitizeMode(encoding.SanitizeApptuit),
			},
			collector: []string{
				"exporters.apptuit.tags={zone: eu, service.name: '', deployment: tag, http.route: tag}", "exporters.apptuit.prefix=apr.",
				"exporters.apptuit.scope_tags=false", "exporters.apptuit.host_tag=false",
				"exporters.apptuit.resource_attributes={included: ['*'], excluded: [process.pid, telemetry.*.name]}",
				"exporters.apptuit.timestamp_resolution=ms", "exporters.apptuit.sanitize_mode=apptuit",
			},
		},
		{
			name: "Prometheus names", temporality: sdkmetric.DefaultTemporalitySelector,
			direct: []exporter.Option{
				exporter.WithResourceAttributes(mostImportant), exporter.WithPrometheusNames(), exporter.WithTargetInfo(nil),
			},
			collector: []string{
				"exporters.apptuit.prometheus_names=true", "exporters.apptuit.target_info={}",
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			direct, through := apptuittest.NewServer(), apptuittest.NewServer()
			defer direct.Close()
			defer through.Close()
			c := startCollector(t, example("collector.yaml"), through.URL, tt.collector...)
			exp, err := exporter.New(t.Context(), append(tt.direct, exporter.WithoutSelfMetrics(),
				exporter.WithoutEnvironment(), exporter.WithEndpoint(direct.URL))...)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = exp.Shutdown(context.Background()) }()

			rm := collect(t, tt.temporality)
			if err := exp.Export(t.Context(), rm); err != nil {
				t.Fatal(err)
			}
			if err := otlp(t, c, otlpmetrichttp.WithTemporalitySelector(tt.temporality)).Export(t.Context(), rm); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			want := points(direct, true)
			if err := through.WaitPoints(ctx, len(want)); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(want, points(through, false)); diff != "" {
				t.Errorf("direct (-), through the Collector (+):\n%s", diff)
			}
			if len(want) < 60 {
				t.Errorf("%d points only", len(want))
			}
		})
	}
}

// mostImportant selects the attributes of the program's resource that become tags in the Collector
// by default. In a program, fewer become tags.
func mostImportant(kv attribute.KeyValue) bool {
	return strings.HasPrefix(string(kv.Key), "service.") || kv.Key == "deployment"
}

// collect runs the program and collects its metrics once.
func collect(t *testing.T, temporality sdkmetric.TemporalitySelector) *metricdata.ResourceMetrics {
	t.Helper()
	reader := sdkmetric.NewManualReader(sdkmetric.WithTemporalitySelector(temporality))
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader),
		sdkmetric.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "shop"), attribute.String("service.instance.id", "i-1"), attribute.String("host.name", "web1"),
			attribute.Int("process.pid", 4711), attribute.String("telemetry.sdk.name", "x"), attribute.StringSlice("process.command_args", []string{"shop", "-v"}),
			attribute.String("deployment", "resource"),
		)),
		sdkmetric.WithView(sdkmetric.NewView(sdkmetric.Instrument{Name: "exponential.*"},
			sdkmetric.Stream{Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 20, MaxScale: 20}})),
	)
	t.Cleanup(func() { _ = provider.Shutdown(context.Background()) })
	record(t, provider)
	rm := new(metricdata.ResourceMetrics)
	if err := reader.Collect(t.Context(), rm); err != nil {
		t.Fatal(err)
	}
	return rm
}

// points returns the sorted points of a server: series, timestamp and the text of the value. Since
// OTLP has no integer histograms, integers of the Go exporter that are floats in OTLP are returned
// as floats.
func points(srv *apptuittest.Server, direct bool) []string {
	var texts []string
	for _, p := range srv.Points() {
		value := p.Value.String()
		if direct && isInteger(value) && strings.HasPrefix(strings.TrimPrefix(p.Metric, "apr."), "request") {
			for _, suffix := range []string{"size_sum", "size_min", "size_max", "size.sum", "size.min", "size.max"} {
				if strings.HasSuffix(p.Metric, suffix) {
					value += ".0"
				}
			}
		}
		var tags []string
		for _, k := range slices.Sorted(maps.Keys(p.Tags)) {
			tags = append(tags, fmt.Sprintf("%s=%q", k, p.Tags[k]))
		}
		texts = append(texts, fmt.Sprintf("%s{%s} %s %s", p.Metric, strings.Join(tags, ", "), p.Timestamp, value))
	}
	slices.Sort(texts)
	return texts
}

func isInteger(s string) bool { return !strings.ContainsAny(s, ".e") }
