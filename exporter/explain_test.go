// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/explain"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// wireText returns a point as text, for comparisons.
func wireText(metric string, tags map[string]string, at time.Time, value string) string {
	return fmt.Sprintf("%s%v %d %s", metric, tags, at.UnixMilli(), value)
}

// wantExplained requires that an explanation agrees with an Export that follows it: the points
// that arrive, the number of points that are rejected, and the tags with their origins.
func wantExplained(t *testing.T, e *Exporter, handler *apptuittest.Handler, rm *metricdata.ResourceMetrics) {
	t.Helper()
	var explained []string
	rejected := 0
	for _, p := range explain.Of(e)(rm) {
		rejected += len(p.Rejected)
		for _, point := range p.Points {
			explained = append(explained, wireText(point.Metric, point.Tags, point.Time, point.Value.String()))
			wantOrigins(t, &p, point)
		}
	}
	handler.Reset()
	err := e.Export(t.Context(), rm)
	failed := 0
	if err != nil {
		failed = sendErrorOf(t, err).Failed
	}
	var sent []string
	for _, p := range handler.Points() {
		sent = append(sent, wireText(p.Metric, p.Tags, p.Time(), p.Value.String()))
	}
	slices.Sort(explained)
	slices.Sort(sent)
	if diff := cmp.Diff(sent, explained); diff != "" || rejected != failed {
		t.Errorf("%d points are rejected, and %d in the explanation; -sent +explained:\n%s", failed, rejected, diff)
	}
}

// wantOrigins requires that the tags of a point are those of its origins, apart from a label.
func wantOrigins(t *testing.T, p *explain.DataPoint, point explain.Point) {
	t.Helper()
	var tags []model.Tag
	for _, o := range p.Tags {
		if o.Value != "" {
			tags = append(tags, model.Tag{Key: o.Key, Value: o.Value})
		}
		if len(o.From) == 0 {
			t.Errorf("the tag %s of %s comes from nowhere", o.Key, point.Metric)
		}
	}
	want := []map[string]string{mapOf(tags)}
	if k := p.Spec.Kind; k == convert.Histogram || k == convert.Exponential || k == convert.Summary {
		for _, label := range []string{"le", "quantile"} {
			if v, ok := point.Tags[label]; ok {
				want = append(want, mapOf(model.WithTag(nil, tags, model.Tag{Key: label, Value: v})))
			}
		}
	}
	if !slices.ContainsFunc(want, func(m map[string]string) bool { return maps.Equal(m, point.Tags) }) {
		t.Errorf("%s has the tags %v, want one of %v", point.Metric, point.Tags, want)
	}
}

func mapOf(tags []model.Tag) map[string]string {
	m := map[string]string{}
	for _, t := range tags {
		m[t.Key] = t.Value
	}
	return m
}

// FuzzExplain explains arbitrary metrics with arbitrary options, and compares the explanation
// with what is sent.
func FuzzExplain(f *testing.F) {
	for kind := range kinds {
		for n := range 12 {
			f.Add(seedTape(kind, 1+2*n))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		bytes := &tape{data}
		handler := apptuittest.NewHandler(apptuittest.WithProfile(apptuittest.VictoriaMetrics))
		opts, _ := bytes.anyOptions(handler)
		opts = append(opts, WithoutSelfMetrics())
		if bytes.below(3) == 1 {
			opts = append(opts, WithClientOptions(apptuitclient.WithTagValueRule(encoding.TagValuesOpenTSDB), apptuitclient.WithMaxTags(1+bytes.below(9))))
		}
		if bytes.below(4) == 1 {
			opts = append(opts, inReporterLayout())
		}
		if bytes.below(3) == 1 {
			opts = append(opts, WithTags(map[string]string{bytes.text(): bytes.text(), "shared": bytes.text()}))
		}
		if bytes.below(3) == 1 {
			opts = append(opts, WithAttributeFilter(func(kv attribute.KeyValue) bool { return len(kv.Key)%2 == 0 }))
		}
		e, err := New(t.Context(), opts...)
		var invalid *encoding.Error
		if errors.As(err, &invalid) && invalid.Field == encoding.FieldTagKey {
			t.Skipf("NOT TESTED: %v", err) // WithTags has a key that is invalid in this sanitize mode
		} else if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = e.Shutdown(t.Context()) }()
		e.cfg.target.Value = nil // explanations leave target_info out
		wantExplained(t, e, handler, bytes.resourceMetrics())
	})
}

// explainOne explains one data point of a gauge.
func explainOne(t *testing.T, res *resource.Resource, attributes []attribute.KeyValue, opts ...Option) explain.DataPoint {
	t.Helper()
	e, err := New(t.Context(), append(opts, WithEndpoint("http://fake.test"), WithoutSelfMetrics())...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Shutdown(t.Context()) }()
	all := explain.Of(e)(&metricdata.ResourceMetrics{Resource: res, ScopeMetrics: []metricdata.ScopeMetrics{{
		Scope: instrumentation.Scope{Name: "shop", Version: "2"},
		Metrics: []metricdata.Metrics{{Name: "queue.length", Data: metricdata.Gauge[int64]{DataPoints: []metricdata.DataPoint[int64]{
			{Attributes: attribute.NewSet(attributes...), Time: time.Unix(1_700_000_000, 0), Value: 7},
		}}}},
	}}})
	if len(all) != 1 {
		t.Fatalf("%d data points", len(all))
	}
	return all[0]
}

// origin returns the origins of a tag as "value < source=value < source=value".
func origin(p explain.DataPoint, key string) string {
	for _, o := range p.Tags {
		if o.Key == key {
			text := o.Value
			for _, c := range o.From {
				text += " < " + c.Source + "=" + c.Value
			}
			return text
		}
	}
	return "none"
}

func TestExplain_SourceOfEachTag(t *testing.T) {
	t.Setenv("APPTUIT_TAGS", "env: variable, dc: fra, host: none")
	res := resource.NewSchemaless(attribute.String("service.name", "shop"), attribute.String("host.name", "web1"),
		attribute.String("k8s.pod.name", "shop-1"))
	p := explainOne(t, res, []attribute.KeyValue{attribute.String("env", "point"), attribute.String("http.route", "/a"), attribute.String("http_route", "/b"), attribute.String("zone", "")},
		WithTags(map[string]string{"env": "option", "zone": "eu"}), WithClientOptions(apptuitclient.WithTags(map[string]string{"env": "client"})))
	for key, want := range map[string]string{
		"env":             "point < attribute=point < WithTags=option < the client's WithTags=client < APPTUIT_TAGS=variable",
		"dc":              "fra < APPTUIT_TAGS=fra",
		"host":            "none < APPTUIT_TAGS=none < host=web1",
		"service_name":    "shop < resource attribute=shop",
		"otel_scope_name": "shop < scope=shop",
		"http_route":      "/a;/b < attribute=/a;/b",
		"zone":            " < attribute= < WithTags=eu", // an empty value suppresses the other sources
		"k8s_pod_name":    "none",
	} {
		if got := origin(p, key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	want := []explain.Unused{{Tag: model.Tag{Key: "k8s.pod.name", Value: "shop-1"}, Source: explain.Resource}}
	if diff := cmp.Diff(want, p.Unused); diff != "" {
		t.Error(diff)
	}
	if len(p.Points) != 1 || p.Points[0].Metric != "queue_length" || len(p.Rejected) > 0 {
		t.Errorf("%+v", p)
	}
}

func TestExplain_Rejected(t *testing.T) {
	t.Parallel()
	p := explainOne(t, nil, nil, WithoutHostTag(), WithoutScopeTags())
	if len(p.Points) > 0 || len(p.Rejected) != 1 || !errors.Is(p.Rejected[0].Err, encoding.ErrNoTags) || p.Rejected[0].Metric != "queue_length" {
		t.Errorf("%+v", p)
	}
}

// An explanation does not advance timestamps or the state of the reporter layout, and does not count as
// a report of a rejection.
func TestExplain_HasNoEffect(t *testing.T) {
	t.Parallel()
	for _, layout := range []Layout{LayoutDefault, LayoutReporter} {
		handler := apptuittest.NewHandler()
		e, err := New(t.Context(), WithLayout(layout), WithoutSelfMetrics(), WithClientOptions(
			apptuitclient.WithEndpoint("http://fake.test"), apptuitclient.WithHTTPClient(&http.Client{Transport: direct{handler}})))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Unix(1_700_000_000, 0)
		rm := &metricdata.ResourceMetrics{ScopeMetrics: []metricdata.ScopeMetrics{{Metrics: []metricdata.Metrics{
			{Name: "latency", Unit: "s", Data: metricdata.ExponentialHistogram[float64]{Temporality: metricdata.DeltaTemporality, DataPoints: []metricdata.ExponentialHistogramDataPoint[float64]{
				{StartTime: start, Time: start.Add(time.Minute), Count: 2, Sum: 3, Scale: 0, PositiveBucket: metricdata.ExponentialBucket{Counts: []uint64{1, 1}}},
			}}},
		}}}}
		for range 3 {
			explain.Of(e)(rm)
		}
		wantExplained(t, e, handler, rm)
		if n := handler.Total(); n < 3 {
			t.Errorf("%v: %d points", layout, n)
		}
		if text := fmt.Sprint(e); strings.Contains(text, "explain") {
			t.Errorf("%v: %s", layout, text)
		}
		if err := e.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
