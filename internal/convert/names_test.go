// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// The examples come from the specification and from otlptranslator, unless a comment says
// otherwise.
func TestNames_PrometheusMetric(t *testing.T) {
	n := Names{Prometheus: true}
	f := func(name, unit string, kind Kind, monotonic bool, want string) {
		t.Helper()
		series := n.metric(InstrumentSpec{Name: name, Unit: unit, Kind: kind, Monotonic: monotonic})
		if got := series(""); got != want {
			t.Errorf("%q in %q is %q, want %q", name, unit, got, want)
		}
		if want == "_" {
			want = "" // no translation: the name and the suffix are sanitized together
		}
		if got := series(".count"); got != want+"_count" {
			t.Errorf("%q in %q has the series %q, want %q", name, unit, got, want+"_count")
		}
	}
	f("http.server.duration", "s", Histogram, false, "http_server_duration_seconds")
	f("http.server.duration", "ms", Exponential, false, "http_server_duration_milliseconds")
	f("wait", "us", Summary, false, "wait_microseconds")
	f("requests", "1", Sum, true, "requests_total")
	f("requests", "{request}", Sum, true, "requests_total")
	f("io", "By/s", Sum, false, "io_bytes_per_second")
	f("utilization", "1", Gauge, false, "utilization_ratio")
	f("utilization", "1", Sum, false, "utilization")
	f("utilization", "%", Gauge, false, "utilization_percent")
	f("req.total", "", Sum, true, "req_total")
	f("req.total", "", Gauge, false, "req_total")
	f("total.req", "", Sum, true, "req_total")
	f("x_seconds", "s", Sum, true, "x_seconds_total")
	f("seconds_x", "s", Gauge, false, "seconds_x")
	f("5xx", "", Gauge, false, "_5xx")
	f("5xx", "", Histogram, false, "_5xx")
	f("__a..b__", "", Gauge, false, "a_b")
	f("größe/总数", "", Gauge, false, "gr_e")
	f("a", "m%", Sum, true, "a_m__total") // the unit has a valid character, so that it is appended without translation
	// Our rules: colons are replaced, and a name without any valid character is sanitized.
	f("rule:sum", "", Gauge, false, "rule_sum")
	f("a", "b:c", Gauge, false, "a_b_c")
	f("///", "", Gauge, false, "_")
	f("///", "", Histogram, false, "_")
	f("总数", "", Gauge, false, "_")
	f("总数", "s", Gauge, false, "seconds")
}

func TestNames_PrometheusKeys(t *testing.T) {
	n := Names{Prometheus: true}
	for attribute, want := range map[string]string{
		"http.method": "http_method", "a..b--c": "a_b_c", "2nd": "key_2nd", "_x": "_x", "größe": "gr_e",
		// Our rules: reserved labels of Prometheus, and attributes without a valid character.
		"__name__": "_name_", "__": "_", "____": "_", "-": "_", "город": "_", "": "",
	} {
		if got := n.key(attribute); got != want {
			t.Errorf("%q is %q, want %q", attribute, got, want)
		}
	}
}

// The values of attributes whose keys become equal are joined, in the order of the values and
// including empty values. Without Prometheus names, the order is that of the original keys, and empty
// values are omitted.
func TestNames_JoinValuesOfEqualKeys(t *testing.T) {
	tags := parseTags("a-b=,a.b=z,a_b=y,c=")
	for prometheus, want := range map[bool]string{true: "{a_b=;y;z,c=}", false: "{a_b=z;y,c=}"} {
		got, err := Names{Prometheus: prometheus}.Layer(append([]model.Tag(nil), tags...))
		if err != nil || tagsText(got) != want {
			t.Errorf("Prometheus %v: %s, %v, want %s", prometheus, tagsText(got), err, want)
		}
	}
}

// Instruments that differ only in unit or kind are separate instruments only if their translated
// names differ.
func TestNames_InstrumentsWithEqualNamesAreOne(t *testing.T) {
	specs := []InstrumentSpec{
		{Name: "n", Unit: "s"}, {Name: "n", Unit: "By"}, {Name: "n", Unit: "s", Monotonic: true}, {Name: "n", Unit: "1", Kind: Gauge},
	}
	f := func(names Names, instruments int, want ...string) {
		t.Helper()
		h := newHarness(t, Config{Names: names})
		for range 2 {
			r := h.export(func() {
				scope := h.Scope("scope", "1.0", "", "", noTags)
				for i, spec := range specs {
					h.Number(h.point(scope.Instrument(spec, 1), "k=v"), stamp, model.Int(int64(i)))
				}
				if n := len(scope.instruments); n != instruments {
					t.Errorf("%d instruments, want %d", n, instruments)
				}
			})
			wantPoints(t, r, want...)
		}
	}
	f(Names{}, 2, "n{k=v} 0")
	f(Names{Prometheus: true}, 4, "n_seconds{k=v} 0", "n_bytes{k=v} 1", "n_seconds_total{k=v} 2", "n_ratio{k=v} 3")
}

// Translated units can give a number the metric of a histogram's line. Their points collide.
func TestCollision_UnitsMakeNamesEqual(t *testing.T) {
	h := newHarness(t, Config{Names: Names{Prometheus: true}})
	for range 2 {
		r := h.export(func() {
			scope := h.Scope("scope", "1.0", "", "", noTags)
			latency := scope.Instrument(InstrumentSpec{Name: "latency", Unit: "s", Kind: Histogram}, 1)
			number := scope.Instrument(InstrumentSpec{Name: "latency.seconds.sum", Kind: Gauge}, 1)
			h.Histogram(h.point(latency, "k=v"), stamp, &HistogramPoint{Count: 1, Sum: set(model.Int(2))})
			h.Number(h.point(number, "k=v"), stamp, model.Int(3))
		})
		wantPoints(t, r, "latency_seconds_count{k=v} 1", "latency_seconds_bucket{k=v,le=+Inf} 1", "latency_seconds_sum{k=v} 2")
	}
}

func TestNames_PrometheusScopeTags(t *testing.T) {
	attributes := "a.b=z,a_b=y,name=no,schema.url=no,=no,version=no,x=1"
	for name, tt := range map[string]struct {
		names Names
		want  string
	}{
		"Prometheus":               {Names{Prometheus: true}, "{otel_scope_a_b=y;z,otel_scope_name=one,otel_scope_schema_url=https://a/1,otel_scope_version=1.0,otel_scope_x=1}"},
		"without Prometheus names": {Names{}, "{otel_scope_name=one,otel_scope_version=1.0}"},
	} {
		if diff := cmp.Diff(tt.want, tagsText(tt.names.scope("one", "1.0", "https://a/1", parseTags(attributes)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	// The attributes of a scope are requested once, or never without scope tags.
	for scopeTags, want := range map[bool]int{true: 1, false: 0} {
		asked := 0
		h := newHarness(t, Config{ScopeTags: scopeTags})
		for range 3 {
			h.export(func() {
				h.Scope("one", "", "", "a", func() []model.Tag {
					asked++
					return nil
				})
			})
		}
		if asked != want {
			t.Errorf("with scope tags %v: the attributes were requested %d times, want %d", scopeTags, asked, want)
		}
	}
}
