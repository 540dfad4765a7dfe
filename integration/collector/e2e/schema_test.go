// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	"go.yaml.in/yaml/v3"
)

// configSchema reads the schema of the exporter's configuration.
func configSchema(t *testing.T) *jsonschema.Resolved {
	t.Helper()
	text, err := os.ReadFile("../config.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema jsonschema.Schema
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	resolved, err := schema.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

// asJSON decodes YAML into the types that the validator reads.
func asJSON(t *testing.T, text string) any {
	t.Helper()
	var document any
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	encoded, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(encoded, &document); err != nil {
		t.Fatal(err)
	}
	return document
}

// exporters returns the configurations of the exporter apptuit in a Collector's configuration.
func exporters(t *testing.T, text string) []any {
	t.Helper()
	document, _ := asJSON(t, text).(map[string]any)
	all, _ := document["exporters"].(map[string]any)
	var ours []any
	for id, config := range all {
		if kind, _, _ := strings.Cut(id, "/"); kind == "apptuit" && config != nil {
			ours = append(ours, config)
		}
	}
	return ours
}

// The schema accepts the configurations of pages and examples.
func TestConfigSchema_AcceptsExamples(t *testing.T) {
	schema := configSchema(t)
	texts := make(map[string][]string)
	for _, pattern := range []string{"../../../examples/collector/*.yaml", "testdata/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			texts[file] = []string{string(text)}
		}
	}
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```")
	for _, file := range []string{"../README.md", "../attributes.md", "../otelcol-apptuit/README.md", "../../../examples/collector/README.md", "../../../README.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range blocks.FindAllStringSubmatch(string(text), -1) {
			texts[file] = append(texts[file], block[1])
		}
	}
	found := 0
	for file, configurations := range texts {
		for _, text := range configurations {
			for _, config := range exporters(t, text) {
				found++
				if err := schema.Validate(config); err != nil {
					t.Errorf("%s: %v", file, err)
				}
			}
		}
	}
	if found < 6 {
		t.Errorf("only %d configurations", found)
	}
}

func TestConfigSchema(t *testing.T) {
	schema := configSchema(t)
	for text, valid := range map[string]bool{
		`{}`:                                    true,
		`max_tags: 20`:                          true,
		`max_tags: many`:                        false,
		`max_tags: "${env:MAX_TAGS}"`:           true,
		`max_tag: 20`:                           false,
		`timeout: 1m30s`:                        true,
		`timeout: 5`:                            false,
		`timeout: "5"`:                          false,
		`sync_timeout: 0`:                       true,
		`server: influxdb`:                      true,
		`server: influx`:                        false,
		`headers: {X-Team: web}`:                true,
		`headers: [{name: X-Team, value: web}]`: true,
		`headers: [{key: X-Team}]`:              false,
		`target_info: {}`:                       true,
		`target_info: {include: [a]}`:           false,
		`quantiles: [0.5, 0.99]`:                true,
		`quantiles: [half]`:                     false,
		`keepalive: {enabled: false}`:           true,
		`sending_queue: {batch: {flush_timeout: 1s}}`:                 true,
		`sending_queue: {batch: {flush_timeout: 1}}`:                  false,
		`sending_queue: {storage: file_storage, queue_size: 1000000}`: true,
		`retry_on_failure: {max_elapsed_time: 0}`:                     true,
		`tls: {insecure: true, min_version: "1.3"}`:                   true,
		`tls: {insecure: yes please}`:                                 false,
	} {
		if err := schema.Validate(asJSON(t, text)); (err == nil) != valid {
			t.Errorf("%s: %v", text, err)
		}
	}
}
