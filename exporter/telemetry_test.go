// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/semconv/v1.43.0/otelconv"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// watch is a MeterProvider whose metrics can be read.
type watch struct {
	*sdkmetric.MeterProvider
	reader *sdkmetric.ManualReader
}

func newWatch() watch {
	reader := sdkmetric.NewManualReader()
	return watch{sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)), reader}
}

func (w watch) metrics(t testing.TB) []metricdata.ScopeMetrics {
	t.Helper()
	var rm metricdata.ResourceMetrics
	if err := w.reader.Collect(context.Background(), &rm); err != nil {
		t.Fatal(err)
	}
	return rm.ScopeMetrics
}

// recorded returns the recorded metrics as "exported[503] 3": the last part of the name,
// error.type and status if present, and the value or count.
func (w watch) recorded(t testing.TB) []string {
	t.Helper()
	var lines []string
	line := func(name string, set attribute.Set, n any) {
		var of []string
		for _, key := range []attribute.Key{semconv.ErrorTypeKey, semconv.HTTPResponseStatusCodeKey} {
			if v, ok := set.Value(key); ok {
				of = append(of, v.String())
			}
		}
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s%v %v", name[strings.LastIndexByte(name, '.')+1:], of, n)))
	}
	for _, sm := range w.metrics(t) {
		for _, m := range sm.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					line(m.Name, p.Attributes, p.Value)
				}
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					line(m.Name, p.Attributes, p.Count)
				}
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// counts returns how many data points have been exported, have failed, and are in flight.
func (w watch) counts(t testing.TB) (fine, failed, inflight int64) {
	t.Helper()
	for _, sm := range w.metrics(t) {
		for _, m := range sm.Metrics {
			data, _ := m.Data.(metricdata.Sum[int64])
			for _, p := range data.DataPoints {
				switch {
				case !data.IsMonotonic:
					inflight += p.Value
				case p.Attributes.HasValue(semconv.ErrorTypeKey):
					failed += p.Value
				default:
					fine += p.Value
				}
			}
		}
	}
	return fine, failed, inflight
}

func (w watch) wantCounts(t testing.TB, fine, failed int64) {
	t.Helper()
	if gotFine, gotFailed, inflight := w.counts(t); gotFine != fine || gotFailed != failed || inflight != 0 {
		t.Errorf("%d data points are exported, %d have failed and %d are in flight, want %d and %d", gotFine, gotFailed, inflight, fine, failed)
	}
}

func (w watch) want(t testing.TB, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, w.recorded(t)); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
}

// The instruments and attributes are those of the semantic conventions.
func TestTelemetry_FollowsTheConventions(t *testing.T) {
	srv := memoryServer(t)
	w := newWatch()
	to := toServer(srv, apptuitclient.WithEndpoint("http://apptuit.test:4242"))
	first := newExporter(t, to, WithMeterProvider(w))
	second := newExporter(t, to, WithMeterProvider(w))
	for _, e := range []*Exporter{first, second} {
		mustExport(t, e, points(3))
	}
	scopes := w.metrics(t)
	if len(scopes) != 1 || scopes[0].Scope.Name != selfScope || scopes[0].Scope.Version != apptuitclient.Version || scopes[0].Scope.SchemaURL != semconv.SchemaURL {
		t.Fatalf("scopes %+v", scopes)
	}
	units := map[string]string{}
	names := map[string]bool{}
	check := func(set attribute.Set) {
		name, _ := set.Value(semconv.OTelComponentNameKey)
		names[name.AsString()] = true
		rest, _ := set.Filter(func(kv attribute.KeyValue) bool { return kv.Key != semconv.OTelComponentNameKey })
		want := attribute.NewSet(
			semconv.OTelComponentTypeKey.String("github.com/apptuitai/apptuit-go/exporter.Exporter"),
			semconv.ServerAddress("apptuit.test"), semconv.ServerPort(4242))
		if rest.HasValue(semconv.HTTPResponseStatusCodeKey) {
			want = attribute.NewSet(append(want.ToSlice(), semconv.HTTPResponseStatusCode(http.StatusOK))...)
		}
		if !rest.Equals(&want) {
			t.Errorf("attributes %v, want %v", rest.ToSlice(), want.ToSlice())
		}
	}
	for _, m := range scopes[0].Metrics {
		switch data := m.Data.(type) {
		case metricdata.Sum[int64]:
			units[m.Name] = fmt.Sprint(m.Unit, " ", data.IsMonotonic)
			for _, p := range data.DataPoints {
				check(p.Attributes)
			}
		case metricdata.Histogram[float64]:
			units[m.Name] = m.Unit
			for _, p := range data.DataPoints {
				check(p.Attributes)
			}
		}
	}
	want := map[string]string{
		otelconv.SDKExporterMetricDataPointInflight{}.Name(): otelconv.SDKExporterMetricDataPointInflight{}.Unit() + " false",
		otelconv.SDKExporterMetricDataPointExported{}.Name(): otelconv.SDKExporterMetricDataPointExported{}.Unit() + " true",
		otelconv.SDKExporterOperationDuration{}.Name():       otelconv.SDKExporterOperationDuration{}.Unit(),
	}
	if diff := cmp.Diff(want, units); diff != "" {
		t.Error(diff)
	}
	if len(names) != 2 {
		t.Errorf("names %v, want one of each exporter", names)
	}
	for name := range names {
		var n int
		if _, err := fmt.Sscanf(name, "github.com/apptuitai/apptuit-go/exporter.Exporter/%d", &n); err != nil {
			t.Errorf("name %q: %v", name, err)
		}
	}
}

func TestTelemetry_ServerAddressAndPort(t *testing.T) {
	for endpoint, want := range map[string]string{
		"https://api.apptuit.ai":       "api.apptuit.ai 443",
		"http://localhost":             "localhost 80",
		"http://victoriametrics:4242":  "victoriametrics 4242",
		"https://[::1]:8443/base/path": "::1 8443",
	} {
		o, err := newTelemetry(noop.NewMeterProvider(), endpoint)
		if err != nil {
			t.Fatal(err)
		}
		address, _ := o.set.Value(semconv.ServerAddressKey)
		port, _ := o.set.Value(semconv.ServerPortKey)
		if got := fmt.Sprint(address.AsString(), " ", port.AsInt64()); got != want {
			t.Errorf("%s: %s, want %s", endpoint, got, want)
		}
	}
}

// Thirty data points with one wire point each, in batches of ten, without self metrics.
func TestTelemetry_ErrorTypes(t *testing.T) {
	short := func(t *testing.T) context.Context {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		t.Cleanup(cancel)
		return ctx
	}
	canceled := func(t *testing.T) context.Context {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		return ctx
	}
	script := func(faults ...apptuittest.Fault) func(*apptuittest.Server) {
		return func(s *apptuittest.Server) { s.Fail(faults...) }
	}
	for name, c := range map[string]struct {
		faults  func(*apptuittest.Server)
		ctx     func(*testing.T) context.Context
		options []Option
		want    []string
	}{
		"all accepted": {want: []string{"duration[200] 1", "exported[] 30"}},
		"a batch refused": {
			faults: script(apptuittest.Fault{}, apptuittest.Status(400)),
			want:   []string{"duration[400 400] 1", "exported[400] 10", "exported[] 20"},
		},
		"two batches refused": {
			faults: script(apptuittest.Status(404), apptuittest.Fault{}, apptuittest.Status(400)),
			want:   []string{"duration[404 404] 1", "exported[400] 10", "exported[404] 10", "exported[] 10"},
		},
		"unauthorized": {
			faults: script(apptuittest.Fault{Status: 401, Times: 100}),
			want:   []string{"duration[401 401] 1", "exported[401] 30", "exported[] 0"},
		},
		"redirected": {
			faults: script(apptuittest.Fault{Status: 302, Header: http.Header{"Location": {"/login"}}, Times: 100}),
			want:   []string{"duration[302 302] 1", "exported[302] 30", "exported[] 0"},
		},
		"not an ingest endpoint": {
			faults: script(apptuittest.Fault{Status: 200, Body: "<html>", Times: 100}),
			want:   []string{"duration[rejected 200] 1", "exported[] 0", "exported[rejected] 30"},
		},
		"points refused by name": {
			faults: script(apptuittest.Fault{Reject: odd("bad"), Times: 3}),
			want:   []string{"duration[rejected 400] 1", "exported[] 15", "exported[rejected] 15"},
		},
		"points refused in a success": {
			faults: script(apptuittest.Fault{Reject: odd("bad"), Status: 200}),
			want:   []string{"duration[rejected 200] 1", "exported[] 25", "exported[rejected] 5"},
		},
		"points refused without a name": {
			faults: script(apptuittest.Fault{Status: 400, Body: `{"success":7,"failed":3,"timeouts":0,"errors":[]}`}),
			want:   []string{"duration[rejected 400] 1", "exported[] 27", "exported[rejected] 3"},
		},
		"throttled, then accepted": {
			faults: script(apptuittest.Fault{Reject: odd("Please throttle")}),
			want:   []string{"duration[200] 1", "exported[] 30"},
		},
		"retried": {
			faults: script(apptuittest.Fault{Status: 503, Times: 3}),
			want:   []string{"duration[200] 1", "exported[] 30"},
		},
		"unavailable": {
			faults: script(apptuittest.Fault{Status: 503, Times: 100}), options: []Option{withoutRetry()},
			want: []string{"duration[503 503] 1", "exported[503] 30", "exported[] 0"},
		},
		"in halves": {
			faults: script(apptuittest.Fault{Status: 413}, apptuittest.Fault{}, apptuittest.Status(400)),
			want:   []string{"duration[400 400] 1", "exported[400] 5", "exported[] 25"},
		},
		"too large, each of them": {
			faults: script(apptuittest.Fault{Status: 413, Times: 1000}),
			want:   []string{"duration[413 413] 1", "exported[413] 30", "exported[] 0"},
		},
		"no answer in time": {
			faults: script(apptuittest.Fault{Hang: true, Times: 100}), ctx: short,
			want: []string{"duration[timeout] 1", "exported[] 0", "exported[timeout] 30"},
		},
		"one answer, and then none in time": {
			faults: script(apptuittest.Fault{}, apptuittest.Fault{Hang: true, Times: 100}), ctx: short,
			want: []string{"duration[timeout] 1", "exported[] 10", "exported[timeout] 20"},
		},
		"a request that takes too long": {
			faults: script(apptuittest.Fault{Hang: true, Times: 3}), options: []Option{withoutRetry(), WithTimeout(time.Second)},
			want: []string{"duration[timeout] 1", "exported[] 0", "exported[timeout] 30"},
		},
		"canceled": {ctx: canceled, want: []string{"duration[canceled] 1", "exported[] 0", "exported[canceled] 30"}},
		"the connection breaks": {
			faults: script(apptuittest.Fault{Reset: true, Times: 3}), options: []Option{withoutRetry()},
			want: []string{"duration[network] 1", "exported[] 0", "exported[network] 30"},
		},
		"a token source that fails": {
			options: []Option{withoutRetry(), WithTokenSource(func(context.Context) (string, error) { return "", errors.New("no") })},
			want:    []string{"duration[_OTHER] 1", "exported[] 0", "exported[_OTHER] 30"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
				w := newWatch()
				e := newExporter(t, append([]Option{
					toServer(srv, apptuitclient.WithMaxBatchPoints(10)), WithoutSelfMetrics(), WithMeterProvider(w),
				}, c.options...)...)
				if c.faults != nil {
					c.faults(srv)
				}
				ctx := t.Context()
				if c.ctx != nil {
					ctx = c.ctx(t)
				}
				err := e.Export(ctx, points(30))
				w.want(t, append(c.want, "inflight[] 0")...)
				if ok := slices.Contains(c.want, "exported[] 30"); ok != (err == nil) {
					t.Errorf("Export: %v", err)
				}
			})
		})
	}
}

// The host does not exist, or does not listen on the port.
func TestTelemetry_WithoutAServer(t *testing.T) {
	for name, dial := range map[string]error{
		"network": &net.OpError{Op: "dial", Err: errors.New("connection refused")},
		"dns":     &net.DNSError{Err: "no such host", Name: "nowhere"},
		"timeout": &net.DNSError{Err: "i/o timeout", Name: "nowhere", IsTimeout: true},
	} {
		w := newWatch()
		transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, dial }}
		e := newExporter(t, withoutRetry(), WithMeterProvider(w),
			WithEndpoint("http://nowhere.test"), WithHTTPClient(&http.Client{Transport: transport}))
		if err := e.Export(t.Context(), points(5)); err == nil {
			t.Errorf("%s: no error", name)
		}
		w.want(t, "duration["+name+"] 1", "exported[] 0", "exported["+name+"] 5", "inflight[] 0")
	}
}

// A data point is counted once, regardless of its number of wire points, and has failed if
// one of them has.
func TestTelemetry_CountsDataPoints(t *testing.T) {
	srv := memoryServer(t)
	w := newWatch()
	e := newExporter(t, toServer(srv), WithMeterProvider(w))
	mustExport(t, e, eachKind(k("v")))
	w.want(t, "duration[200] 1", "exported[] 5", "inflight[] 0")
	srv.Fail(apptuittest.Reject(func(p apptuittest.Point) string {
		if strings.HasPrefix(p.Metric, "histogram_") || p.Metric == "summary_sum" || isSelf(p) {
			return "bad"
		}
		return ""
	}))
	if err := e.Export(t.Context(), eachKind(k("v"))); err == nil {
		t.Error("no error")
	}
	w.want(t, "duration[200] 1", "duration[rejected 400] 1", "exported[] 8", "exported[rejected] 2", "inflight[] 0")
}

// Points that cannot be sent have another error.type than points that the server refuses.
// Both are counted each time, also when they are no longer reported.
func TestTelemetry_InvalidPoints(t *testing.T) {
	srv := memoryServer(t)
	w := newWatch()
	e := newExporter(t, toServer(srv), WithMeterProvider(w), WithoutSelfMetrics())
	rm := metricsOf(
		gauge("g", number(math.NaN(), k("a")), number(1.0, k("b")), number(math.Inf(1), k("c"))),
		counter("n", number(int64(1), k("a")), number(int64(2), k("a")), number(int64(3), k("b"))),
		metricOf("h", metricdata.Histogram[float64]{DataPoints: []metricdata.HistogramDataPoint[float64]{
			{Attributes: attribute.NewSet(), Time: at(), Sum: math.Inf(1)},
		}}),
	)
	_ = e.Export(t.Context(), rm)
	w.want(t, "duration[invalid 200] 1", "exported[] 3", "exported[collision] 1", "exported[invalid] 3", "inflight[] 0")
	mustExport(t, e, rm)
	w.want(t, "duration[invalid 200] 2", "exported[] 6", "exported[collision] 2", "exported[invalid] 6", "inflight[] 0")
	srv.Fail(apptuittest.Status(400))
	_ = e.Export(t.Context(), rm)
	w.want(t, "duration[400 400] 1", "duration[invalid 200] 2", "exported[400] 3", "exported[] 6", "exported[collision] 3", "exported[invalid] 9", "inflight[] 0")
}

// Spooled data points have not failed, although the Export is not a full success.
func TestTelemetry_SpooledPoints(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		w := newWatch()
		e := newExporter(t, toSpool(srv, spoolDir(t)), WithMeterProvider(w), WithoutSelfMetrics())
		srv.Fail(apptuittest.Status(503))
		mustExport(t, e, points(10))
		w.want(t, "duration[spooled 503] 1", "exported[] 10", "inflight[] 0")
		mustExport(t, e, points(10)) // without a request, or with a probe
		if got := w.recorded(t); !slices.Contains(got, "exported[] 20") {
			t.Errorf("recorded %q", got)
		}
	})
}

// Data points are in flight until the server answers.
func TestTelemetry_Inflight(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		w := newWatch()
		e := newExporter(t, toServer(srv), WithMeterProvider(w), WithoutSelfMetrics())
		srv.Fail(apptuittest.Fault{Delay: 10 * time.Second})
		done := make(chan struct{})
		go func() {
			defer close(done)
			mustExport(t, e, points(10))
		}()
		time.Sleep(5 * time.Second)
		w.want(t, "inflight[] 10")
		<-done
		w.want(t, "duration[200] 1", "exported[] 10", "inflight[] 0")
		for _, sm := range w.metrics(t) {
			for _, m := range sm.Metrics {
				if data, ok := m.Data.(metricdata.Histogram[float64]); ok && data.DataPoints[0].Sum != 10 {
					t.Errorf("%s: %v s, want 10", m.Name, data.DataPoints[0].Sum)
				}
			}
		}
	})
}

// If a filter panics, no data point stays in flight, and each is counted.
func TestTelemetry_Panics(t *testing.T) {
	srv := memoryServer(t)
	w := newWatch()
	e := newExporter(t, toServer(srv), WithMeterProvider(w), WithoutSelfMetrics(),
		WithAttributeFilter(func(attribute.KeyValue) bool { panic("filter") }))
	func() {
		defer func() {
			if r := recover(); r != "filter" {
				t.Errorf("recovered %v", r)
			}
		}()
		_ = e.Export(t.Context(), points(30))
	}()
	w.want(t, "duration[_OTHER] 1", "exported[] 0", "exported[_OTHER] 30", "inflight[] 0")
}

func TestTelemetry_AfterShutdown(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		w := newWatch()
		e := newExporter(t, toServer(srv), WithMeterProvider(w), WithoutSelfMetrics())
		srv.Fail(apptuittest.Fault{Hang: true})
		done := make(chan error)
		go func() { done <- e.Export(t.Context(), points(10)) }()
		time.Sleep(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_ = e.Shutdown(ctx)
		<-done
		w.want(t, "duration[shutdown] 1", "exported[] 0", "exported[shutdown] 10", "inflight[] 0")
		if err := e.Export(t.Context(), points(5)); !errors.Is(err, sdkmetric.ErrExporterShutdown) {
			t.Errorf("Export: %v", err)
		}
		w.want(t, "duration[shutdown] 2", "exported[] 0", "exported[shutdown] 15", "inflight[] 0")
	})
}

func TestTelemetry_WithoutMeterProvider(t *testing.T) {
	if _, err := New(t.Context(), WithEndpoint("http://localhost"), WithMeterProvider(nil)); err == nil || !strings.Contains(err.Error(), "WithMeterProvider: the provider is nil") {
		t.Errorf("New: %v", err)
	}
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv), WithMeterProvider(noop.NewMeterProvider()))
	mustExport(t, e, points(3))
	if err := e.Export(t.Context(), nil); err != nil {
		t.Errorf("Export of nil: %v", err)
	}
}
