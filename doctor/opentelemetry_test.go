// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"strings"
	"testing"
)

func TestOpenTelemetry_ExporterVariable(t *testing.T) {
	newServer(t)
	for _, c := range []struct{ list, found, advice string }{
		{"aptuit", `there is no exporter "aptuit"`, "Did you mean apptuit?"},
		{"Apptuit", `there is no exporter "Apptuit"`, "Did you mean apptuit?"},
		{"otlp, aptuit", `there is no exporter "aptuit"`, "Did you mean apptuit?"},
		{"apptuit,otpl", `there is no exporter "otpl"`, "Did you mean otlp?"},
		{"apptuit,", `there is no exporter ""`, "an error for an unknown name"},
		{"datadog", `there is no exporter "datadog"`, "registers an exporter with this name"},
		{"otlp", "OTEL_METRICS_EXPORTER=otlp: a program that uses autoexport does not export to Apptuit", "OTEL_METRICS_EXPORTER=apptuit"},
		{"none", "OTEL_METRICS_EXPORTER=none: a program that uses autoexport does not export", "exporter.New"},
		{"otlp,console", "does not export to Apptuit", "OTEL_METRICS_EXPORTER=apptuit"},
		{"apptuit", "", ""},
		{" otlp , apptuit", "", ""},
	} {
		t.Run(c.list, func(t *testing.T) {
			t.Setenv("OTEL_METRICS_EXPORTER", c.list)
			o := doctor(t, WithoutProbe())
			o.has(t, "ok", "exporters", strings.TrimSpace(c.list)+", from OTEL_METRICS_EXPORTER")
			if c.found == "" {
				o.lacksStatus(t, Warning, "exporters")
				return
			}
			o.has(t, "warning", "exporters", c.found, c.advice)
		})
	}
}

func TestOpenTelemetry_IntervalsAndTimeouts(t *testing.T) {
	newServer(t)
	for _, c := range []struct{ variable, value, check, found, advice string }{
		{"OTEL_METRIC_EXPORT_INTERVAL", "10s", "export interval", "OTEL_METRIC_EXPORT_INTERVAL=10s is not valid: the SDK logs an error and uses 1m0s", "OTEL_METRIC_EXPORT_INTERVAL=10000."},
		{"OTEL_METRIC_EXPORT_INTERVAL", " 10000", "export interval", "is not valid", "integer of milliseconds"},
		{"OTEL_METRIC_EXPORT_INTERVAL", "0", "export interval", "is not valid", "for example OTEL_METRIC_EXPORT_INTERVAL=10000"},
		{"OTEL_METRIC_EXPORT_INTERVAL", "9223372036854776", "export interval", "is not valid", "integer of milliseconds"},
		{"OTEL_METRIC_EXPORT_INTERVAL", "15", "export interval", "is 15ms", "For 15 seconds, set OTEL_METRIC_EXPORT_INTERVAL=15000"},
		{"OTEL_METRIC_EXPORT_TIMEOUT", "1.5s", "export timeout", "is not valid: the SDK logs an error and uses 30s", "OTEL_METRIC_EXPORT_TIMEOUT=1500."},
		{"OTEL_METRIC_EXPORT_TIMEOUT", "1", "export timeout", "is 1ms", "OTEL_METRIC_EXPORT_TIMEOUT=1000"},
		{"APPTUIT_TIMEOUT", "1ms", "timeout", "a request may take 1ms, from APPTUIT_TIMEOUT", "The default is 60s"},
		{"APPTUIT_TIMEOUT", "10m", "timeout", "a request may take 10m0s, from APPTUIT_TIMEOUT, but an Export with all its requests ends after 30s", "OTEL_METRIC_EXPORT_TIMEOUT"},
	} {
		t.Run(c.variable+"="+c.value, func(t *testing.T) {
			t.Setenv(c.variable, c.value)
			o := doctor(t, WithoutProbe())
			o.has(t, "warning", c.check, c.found, c.advice)
			if strings.Contains(c.found, "is not valid") {
				o.lacksStatus(t, OK, c.check)
			}
		})
	}
	t.Run("that fit", func(t *testing.T) {
		t.Setenv("OTEL_METRIC_EXPORT_INTERVAL", "10000")
		t.Setenv("OTEL_METRIC_EXPORT_TIMEOUT", "600000")
		t.Setenv("APPTUIT_TIMEOUT", "10m")
		o := doctor(t, WithoutProbe())
		for _, check := range []string{"export interval", "export timeout", "timeout"} {
			o.lacksStatus(t, Warning, check)
		}
	})
}

func TestConfiguration_AdviceForATimeoutWithoutUnit(t *testing.T) {
	newServer(t)
	t.Setenv("APPTUIT_TIMEOUT", "10000")
	doctor(t).has(t, "failed", "configuration", "APPTUIT_TIMEOUT", "The number has no unit. For milliseconds write APPTUIT_TIMEOUT=10000ms, for seconds APPTUIT_TIMEOUT=10000s")
}

func TestOpenTelemetry_VariablesOfTheSDK(t *testing.T) {
	newServer(t)
	doctor(t, WithoutProbe()).lacks(t, "sdk")
	t.Setenv("OTEL_SDK_DISABLED", "TRUE")
	t.Setenv("OTEL_EXPERIMENTAL_CONFIG_FILE", "otel.yaml")
	t.Setenv("OTEL_CONFIG_FILE", "/etc/otel.yaml")
	o := doctor(t, WithoutProbe())
	o.has(t, "warning", "sdk", "OTEL_SDK_DISABLED is true", "Remove the variable")
	o.has(t, "warning", "config file", "OTEL_EXPERIMENTAL_CONFIG_FILE is set", "Name the file with OTEL_CONFIG_FILE")
	o.has(t, "ok", "config file", "/etc/otel.yaml, from OTEL_CONFIG_FILE")
}
