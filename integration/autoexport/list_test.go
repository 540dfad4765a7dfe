// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package autoexport_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// Each exporter of a list exports the orders once, with the resource of the program.
func TestList_ExportsToAll(t *testing.T) {
	const apptuit, otlp, grpc, console = "apptuit", "/v1/metrics", "grpc", "console"
	for _, test := range []struct {
		name, child string
		variables   []string
		want        []string
	}{
		{"otlp first", "register", []string{"OTEL_METRICS_EXPORTER=otlp,apptuit"}, []string{apptuit, otlp}},
		{"apptuit first", "register", []string{"OTEL_METRICS_EXPORTER=apptuit,otlp"}, []string{apptuit, otlp}},
		{"white space", "register", []string{"OTEL_METRICS_EXPORTER= otlp ,\tapptuit "}, []string{apptuit, otlp}},
		{"white space around a single exporter", "register", []string{"OTEL_METRICS_EXPORTER=apptuit "}, []string{apptuit}},
		{"repeated", "register", []string{"OTEL_METRICS_EXPORTER=apptuit,apptuit"}, []string{apptuit}},
		{"repeated among others", "register", []string{"OTEL_METRICS_EXPORTER=otlp,apptuit,otlp"}, []string{apptuit, otlp}},
		{"console", "register", []string{"OTEL_METRICS_EXPORTER=console,apptuit"}, []string{apptuit, console}},
		{"all three", "register", []string{"OTEL_METRICS_EXPORTER=console,otlp,apptuit"}, []string{apptuit, otlp, console}},
		{
			"http/protobuf", "register",
			[]string{"OTEL_METRICS_EXPORTER=otlp,apptuit", "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"},
			[]string{apptuit, otlp},
		},
		{
			"grpc", "register",
			[]string{"OTEL_METRICS_EXPORTER=otlp,apptuit", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"},
			[]string{apptuit, grpc},
		},
		{
			"grpc for metrics", "register",
			[]string{"OTEL_METRICS_EXPORTER=otlp,apptuit", "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL=grpc"},
			[]string{apptuit, grpc},
		},
		{
			"equal preferences", "register",
			[]string{
				"OTEL_METRICS_EXPORTER=otlp,apptuit",
				"OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION=base2_exponential_bucket_histogram",
				"APPTUIT_DEFAULT_HISTOGRAM_AGGREGATION=base2_exponential_bucket_histogram",
			},
			[]string{apptuit, otlp},
		},
		{"set after Register", "list set later", []string{"LIST=otlp,apptuit"}, []string{apptuit, otlp}},
		{"set after Register, and registered again", "list registered again", []string{"LIST=otlp, apptuit"}, []string{apptuit, otlp}},
		{"registered twice", "register twice", []string{"OTEL_METRICS_EXPORTER=otlp, apptuit"}, []string{apptuit, otlp}},
		{"registered concurrently", "register concurrently", []string{"OTEL_METRICS_EXPORTER=otlp, apptuit"}, []string{apptuit, otlp}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newTarget(t)
			variables := s.variables(test.variables...)
			if slices.Contains(test.want, grpc) {
				variables = append(variables, "OTEL_EXPORTER_OTLP_ENDPOINT="+s.otlp.serveGRPC(t))
			}
			o := run(t, test.child, variables...)
			if o.failed || o.stderr != "" {
				t.Fatalf("failed: %t, stderr:\n%s", o.failed, o.stderr)
			}

			var got []string
			orders := slices.DeleteFunc(s.Points(), func(p apptuittest.Point) bool { return p.Metric != "orders" })
			if len(orders) == 1 && orders[0].Value == "3" && orders[0].Tags["service_name"] == "shop" {
				got = append(got, apptuit)
			}
			if _, services := s.otlp.metrics(); s.otlp.orders() == 3 && slices.Equal(services, []string{"shop"}) {
				got = append(got, s.otlp.received()...)
			}
			if strings.Count(o.stdout, `"Name":"orders"`) == 1 && strings.Contains(o.stdout, `"Value":"shop"`) {
				got = append(got, console)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("the orders arrived once at %q, want %q; points at Apptuit's server: %v; stdout:\n%s", got, test.want, orders, o.stdout)
			}
		})
	}
}

// An invalid list is an error that says how to correct it. Nothing is sent.
func TestList_Faults(t *testing.T) {
	const both = "OTEL_METRICS_EXPORTER=otlp,apptuit"
	for _, test := range []struct {
		name      string
		variables []string
		want      []string
	}{
		{"none", []string{"OTEL_METRICS_EXPORTER=none,apptuit"}, []string{"OTEL_METRICS_EXPORTER: none cannot be in a list"}},
		{"prometheus", []string{"OTEL_METRICS_EXPORTER=prometheus,apptuit"}, []string{"prometheus cannot be in a list", "in code"}},
		{"an unknown exporter", []string{"OTEL_METRICS_EXPORTER=apptuit,nagios"}, []string{`exporter "nagios" cannot be in a list: only otlp, console and apptuit can`}},
		{"a name in capitals", []string{"OTEL_METRICS_EXPORTER=apptuit,OTLP"}, []string{`"OTLP" cannot be in a list`}},
		{"an empty name", []string{"OTEL_METRICS_EXPORTER=apptuit,"}, []string{"a name in the list is empty"}},
		{"a list without apptuit", []string{"OTEL_METRICS_EXPORTER=otlp,console"}, []string{"unknown exporter"}},
		{"a misspelt apptuit", []string{"OTEL_METRICS_EXPORTER=otlp,aptuit"}, []string{"unknown exporter"}},
		{
			"an invalid protocol of OTLP",
			[]string{both, "OTEL_EXPORTER_OTLP_PROTOCOL=http/json"},
			[]string{`OTEL_EXPORTER_OTLP_PROTOCOL: must be grpc or http/protobuf, not "http/json"`},
		},
		{
			"an invalid protocol of OTLP metrics",
			[]string{both, "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL=http"},
			[]string{`OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: must be grpc or http/protobuf, not "http"`},
		},
		{"no token", []string{both, "APPTUIT_ENDPOINT=", "APPTUIT_API_TOKEN="}, []string{"token is needed"}},
		{
			"OTLP prefers delta",
			[]string{both, "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta"},
			[]string{"must have cumulative temporality, but otlp has another: see OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "in code"},
		},
		{
			"OTLP prefers low memory",
			[]string{both, "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=lowmemory"},
			[]string{"must have cumulative temporality, but otlp has another"},
		},
		{
			"both prefer delta",
			[]string{both, "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta", "APPTUIT_TEMPORALITY_PREFERENCE=delta"},
			[]string{"otlp has another: see OTEL_EXPORTER", "apptuit has another: see APPTUIT_TEMPORALITY_PREFERENCE, APPTUIT_LAYOUT"},
		},
		{
			"the reporter layout",
			[]string{both, "APPTUIT_LAYOUT=reporter"},
			[]string{"apptuit has another: see APPTUIT_TEMPORALITY_PREFERENCE, APPTUIT_LAYOUT", "in code"},
		},
		{
			"other histograms",
			[]string{both, "APPTUIT_DEFAULT_HISTOGRAM_AGGREGATION=base2_exponential_bucket_histogram"},
			[]string{
				"same default aggregation, but apptuit has another than otlp",
				"see OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION, APPTUIT_DEFAULT_HISTOGRAM_AGGREGATION, APPTUIT_LAYOUT",
			},
		},
		{
			"several invalid variables",
			[]string{"OTEL_METRICS_EXPORTER=none,apptuit,nagios,otlp,,prometheus", "OTEL_EXPORTER_OTLP_PROTOCOL=x", "OTEL_METRICS_PRODUCERS=y", "APPTUIT_ENDPOINT=z"},
			[]string{"none cannot", `"nagios"`, "empty", "prometheus cannot", `"x"`, `"y"`, "APPTUIT_ENDPOINT"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			refused(t, "register", test.variables, test.want)
		})
	}
}

// If one exporter of a list fails, the error contains its name. The other exporter still exports.
func TestList_OneFails(t *testing.T) {
	const both = "OTEL_METRICS_EXPORTER=otlp,apptuit"
	for _, test := range []struct {
		name, variable string
		apptuit, otlp  bool
		want, wantNot  string
	}{
		{"a wrong token", "APPTUIT_API_TOKEN=wrong", false, true, "autoexport: apptuit: ", "autoexport: otlp:"},
		{"no server for Apptuit", "APPTUIT_ENDPOINT=http://127.0.0.1:1", false, true, "autoexport: apptuit: ", "autoexport: otlp:"},
		{"no server for OTLP", "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", true, false, "autoexport: otlp: ", "autoexport: apptuit:"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newTarget(t)
			o := run(t, "short end", s.variables(both, test.variable)...)
			if !o.failed {
				t.Error("the program did not fail")
			}
			if got := s.value("orders") == "3"; got != test.apptuit {
				t.Errorf("Apptuit's server received the orders: %t", got)
			}
			if got := s.otlp.orders() == 3; got != test.otlp {
				t.Errorf("the OTLP server received the orders: %t", got)
			}
			if !strings.Contains(o.stderr, test.want) || strings.Contains(o.stderr, test.wantNot) {
				t.Errorf("stderr must contain %q, and not %q:\n%s", test.want, test.wantNot, o.stderr)
			}
			if strings.Contains(o.stderr, test.want+"apptuit autoexport: ") {
				t.Errorf("an error has the name of the exporter twice:\n%s", o.stderr)
			}
		})
	}
}

// While one exporter of a list waits for a server that does not answer, the other exporter exports
// at each interval.
func TestList_OneHangs(t *testing.T) {
	for _, test := range []struct {
		name  string
		hang  func(*target)
		alive func(*target) int
	}{
		{
			"OTLP's server hangs", func(s *target) { s.otlp.hang.Store(true) },
			func(s *target) int { return len(s.Requests()) },
		},
		{
			"Apptuit's server hangs", func(s *target) { s.Fail(slices.Repeat([]apptuittest.Fault{{Hang: true}}, 100)...) },
			func(s *target) int { return len(s.otlp.received()) },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newTarget(t)
			test.hang(s)
			c := start(t, "short end", s.variables("OTEL_METRICS_EXPORTER=otlp,apptuit", "OTEL_METRIC_EXPORT_INTERVAL=20",
				"OTEL_METRIC_EXPORT_TIMEOUT=60000", "OTEL_EXPORTER_OTLP_TIMEOUT=60000", "APPTUIT_TIMEOUT=60s")...)
			eventually(t, "five exports of the other exporter", func() bool { return test.alive(s) >= 5 })
			if o := c.end(t); !o.failed {
				t.Error("Shutdown does not return the error of the exporter that hangs")
			}
		})
	}
}

func TestList_Timeouts(t *testing.T) {
	s := newTarget(t)
	s.otlp.hang.Store(true)
	s.Fail(slices.Repeat([]apptuittest.Fault{{Hang: true}}, 100)...)
	c := start(t, "short end", s.variables("OTEL_METRICS_EXPORTER=otlp,apptuit", "OTEL_METRIC_EXPORT_INTERVAL=20",
		"OTEL_METRIC_EXPORT_TIMEOUT=300", "OTEL_EXPORTER_OTLP_TIMEOUT=60000", "APPTUIT_TIMEOUT=60s")...)
	eventually(t, "second exports to both", func() bool { return len(s.otlp.received()) >= 2 && len(s.Requests()) >= 2 })
	o := c.end(t)
	for _, name := range []string{"otlp", "apptuit"} {
		if !strings.Contains(o.stderr, "handled: apptuit autoexport: "+name+": ") {
			t.Errorf("stderr does not report a timeout of %s:\n%s", name, o.stderr)
		}
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("there were no %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
