// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// The values have a special meaning in JSON, PromQL, InfluxDB's line protocol or careless code. The
// servers store them unchanged.
func TestTagValues_AreStoredUnchanged(t *testing.T) {
	values := []string{
		"Zürich", "日本語", "Ελληνικά", "עברית", "😀", "🏳️‍🌈 flag", "é", "e\u0301", "\ufffd", "\u2028", "\ufeffmark",
		"a b", " leading", "trailing ", `say "hi"`, "'single'", `back\slash`, `\leading`, `\"`, `\,`, `\=`, `\ `, `a\\b`, `c\,d`, `\n`, `\u00e9`,
		"k=v", "a,b", "a=b,c d", "{x}", `{a="b"}`, "[1]", "<b>&amp;</b>", "%41+%20", "$1", "#", "/a/b?c=d", "null", "1.5", "true", "-",
		"new\nline", "\r\n", "tab\there", "\x01\x1f\x7f", "nul\x00byte", strings.Repeat("long ", 200),
	}
	// JSON is UTF-8: each other byte is replaced (Unicode, U+FFFD).
	notUTF8 := map[string]string{"bad\xff!": "bad\ufffd!", "\xe6\x97cut": "\ufffd\ufffdcut"}

	onEachBackend(t, func(t *testing.T, b backend) {
		var points []metricdata.DataPoint[int64]
		var want []servers.Point
		add := func(value, stored string) {
			points = append(points, metricdata.DataPoint[int64]{
				Attributes: attribute.NewSet(attribute.String("text", value), attribute.String("zone", "z")),
				Time:       past, Value: int64(len(points)),
			})
			want = append(want, servers.Point{
				Metric: "texts", Tags: map[string]string{"text": stored, "zone": "z"}, Time: millis(past), Value: float64(len(want)),
			})
		}
		for _, v := range values {
			add(v, v)
		}
		for v, stored := range notUTF8 {
			add(v, stored)
		}
		exportOnce(t, b, resource.Empty(), metricdata.Metrics{Name: "texts", Data: metricdata.Gauge[int64]{DataPoints: points}})
		b.holds(t, want)
	})
}

// InfluxDB 1.6 does not escape the backslashes of a value: a backslash at the end escapes the comma after
// it, and the next tag becomes part of the value.
func TestTagValues_ThatEndInABackslashAreGarbledByInfluxDB(t *testing.T) {
	stored := map[string]map[string]string{
		"VictoriaMetrics": {"text": `C:\`, "zone": "z"},
		"InfluxDB":        {"text": `C:,zone=z`},
	}
	onEachBackend(t, func(t *testing.T, b backend) {
		exportOnce(t, b, resource.Empty(), metricdata.Metrics{Name: "texts", Data: metricdata.Gauge[int64]{DataPoints: []metricdata.DataPoint[int64]{{
			Attributes: attribute.NewSet(attribute.String("text", `C:\`), attribute.String("zone", "z")),
			Time:       past, Value: 1,
		}}}})
		b.holds(t, []servers.Point{{Metric: "texts", Tags: stored[b.name], Time: millis(past), Value: 1}})
	})
}

// With the profile of each server, the client sends tags that InfluxDB 1.6 would garble or refuse: values
// that end in backslashes, before another tag and as the last tag, and the key time. Both servers have the
// points as they were accepted, also after a restart.
func TestProfile_KeepsTagsThatInfluxDBGarbles(t *testing.T) {
	t.Parallel()
	values := []string{`C:\`, `\`, `a\\`, `a\b\`, `a,b=c d\`, "日本\\", `\,`, "new\nline", "plain"}
	send := func(t *testing.T, server apptuitclient.Server, endpoint string, stored func(value string) string, key string) (want []servers.Point) {
		t.Helper()
		var points []metricdata.DataPoint[int64]
		for i, v := range values {
			points = append(points, metricdata.DataPoint[int64]{
				Attributes: attribute.NewSet(attribute.String("text", v), attribute.String("time", "noon"), attribute.String("zone", v+`\`)),
				Time:       past, Value: int64(i),
			})
			want = append(want, servers.Point{
				Metric: "texts", Tags: map[string]string{"text": stored(v), key: "noon", "zone": stored(v + `\`)}, Time: millis(past), Value: float64(i),
			})
		}
		exp := newExporter(t, endpoint, exporter.WithoutHostTag(), exporter.WithoutSelfMetrics(), exporter.WithServer(server))
		rm := metricdata.ResourceMetrics{Resource: resource.Empty(), ScopeMetrics: []metricdata.ScopeMetrics{{
			Metrics: []metricdata.Metrics{{Name: "texts", Data: metricdata.Gauge[int64]{DataPoints: points}}},
		}}}
		if err := exp.Export(within(t, 20*time.Second), &rm); err != nil {
			t.Fatal(err)
		}
		return want
	}
	t.Run("InfluxDB", func(t *testing.T) {
		t.Parallel()
		i := servers.StartInfluxDB(t)
		underscores := func(value string) string {
			for n := len(value) - 1; n >= 0 && value[n] == '\\'; n-- {
				value = value[:n] + "_" + value[n+1:]
			}
			return value
		}
		want := send(t, apptuitclient.ServerInfluxDB, i.Endpoint(), underscores, "exported_time")
		for range 2 {
			if diff := servers.Diff(want, i.Points(t), 0); diff != "" {
				t.Error(diff)
			}
			i.Stop(t)
			i.Restart(t)
		}
	})
	t.Run("VictoriaMetrics", func(t *testing.T) {
		t.Parallel()
		v := servers.StartVictoriaMetrics(t)
		want := send(t, apptuitclient.ServerVictoriaMetrics, v.Endpoint(), func(value string) string { return value }, "time")
		for i := range want {
			want[i].Time = past.UnixMilli()
		}
		if diff := servers.Diff(want, v.Points(t), servers.VictoriaMetricsTolerance); diff != "" {
			t.Error(diff)
		}
	})
}

// No server accepts these names without sanitizing.
func TestExport_SanitizesNamesAndKeys(t *testing.T) {
	onEachBackend(t, func(t *testing.T, b backend) {
		gauge := func(name string, attributes ...attribute.KeyValue) metricdata.Metrics {
			return metricdata.Metrics{Name: name, Data: metricdata.Gauge[float64]{DataPoints: []metricdata.DataPoint[float64]{{
				Attributes: attribute.NewSet(attributes...), Time: past, Value: 0.5,
			}}}}
		}
		r := resource.NewSchemaless(attribute.String("service.name", "s"))
		exportOnce(t, b, r,
			gauge("5xx.größe/总数", attribute.String("käse.1", "a"), attribute.String("9", "nine")),
			gauge("with space", attribute.String("a.b", "x"), attribute.String("a-b", "y"), attribute.String("service.name", "own")),
		)
		point := func(name string, tags map[string]string) servers.Point {
			merged := map[string]string{"service_name": "s"}
			maps.Copy(merged, tags)
			return servers.Point{Metric: name, Tags: merged, Time: millis(past), Value: 0.5}
		}
		b.holds(t, []servers.Point{
			point("_5xx_gr_e_", map[string]string{"k_se_1": "a", "_9": "nine"}),
			point("with_space", map[string]string{"a_b": "y;x", "service_name": "own"}),
		})
	})
}

// exportOnce exports metrics without the host tag and self metrics. All points must be accepted.
func exportOnce(t *testing.T, b backend, r *resource.Resource, metrics ...metricdata.Metrics) {
	t.Helper()
	exp := newExporter(t, b.endpoint, exporter.WithoutHostTag(), exporter.WithoutSelfMetrics())
	ctx := within(t, 20*time.Second)
	rm := metricdata.ResourceMetrics{Resource: r, ScopeMetrics: []metricdata.ScopeMetrics{{Metrics: metrics}}}
	if err := exp.Export(ctx, &rm); err != nil {
		t.Fatal(err)
	}
	if s := exp.Stats(); s.Produced == 0 || s.Accepted != s.Produced {
		t.Errorf("stats: %+v", s)
	}
	if err := exp.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}
