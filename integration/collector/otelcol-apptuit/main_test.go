// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/otelcol"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// run runs the command and returns what it prints.
func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := otelcol.NewCommand(settings())
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

// The examples are valid if the variables without a default are set.
func TestExamples_AreValid(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "examples", "collector")
	t.Setenv("QUEUE_DIR", t.TempDir())
	for _, file := range []string{"agent.yaml", "collector.yaml", "persistent.yaml"} {
		config := "--config=" + filepath.Join(dir, file)
		t.Setenv("APPTUIT_API_TOKEN", "t0k3n")
		if out, err := run(t, "validate", config); err != nil {
			t.Errorf("%s: %v\n%s", file, err, out)
		}
		t.Setenv("APPTUIT_API_TOKEN", "")
		if _, err := run(t, "validate", config); err == nil || !strings.Contains(err.Error(), "token: is required") {
			t.Errorf("%s without a token: %v", file, err)
		}
		if _, err := run(t, "validate", config, "--set=exporters.apptuit.tokn=x"); err == nil || !strings.Contains(err.Error(), "tokn") {
			t.Errorf("%s with an unknown key: %v", file, err)
		}
	}
}

func TestComponents_IncludeFormerNames(t *testing.T) {
	f, err := factories()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	add := func(kind string, ids []component.Type) {
		for _, id := range ids {
			names = append(names, kind+" "+id.String())
		}
	}
	add("receiver", slices.Collect(maps.Keys(f.Receivers)))
	add("processor", slices.Collect(maps.Keys(f.Processors)))
	add("exporter", slices.Collect(maps.Keys(f.Exporters)))
	add("connector", slices.Collect(maps.Keys(f.Connectors)))
	add("extension", slices.Collect(maps.Keys(f.Extensions)))
	slices.Sort(names)
	// With the former names of components.
	want := []string{
		"connector count", "connector forward", "connector span_metrics", "connector spanmetrics",
		"exporter apptuit", "exporter debug", "exporter otlp", "exporter otlp_grpc", "exporter otlp_http", "exporter otlphttp",
		"extension basicauth", "extension bearertokenauth", "extension file_storage", "extension health_check", "extension pprof", "extension zpages",
		"processor attributes", "processor batch", "processor delta_to_cumulative", "processor deltatocumulative", "processor filter", "processor memory_limiter",
		"processor resource", "processor resource_detection", "processor resourcedetection", "processor transform",
		"receiver host_metrics", "receiver hostmetrics", "receiver otlp", "receiver prometheus",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	if f.Telemetry == nil {
		t.Error("the Collector has no telemetry of its own")
	}
}

// The builder's manifest has the components of the program, at the versions of
// go.mod.
func TestManifest_HasComponentsAndVersions(t *testing.T) {
	read := func(file string) string {
		t.Helper()
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	manifest, program, required := read("builder-config.yaml"), read("main.go")+read("components.go"), read("go.mod")
	listed := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^  - gomod: (\S+) (\S+)$`).FindAllStringSubmatch(manifest, -1) {
		listed[m[1]] = m[2]
	}
	var used []string
	for _, m := range regexp.MustCompile(`(?m)^\t"(\S+)"$`).FindAllStringSubmatch(program, -1) {
		path := m[1]
		for _, part := range []string{"receiver/", "processor/", "exporter/", "connector/", "extension/", "provider/", "integration/collector"} {
			if strings.Contains(path, part) {
				used = append(used, path)
				break
			}
		}
	}
	slices.Sort(used)
	if diff := cmp.Diff(used, slices.Sorted(maps.Keys(listed))); diff != "" {
		t.Errorf("the program (-), builder-config.yaml (+):\n%s", diff)
	}
	for path, version := range listed {
		if strings.HasPrefix(path, "github.com/apptuitai/") {
			if version != "v"+apptuitclient.Version {
				t.Errorf("%s %s, want v%s", path, version, apptuitclient.Version)
			}
		} else if !strings.Contains(required, "\t"+path+" "+version+"\n") {
			t.Errorf("%s %s is not the version of go.mod", path, version)
		}
	}
	if !strings.Contains(manifest, "\n  version: "+apptuitclient.Version+"\n") {
		t.Errorf("the distribution has not the version %s", apptuitclient.Version)
	}
}
