// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/encoding"
)

func openTSDB() apptuitclient.Option {
	return apptuitclient.WithServer(apptuitclient.ServerOpenTSDB)
}

// In each layout, the tag values of all sources are rewritten so that OpenTSDB stores them: attributes
// of data points, resource and scope, tags of the exporter and the client, the host, labels,
// target_info and the exporter's own metrics.
func TestTagValues_OfAllSourcesAreRewritten(t *testing.T) {
	allowed := regexp.MustCompile(`^[-_./0-9A-Za-z]+$`)
	explicit := metricOf("explicit", metricdata.Histogram[float64]{DataPoints: []metricdata.HistogramDataPoint[float64]{{
		Attributes: attribute.NewSet(attribute.String("le", "<1>")), Time: at(), Count: 3,
		Bounds: []float64{-2e7, 0.25, 1e6, 1e300}, BucketCounts: []uint64{1, 1, 1, 0, 0},
	}}})
	wide := eachKind(attribute.String("http.route", "/users/{id}"), attribute.String("peer", "db:5432"))
	wide.Resource = resource.NewSchemaless(
		attribute.String("service.name", "unknown_service:shop"), attribute.String("host.name", "web 1"), attribute.String("os", "a b"))
	wide.ScopeMetrics[0].Metrics = append(wide.ScopeMetrics[0].Metrics, explicit)
	wide.ScopeMetrics[0].Scope = instrumentation.Scope{Name: "lib+v1", Version: "1.0+dirty"}
	for name, c := range map[string]struct {
		options []Option
		want    []string // parts of points that arrive
	}{
		"default": {nil, []string{
			"explicit_bucket{client=c_1, exported_le=_1_, host=web_1, le=Inf, otel_scope_name=lib_v1, otel_scope_version=1.0_dirty, own=e_1, service_name=unknown_service_shop}",
			"le=-20000000, ", "le=1000000, ", "le=1e300, ", "le=0.25, ", "http_route=/users/_id_", "peer=db_5432", "client=c_1", "own=e_1", "apptuit_reporter_send_total{",
		}},
		"both forms":       {[]Option{WithHistograms(HistogramsBoth)}, []string{"le=Inf", "quantile=0.5", "le=_1_, otel_scope_name=lib_v1, otel_scope_version=1.0_dirty, own=e_1, quantile=0.5"}},
		"Prometheus names": {[]Option{WithPrometheusNames()}, []string{"le=Inf", "peer=db_5432"}},
		"reporter":         {[]Option{WithLayout(LayoutReporter)}, []string{"sum_count{", "http_route=/users/_id_"}},
		"not remembered":   {[]Option{WithCacheBytes(0)}, []string{"le=Inf", "peer=db_5432"}},
		"scope, target info": {
			[]Option{WithTargetInfo(nil)},
			[]string{"otel_scope_name=lib_v1, otel_scope_version=1.0_dirty", "target_info{", "os=a_b"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv := memoryServer(t)
			e := newExporter(t, append(c.options, WithTags(map[string]string{"own": "e 1"}),
				toServer(srv, openTSDB(), apptuitclient.WithMaxTags(25), apptuitclient.WithTags(map[string]string{"client": "c 1"})))...)
			var all []string
			for range 2 {
				mustExport(t, e, wide)
				for _, p := range srv.Take() {
					all = append(all, p.String())
					for k, v := range p.Tags {
						if !allowed.MatchString(v) {
							t.Errorf("%s has %s=%q", p.Metric, k, v)
						}
					}
				}
			}
			for _, want := range c.want {
				if !strings.Contains(strings.Join(all, "\n"), want) {
					t.Errorf("no point has %q:\n%s", want, strings.Join(all, "\n"))
				}
			}
		})
	}
}

// Points collide if their tag values become equal, within one instrument and between two. Each pair is
// reported once.
func TestTagValues_ThatBecomeEqualCollide(t *testing.T) {
	for name, cache := range map[string]int64{"remembered": 1 << 20, "not remembered": 0} {
		t.Run(name, func(t *testing.T) {
			srv := memoryServer(t)
			e := newExporter(t, toServer(srv, openTSDB()), WithoutHostTag(), WithoutSelfMetrics(), WithCacheBytes(cache))
			rm := metricsOf(
				counter("a.b", number[int64](1, k("x y")), number[int64](2, k("x:y")), number[int64](3, k("x_y_")), number[int64](4, attribute.String("l", "x:"), k("é"))),
				counter("a_b", number[int64](5, k("x+y")), number[int64](6, k("z"))),
			)
			for i := range 2 {
				err := e.Export(t.Context(), rm)
				wantArrived(t, srv, "a_b{k=x_y, service_name=shop} 1700000000 1", "a_b{k=x_y_, service_name=shop} 1700000000 3",
					"a_b{k=z, service_name=shop} 1700000000 6", "a_b{k=é, l=x_, service_name=shop} 1700000000 4")
				if i > 0 {
					if cache > 0 && err != nil {
						t.Errorf("reported again: %v", err)
					}
					continue
				}
				failed := sendErrorOf(t, err)
				if failed.Failed != 2 || len(failed.Errors) != 2 {
					t.Fatalf("%d points failed: %v", failed.Failed, err)
				}
				for _, reason := range []string{`two points of "a.b" (scope "") render to one series and timestamp`, `"a.b" (scope "") and "a_b" (scope "") render to one series`} {
					if !strings.Contains(fmt.Sprint(failed.Errors), reason) {
						t.Errorf("errors %v, want %q", failed.Errors, reason)
					}
				}
			}
			wantStats(t, e, Stats{Produced: 12, Accepted: 8, Rejected: 4})
		})
	}
}

// The bounds of a histogram stay apart, so that no bucket is lost.
func TestTagValues_OfBoundsStayApart(t *testing.T) {
	bounds := []float64{-1e300, -1e21, -1e6, 0, 1e-300, 1e-5, 999999, 1e6, 1000001, 1e20, 1e21, 1e22, math.MaxFloat64}
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv, openTSDB()), WithoutSelfMetrics())
	mustExport(t, e, metricsOf(metricOf("h", metricdata.Histogram[float64]{DataPoints: []metricdata.HistogramDataPoint[float64]{{
		Time: at(), Bounds: bounds, BucketCounts: make([]uint64, len(bounds)+1),
	}}})))
	seen := map[string]bool{}
	for _, p := range srv.Points() {
		if le := p.Tags["le"]; le != "" {
			seen[le] = true
		}
	}
	if len(seen) != len(bounds)+1 {
		t.Errorf("%d bounds arrive, want %d: %v", len(seen), len(bounds)+1, seen)
	}
}

// Exactly the point with nine tags is rejected for OpenTSDB, and each line of a histogram
// whose label is the ninth. The error names the limit and the option.
func TestTagLimit_OfTheProfile(t *testing.T) {
	eight := make([]attribute.KeyValue, 0, 6) // beside host and service_name
	for i := range 6 {
		eight = append(eight, attribute.Int(fmt.Sprintf("k%d", i), i))
	}
	histogram := metricOf("h", metricdata.Histogram[float64]{DataPoints: []metricdata.HistogramDataPoint[float64]{{
		Attributes: attribute.NewSet(eight...), Time: at(), Bounds: []float64{1}, BucketCounts: []uint64{1, 0}, Count: 1,
	}}})
	nine := append(slices.Clone(eight), attribute.Int("k8", 8))
	rm := metricsOf(counter("n", number[int64](1, eight...), number[int64](2, nine...)), histogram)
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv, openTSDB()), WithoutSelfMetrics())
	err := e.Export(t.Context(), rm)
	failed := sendErrorOf(t, err)
	if !errors.Is(err, encoding.ErrTooManyTags) || failed.Failed != 3 || failed.Successful != 3 {
		t.Errorf("%d accepted, %d failed: %v", failed.Successful, failed.Failed, err)
	}
	for _, want := range []string{"at most 8 tags, not 9", "WithMaxTags", "APPTUIT_MAX_TAGS"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	e = newExporter(t, toServer(srv, openTSDB(), apptuitclient.WithMaxTags(9)), WithoutSelfMetrics())
	mustExport(t, e, rm)
}

// A client that is given has the rules, as it has the sanitize mode.
func TestTagValues_AreThoseOfTheClient(t *testing.T) {
	t.Setenv("APPTUIT_SERVER", "opentsdb")
	t.Setenv("APPTUIT_TAG_VALUES", "influxdb")
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv), WithoutSelfMetrics(), WithoutHostTag())
	mustExport(t, e, metricsOf(counter("n", number[int64](1, attribute.String("time", `a+\`)))))
	wantArrived(t, srv, `n{exported_time=a+_, service_name=shop} 1700000000 1`)
}
