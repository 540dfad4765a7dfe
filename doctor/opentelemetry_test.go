// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"strings"
	"testing"
)

func TestExporterVariable(t *testing.T) {
	newServer(t)
	for _, c := range []struct{ list, found, advice string }{
		{"aptuit", `there is no exporter "aptuit"`, "Did you mean apptuit?"},
		{"Apptuit", `there is no exporter "Apptuit"`, "Did you mean apptuit?"},
		{"otlp, aptuit", `there is no exporter "aptuit"`, "Did you mean apptuit?"},
		{"apptuit,otpl", `there is no exporter "otpl"`, "Did you mean otlp?"},
		{"apptuit,", `there is no exporter ""`, "does not know it"},
		{"datadog", `there is no exporter "datadog"`, "registers it itself"},
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

func TestExportIntervalAndTimeout(t *testing.T) {
	newServer(t)
	for _, c := range []struct{ variable, value, check, found, advice string }{
		{"OTEL_METRIC_EXPORT_INTERVAL", "10s", "export interval", "OTEL_METRIC_EXPORT_INTERVAL=10s is not valid: the SDK logs an error and uses 1m0s", "OTEL_METRIC_EXPORT_INTERVAL=10000."},
		{"OTEL_METRIC_EXPORT_INTERVAL", " 10000", "export interval", "is not valid", "integer of milliseconds"},
		{"OTEL_METRIC_EXPORT_INTERVAL", "0", "export interval", "is not valid", "such as OTEL_METRIC_EXPORT_INTERVAL=10000"},
		{"OTEL_METRIC_EXPORT_INTERVAL", "9223372036854776", "export interval", "is not valid", "integer of milliseconds"},
		{"OTEL_METRIC_EXPORT_INTERVAL", "15", "export interval", "is 15ms", "if 15 seconds are meant, set OTEL_METRIC_EXPORT_INTERVAL=15000"},
		{"OTEL_METRIC_EXPORT_TIMEOUT", "1.5s", "export timeout", "uses 30s", "OTEL_METRIC_EXPORT_TIMEOUT=1500."},
		{"OTEL_METRIC_EXPORT_TIMEOUT", "1", "export timeout", "is 1ms", "OTEL_METRIC_EXPORT_TIMEOUT=1000"},
		{"APPTUIT_TIMEOUT", "1ms", "timeout", "1ms, from APPTUIT_TIMEOUT, is the limit of a request", "The default is 60s"},
		{"APPTUIT_TIMEOUT", "10m", "timeout", "10m0s, from APPTUIT_TIMEOUT, is longer than the time-out of an Export, 30s", "OTEL_METRIC_EXPORT_TIMEOUT"},
	} {
		t.Run(c.variable+"="+c.value, func(t *testing.T) {
			t.Setenv(c.variable, c.value)
			doctor(t, WithoutProbe()).has(t, "warning", c.check, c.found, c.advice)
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

func TestTimeoutWithoutAUnit(t *testing.T) {
	newServer(t)
	t.Setenv("APPTUIT_TIMEOUT", "10000")
	doctor(t).has(t, "failed", "configuration", "APPTUIT_TIMEOUT", "A number has no unit: write APPTUIT_TIMEOUT=10000ms if these are milliseconds, APPTUIT_TIMEOUT=10000s if they are seconds")
}

func TestSDKVariables(t *testing.T) {
	newServer(t)
	doctor(t, WithoutProbe()).lacks(t, "sdk")
	t.Setenv("OTEL_SDK_DISABLED", "TRUE")
	t.Setenv("OTEL_EXPERIMENTAL_CONFIG_FILE", "otel.yaml")
	t.Setenv("OTEL_CONFIG_FILE", "/etc/otel.yaml")
	o := doctor(t, WithoutProbe())
	o.has(t, "warning", "sdk", "OTEL_SDK_DISABLED is true", "remove the variable")
	o.has(t, "warning", "config file", "OTEL_EXPERIMENTAL_CONFIG_FILE is set", "Name the file with OTEL_CONFIG_FILE")
	o.has(t, "ok", "config file", "/etc/otel.yaml, from OTEL_CONFIG_FILE")
}
