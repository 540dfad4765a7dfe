// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package autoexport_test

import (
	"strconv"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/runtimemetrics"
)

// produced returns the names of all instruments of package runtimemetrics on this system, and the
// names of the histograms among them.
func produced(t *testing.T) (names map[string]bool, histograms map[string]bool) {
	t.Helper()
	scopes, err := runtimemetrics.NewCompleteProducer().Produce(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	names, histograms = make(map[string]bool), make(map[string]bool)
	for _, scope := range scopes {
		for _, m := range scope.Metrics {
			names[m.Name] = true
			if _, ok := m.Data.(metricdata.Histogram[float64]); ok {
				histograms[m.Name] = true
			}
		}
	}
	if len(names) < 14 || len(histograms) != 2 {
		t.Fatalf("%d instruments, %d histograms", len(names), len(histograms))
	}
	return names, histograms
}

// With OTEL_METRICS_PRODUCERS=runtime, each exporter exports all instruments of the process and the
// Go runtime.
func TestRuntimeProducer_ExportsAllInstruments(t *testing.T) {
	names, histograms := produced(t)
	delete(names, "go.memory.gc.cpu.utilization") // the child may end before its first garbage collection
	for _, exporter := range []string{"apptuit", "otlp", "otlp,apptuit", "console", "console,apptuit"} {
		for _, producers := range []string{"runtime", "none,runtime", "runtime,prometheus", "runtime,runtime"} {
			t.Run(exporter+" "+producers, func(t *testing.T) {
				t.Parallel()
				s := newTarget(t)
				o := run(t, "register", s.variables("OTEL_METRICS_EXPORTER="+exporter, "OTEL_METRICS_PRODUCERS="+producers)...)
				if o.failed || o.stderr != "" {
					t.Fatalf("failed: %t, stderr:\n%s", o.failed, o.stderr)
				}
				received, _ := s.otlp.metrics()
				for name := range names {
					if strings.Contains(exporter, "otlp") && received[name] == nil {
						t.Errorf("OTLP's server did not receive %s", name)
					}
					if strings.Contains(exporter, "console") && !strings.Contains(o.stdout, `"Name":"`+name+`"`) {
						t.Errorf("the console does not show %s", name)
					}
					if strings.Contains(exporter, "apptuit") {
						series := strings.ReplaceAll(name, ".", "_")
						if histograms[name] {
							series += "_count"
						}
						if s.value(series) == "" {
							t.Errorf("Apptuit's server did not receive %s", series)
						}
					}
				}
				if strings.Contains(exporter, "apptuit") {
					plausible(t, s)
				}
			})
		}
	}
}

func plausible(t *testing.T, s *target) {
	t.Helper()
	for _, check := range []struct {
		name      string
		low, high float64
	}{
		{"process_uptime", 0, 120},
		{"process_cpu_time", 0, 240},
		{"process_memory_usage", 1 << 20, 8 << 30},
		{"process_rusage_memory_peak", 1 << 20, 8 << 30},
		{"process_thread_count", 1, 1000},
		{"process_unix_file_descriptor_count", 3, 10000},
		{"process_context_switches", 0, 1e6},
		{"go_goroutine_count", 1, 1000},
		{"go_processor_limit", 1, 1024},
		{"go_memory_used", 1 << 10, 8 << 30},
		{"go_schedule_duration_count", 1, 1e7},
	} {
		text := s.value(check.name)
		if text == "" {
			continue // not on this system: TestRuntimeProducer_ExportsAllInstruments checks all others
		}
		if v, err := strconv.ParseFloat(text, 64); err != nil || v < check.low || v > check.high {
			t.Errorf("%s is %q, want %v to %v", check.name, text, check.low, check.high)
		}
	}
}

// If a program uses both the producer and runtimemetrics.Start, their points collide. The first
// points are stored, and the collision is reported.
func TestRuntimeProducer_BesideStartCollides(t *testing.T) {
	s := newTarget(t)
	c := start(t, "runtimemetrics started", s.variables("OTEL_METRICS_EXPORTER=apptuit", "OTEL_METRICS_PRODUCERS=runtime",
		"OTEL_METRIC_EXPORT_INTERVAL=20")...)
	// Exports with the orders also contain the instruments of runtimemetrics.Start.
	eventually(t, "three exports of the orders", func() bool {
		n := 0
		for _, p := range s.Points() {
			if p.Metric == "orders" {
				n++
			}
		}
		return n >= 3
	})
	o := c.end(t)
	if want := "render to one series and timestamp: the first is sent"; !strings.Contains(o.stderr, want) {
		t.Errorf("the collision is not reported:\n%s", o.stderr)
	}
	if s.value("process_cpu_time") == "" || s.value("orders") != "3" {
		t.Error("the first points were not stored")
	}
}
