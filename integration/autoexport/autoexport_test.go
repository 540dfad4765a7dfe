// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package autoexport_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// password is a secret in an endpoint, which no child may print.
const password = "pw-58e2b4a0"

// With OTEL_METRICS_EXPORTER=apptuit, points are exported to Apptuit as the APPTUIT_* variables
// configure.
func TestRegister_ExportsToApptuit(t *testing.T) {
	s := newTarget(t)
	o := run(t, "register", s.variables("OTEL_METRICS_EXPORTER=apptuit", "APPTUIT_PREFIX=acme.",
		"OTEL_RESOURCE_ATTRIBUTES=service.instance.id=7")...)
	if o.failed {
		t.Fatalf("the program failed:\n%s", o.stderr)
	}
	var got []apptuittest.Point
	for _, p := range s.Points() {
		if !strings.Contains(p.Metric, "apptuit_") {
			p.Timestamp = ""
			got = append(got, p)
		}
	}
	want := []apptuittest.Point{{
		Metric: "acme_orders", Value: "3",
		Tags: map[string]string{"env": "test", "otel_scope_name": "shop", "service_name": "shop", "service_instance_id": "7"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("points (-want +got):\n%s", diff)
	}
	if got := s.otlp.received(); len(got) > 0 {
		t.Errorf("an OTLP server received %q", got)
	}
}

// All other values of OTEL_METRICS_EXPORTER select the same exporters as without this package.
func TestRegister_OtherExportersDoNotChange(t *testing.T) {
	const apptuit, otlp, none = "apptuit", "otlp", "none"
	for _, test := range []struct{ name, child, variable, want string }{
		{"apptuit", "register", "OTEL_METRICS_EXPORTER=apptuit", apptuit},
		{"registered twice", "register twice", "OTEL_METRICS_EXPORTER=apptuit", apptuit},
		{"registered concurrently", "register concurrently", "OTEL_METRICS_EXPORTER=apptuit", apptuit},
		{"unset", "register", "", otlp},
		{"empty", "register", "OTEL_METRICS_EXPORTER=", otlp},
		{"otlp", "register", "OTEL_METRICS_EXPORTER=otlp", otlp},
		{"none", "register", "OTEL_METRICS_EXPORTER=none", none},
		{"a fallback, unset", "fallback", "", apptuit},
		{"a fallback, otlp", "fallback", "OTEL_METRICS_EXPORTER=otlp", otlp},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newTarget(t)
			variables := s.variables()
			if test.variable != "" {
				variables = append(variables, test.variable)
			}
			o := run(t, test.child, variables...)
			if o.failed {
				t.Fatalf("the program failed:\n%s", o.stderr)
			}
			if got, want := s.value("orders") == "3", test.want == apptuit; got != want {
				t.Errorf("Apptuit's server received the orders: %t, want %t", got, want)
			}
			if got, want := slices.Contains(s.otlp.received(), "/v1/metrics"), test.want == otlp; got != want {
				t.Errorf("the OTLP server received metrics: %t, want %t", got, want)
			}
			if got, want := strings.Contains(o.stdout, "none: true"), test.want == none; got != want {
				t.Errorf("IsNoneMetricReader is %t, want %t", got, want)
			}
		})
	}
}

// An invalid variable is an error that says how to correct it. Nothing is sent.
func TestNewMetricReader_Faults(t *testing.T) {
	const chosen = "OTEL_METRICS_EXPORTER=apptuit"
	for _, test := range []struct {
		name, child string
		variables   []string
		want        []string
	}{
		{
			"an unknown exporter", "register",
			[]string{"OTEL_METRICS_EXPORTER=nagios"},
			[]string{"unknown exporter"},
		},
		{
			"without Register", "not registered",
			[]string{chosen},
			[]string{"unknown exporter"},
		},
		{
			"no token", "register",
			[]string{chosen, "APPTUIT_ENDPOINT=", "APPTUIT_API_TOKEN="},
			[]string{"token is needed", "https://api.apptuit.ai", "APPTUIT_API_TOKEN"},
		},
		{
			"an endpoint that is not a URL", "register",
			[]string{chosen, "APPTUIT_ENDPOINT=apptuit.example"},
			[]string{"APPTUIT_ENDPOINT", "https://host:port"},
		},
		{
			"an endpoint with a password", "register",
			[]string{chosen, "APPTUIT_ENDPOINT=https://user:" + password + "@apptuit.example"},
			[]string{"APPTUIT_ENDPOINT", "user information"},
		},
		{
			"an endpoint that is the token", "register",
			[]string{chosen, "APPTUIT_ENDPOINT=" + token},
			[]string{"APPTUIT_ENDPOINT"},
		},
		{
			"a token that is not a valid header", "register",
			[]string{chosen, "APPTUIT_API_TOKEN=" + token + "\n" + password},
			[]string{"APPTUIT_API_TOKEN"},
		},
		{
			"an unknown producer", "register",
			[]string{chosen, "OTEL_METRICS_PRODUCERS=prometheus,statsd"},
			[]string{`OTEL_METRICS_PRODUCERS: producer "statsd"`, "only prometheus, runtime and none"},
		},
		{
			"a producer after a space", "register",
			[]string{chosen, "OTEL_METRICS_PRODUCERS=none, prometheus"},
			[]string{`producer " prometheus"`},
		},
		{
			"an empty producer", "register",
			[]string{chosen, "OTEL_METRICS_PRODUCERS=prometheus,"},
			[]string{`producer ""`},
		},
		{
			"several invalid variables", "register",
			[]string{chosen, "OTEL_METRICS_PRODUCERS=a,b", "APPTUIT_ENDPOINT=ftp://x", "APPTUIT_TEMPORALITY_PREFERENCE=none"},
			[]string{`"a"`, `"b"`, "APPTUIT_ENDPOINT", "APPTUIT_TEMPORALITY_PREFERENCE"},
		},
		{
			"an exporter of the same name registered before", "registered by the program",
			[]string{chosen},
			[]string{`"apptuit" of its own: duplicate registration`},
		},
		{
			"a producer of the same name registered before", "producer registered by the program",
			[]string{chosen},
			[]string{`producer "runtime" of its own: duplicate registration`},
		},
		{
			"an exporter of the same name registered later", "registered by the program later",
			[]string{chosen},
			[]string{`panic: duplicate registration: "apptuit"`},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			refused(t, test.child, test.variables, test.want)
		})
	}
}

// OTEL_METRICS_PRODUCERS has the same effect as with the exporters of the contrib package.
func TestNewMetricReader_Producers(t *testing.T) {
	for _, test := range []struct{ name, variable, sold string }{
		{"unset", "OTEL_METRICS_PRODUCERS=", ""},
		{"none", "OTEL_METRICS_PRODUCERS=none", ""},
		{"prometheus", "OTEL_METRICS_PRODUCERS=prometheus", "3.0"},
		{"both", "OTEL_METRICS_PRODUCERS=none,prometheus", "3.0"},
		{"repeated", "OTEL_METRICS_PRODUCERS=prometheus,prometheus", "3.0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newTarget(t)
			o := run(t, "register", s.variables("OTEL_METRICS_EXPORTER=apptuit", test.variable)...)
			if o.failed || o.stderr != "" {
				t.Fatalf("failed: %t, stderr:\n%s", o.failed, o.stderr)
			}
			if got := s.value("orders"); got != "3" {
				t.Errorf("orders is %q", got)
			}
			if got := s.value("sold"); got != test.sold {
				t.Errorf("the metric sold of Prometheus' registry is %q, want %q", got, test.sold)
			}
		})
	}
}

// OTEL_METRIC_EXPORT_INTERVAL sets the interval of exports.
func TestNewMetricReader_Interval(t *testing.T) {
	s := newTarget(t)
	c := start(t, "register", s.variables("OTEL_METRICS_EXPORTER=apptuit", "OTEL_METRIC_EXPORT_INTERVAL=20")...)
	deadline := time.Now().Add(time.Minute)
	for len(s.Requests()) < 3 && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
	if n := len(s.Requests()); n < 3 {
		t.Errorf("%d exports before the end of the program, want at least 3", n)
	}
	if o := c.end(t); o.failed {
		t.Errorf("the program failed:\n%s", o.stderr)
	}
}

// OTEL_METRIC_EXPORT_TIMEOUT ends a request before the longer APPTUIT_TIMEOUT.
func TestNewMetricReader_Timeout(t *testing.T) {
	s := newTarget(t)
	s.Fail(apptuittest.Fault{Hang: true})
	c := start(t, "register", s.variables("OTEL_METRICS_EXPORTER=apptuit",
		"OTEL_METRIC_EXPORT_INTERVAL=20", "OTEL_METRIC_EXPORT_TIMEOUT=300", "APPTUIT_TIMEOUT=60s")...)
	deadline := time.Now().Add(30 * time.Second)
	for s.Total() == 0 && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
	if s.Total() == 0 {
		t.Error("no export follows the export that hangs")
	}
	o := c.end(t)
	if o.failed {
		t.Errorf("the program failed:\n%s", o.stderr)
	}
	if !strings.Contains(o.stderr, "handled: ") || !strings.Contains(o.stderr, "deadline") {
		t.Errorf("the timeout is not reported:\n%s", o.stderr)
	}
}

// The SDK reports an invalid interval, and the program uses the default.
func TestNewMetricReader_InvalidIntervalIsDefault(t *testing.T) {
	s := newTarget(t)
	o := run(t, "register", s.variables("OTEL_METRICS_EXPORTER=apptuit", "OTEL_METRIC_EXPORT_INTERVAL=10s")...)
	if o.failed {
		t.Fatalf("the program failed:\n%s", o.stderr)
	}
	if got := s.value("orders"); got != "3" {
		t.Errorf("orders is %q", got)
	}
	if !strings.Contains(o.stderr, "OTEL_METRIC_EXPORT_INTERVAL") {
		t.Errorf("stderr does not name the variable:\n%s", o.stderr)
	}
}
