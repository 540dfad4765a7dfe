// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/integration/collector/internal/metadatatest"
)

// memory is a transport to a handler in this process.
type memory struct{ http.Handler }

func (m memory) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	_ = r.Body.Close()
	response := w.Result()
	response.Request = r
	return response, nil
}

// telemetry records the metrics and logs of a component.
type telemetry struct {
	*componenttest.Telemetry
	logs *observer.ObservedLogs
}

func newSettings() (exporter.Settings, *telemetry) {
	core, logs := observer.New(zapcore.DebugLevel)
	tel := &telemetry{Telemetry: componenttest.NewTelemetry(), logs: logs}
	set := metadatatest.NewSettings(tel.Telemetry)
	set.Logger, set.TracerProvider = zap.New(core), noop.NewTracerProvider()
	return set, tel
}

// tally is the number of points with each outcome.
type tally struct{ Accepted, Rejected, Dropped, Returned int64 }

func (t *tally) total() int64 { return t.Accepted + t.Rejected + t.Dropped + t.Returned }

// tally reads the component's counter.
func (tel *telemetry) tally(t testing.TB) tally {
	t.Helper()
	var got tally
	for _, dp := range tel.counter("points") {
		if id, _ := dp.Attributes.Value("exporter"); id.AsString() != "apptuit" {
			t.Errorf("exporter %q", id.AsString())
		}
		outcome, _ := dp.Attributes.Value("outcome")
		*map[string]*int64{
			"accepted": &got.Accepted, "rejected": &got.Rejected, "dropped": &got.Dropped, "returned": &got.Returned,
		}[outcome.AsString()] = dp.Value
	}
	return got
}

// dataPoints returns the value of a counter of data points, or -1 if it does not exist.
func (tel *telemetry) dataPoints(t testing.TB, which string) int64 {
	t.Helper()
	points := tel.counter(which + "_data_points")
	if len(points) == 0 {
		return -1
	}
	return points[0].Value
}

// counter returns the data points of a counter, or nil if it does not exist.
func (tel *telemetry) counter(name string) []metricdata.DataPoint[int64] {
	m, err := tel.GetMetric("otelcol_exporter_apptuit_" + name)
	if err != nil {
		return nil
	}
	return m.Data.(metricdata.Sum[int64]).DataPoints
}

// lines returns the messages of a level or above, with their errors.
func (tel *telemetry) lines(from zapcore.Level) []string {
	var lines []string
	for _, e := range tel.logs.All() {
		if e.Level >= from {
			text := e.Message
			for _, f := range e.Context {
				if f.Key == "error" {
					text += " " + f.Interface.(error).Error()
				}
			}
			lines = append(lines, text)
		}
	}
	return lines
}

// rig is an exporter without exporterhelper, and a server in the same process.
type rig struct {
	*telemetry
	t   testing.TB
	srv *apptuittest.Handler
	e   *metricsExporter
}

func newRig(t testing.TB, change func(*Config), opts ...apptuittest.Option) *rig {
	t.Helper()
	cfg := createDefaultConfig().(*Config)
	cfg.ClientConfig.Endpoint = "http://127.0.0.1:1"
	if change != nil {
		change(cfg)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	set, tel := newSettings()
	e, err := newExporter(set, cfg)
	if err != nil {
		t.Fatal(err)
	}
	srv := apptuittest.NewHandler(opts...)
	if err := e.use(&http.Client{Transport: memory{srv}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if used := e.pool.Used(); used != 0 {
			t.Errorf("%d bytes of the cache are not given back", used)
		}
	})
	return &rig{telemetry: tel, t: t, srv: srv, e: e}
}

func (r *rig) mustPush(md pmetric.Metrics) {
	r.t.Helper()
	if err := r.e.push(r.t.Context(), md); err != nil {
		r.t.Fatal(err)
	}
}

// want compares the points that have arrived, in any order, with lines such as
// "m{k=v} 1700000000 1.5".
func (r *rig) want(lines ...string) {
	r.t.Helper()
	var got []string
	for _, p := range r.srv.Take() {
		got = append(got, p.String())
	}
	slices.Sort(got)
	slices.Sort(lines)
	if diff := cmp.Diff(lines, got); diff != "" {
		r.t.Errorf("wanted (-), arrived (+):\n%s", diff)
	}
}

// second returns a time as OTLP timestamp.
func second(n int64) pcommon.Timestamp { return pcommon.Timestamp(n * 1e9) }

const now = 1_700_000_000

// from adds a resource and returns its metrics. Attributes are given as key, value, …; without
// them, the resource has service.name=shop.
func from(md pmetric.Metrics, attributes ...any) pmetric.MetricSlice {
	if len(attributes) == 0 {
		attributes = []any{"service.name", "shop"}
	}
	rm := md.ResourceMetrics().AppendEmpty()
	putAttributes(rm.Resource().Attributes(), attributes...)
	return rm.ScopeMetrics().AppendEmpty().Metrics()
}

func putAttributes(m pcommon.Map, attributes ...any) {
	for i := 0; i < len(attributes); i += 2 {
		if err := m.PutEmpty(attributes[i].(string)).FromRaw(attributes[i+1]); err != nil {
			panic(err)
		}
	}
}

// gauge adds a gauge with one data point.
func gauge(to pmetric.MetricSlice, name string, value float64, attributes ...any) pmetric.NumberDataPoint {
	m := to.AppendEmpty()
	m.SetName(name)
	dp := m.SetEmptyGauge().DataPoints().AppendEmpty()
	dp.SetTimestamp(second(now))
	dp.SetDoubleValue(value)
	putAttributes(dp.Attributes(), attributes...)
	return dp
}

// contains checks that a text contains all parts.
func contains(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q: want %q in it", text, part)
		}
	}
}
