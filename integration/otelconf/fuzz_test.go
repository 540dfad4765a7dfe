// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"context"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric/noop"
	"go.yaml.in/yaml/v3"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/exporter"
)

// hasExporter reports whether a reader of a document exports to Apptuit. It shares no code with
// ParseYAML.
func hasExporter(text []byte) bool {
	var doc struct {
		MeterProvider struct {
			Readers []struct {
				Periodic struct {
					Exporter map[string]any
				}
			}
		} `yaml:"meter_provider"`
	}
	if yaml.Unmarshal(text, &doc) != nil {
		return false
	}
	for _, r := range doc.MeterProvider.Readers {
		if _, ok := r.Periodic.Exporter["apptuit"]; ok {
			return true
		}
	}
	return false
}

// FuzzParseYAML checks that ParseYAML and NewSDK do not panic, and that their errors do not contain
// the secret. If a document has the exporter apptuit, ParseYAML must return an error or a reader.
func FuzzParseYAML(f *testing.F) {
	for _, doc := range []string{
		documentWith("apptuit: {endpoint: http://127.0.0.1:1, token: '${SECRET}', tags: {a: b}, retry: {enabled: false}}"),
		documentWith("apptuit:\n            headers: [{name: a, value: b}]\n            headers_list: a=b\n            tls: {ca_file: x}\n            timeout: 1"),
		documentWith("apptuit:", "console:"), documentWith("apptuit: &a {<<: *a}"), documentWith("{<<: {apptuit: }}"),
		"x: &e {apptuit: {resource_attributes: {included: ['*'], excluded: [a]}}}\nfile_format: '1'\nmeter_provider: {readers: [null, {periodic: {exporter: *e}}]}\n",
		"file_format: '1'\nmeter_provider:\n  readers:\n  - periodic: {interval: 1, timeout: 2, producers: [{prometheus: }, {runtime: }], cardinality_limits: {default: 1}, exporter: {apptuit: {token: x}}}\n",
		"file_format: '1'\ndisabled: true\nmeter_provider: {readers: [{periodic: {exporter: {apptuit: }}, pull: {}}]}\n---\na: b\n",
		"${A:-${B}} $${C} {d: ${E}}\n",
	} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		t.Setenv("SECRET", secret)
		cfg, err := ParseYAML(doc)
		found := hasExporter(doc)
		if err != nil {
			if leaks(err) {
				t.Errorf("the error contains the secret: %v", err)
			}
			return
		}
		if found && len(cfg.readers) == 0 {
			t.Fatal("the exporter was ignored")
		}
		if len(cfg.readers) == 0 || strings.Contains(string(doc), "_file") || len(cfg.readers) > 5 {
			return // nothing to export, a file that the fuzzer has named, or too many readers
		}
		cfg.Rest.TracerProvider, cfg.Rest.LoggerProvider = nil, nil
		cfg.Rest.MeterProvider.Readers = nil
		sdk, err := NewSDK(WithOpenTelemetryConfiguration(*cfg), WithExporterOptions(
			exporter.WithRetry(apptuitclient.RetryConfig{}), exporter.WithEndpoint("http://127.0.0.1:1")))
		if err != nil && leaks(err) {
			t.Errorf("the error contains the secret: %v", err)
		}
		_, nothing := sdk.MeterProvider().(noop.MeterProvider)
		disabled := cfg.Rest.Disabled != nil && *cfg.Rest.Disabled
		if nothing != (err != nil || disabled) {
			t.Errorf("the provider is a %T, the error %v, disabled %v", sdk.MeterProvider(), err, disabled)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		_ = sdk.Shutdown(ctx)
	})
}
