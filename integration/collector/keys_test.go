// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/integration/collector/internal/metadata"
)

// otherKeys are the options of the Go packages whose key is not among settings.
func otherKeys() map[string]string {
	return map[string]string{
		"apptuitclient.WithRetry":           "retry_on_failure",
		"apptuitclient.WithTLSClientConfig": "tls",
		"apptuitclient.WithTLSFiles":        "tls",
		"apptuitclient.WithProxy":           "proxy_url",

		"exporter.WithSanitizeMode":       "sanitize_mode",
		"exporter.WithTags":               "tags",
		"exporter.WithPrefix":             "prefix",
		"exporter.WithoutHostTag":         "host_tag",
		"exporter.WithResourceAttributes": "resource_attributes",
		"exporter.WithAttributeFilter":    "attributes",
		"exporter.WithoutScopeTags":       "scope_tags",
		"exporter.WithPrometheusNames":    "prometheus_names",
		"exporter.WithTargetInfo":         "target_info",
		"exporter.WithStartPoints":        "start_points",
		"exporter.WithCacheBytes":         "cache_bytes",
		"exporter.WithHistograms":         "histograms",
		"exporter.WithQuantiles":          "quantiles",
		"exporter.WithSparseBuckets":      "sparse_buckets",
		"exporter.WithCardinalityWarning": "cardinality_warning",
	}
}

// withoutKey are the options that no key gives, and why.
func withoutKey() map[string]string {
	return map[string]string{
		"apptuitclient.WithTokenSource":         "a function; auth has extensions that get tokens",
		"apptuitclient.WithMaxInFlight":         "sending_queue has num_consumers; a push is one batch most of the time",
		"apptuitclient.WithHTTPClient":          "confighttp makes it",
		"apptuitclient.WithWarningHandler":      "the Collector's log",
		"apptuitclient.WithoutEnvironment":      "always: a configuration names its variables",
		"apptuitclient.WithEncodedNames":        "for points that a program sends itself",
		"apptuitclient.WithoutEnvironmentTags":  "always: a configuration names its variables",
		"apptuitclient.WithSpool":               "sending_queue with storage keeps on disk what is not delivered",
		"apptuitclient.WithSpoolMaxBytes":       "as WithSpool",
		"apptuitclient.WithSpoolMaxAge":         "as WithSpool",
		"apptuitclient.WithSpoolRate":           "as WithSpool",
		"apptuitclient.WithSpoolInstances":      "as WithSpool",
		"apptuitclient.WithSpoolInsecureFolder": "as WithSpool",
		"apptuitclient.WithoutSpool":            "as WithSpool",

		"exporter.WithClient":              "the exporter makes a client of its keys",
		"exporter.WithClientOptions":       "what these set are keys",
		"exporter.WithInstanceTag":         "the text would be one for all programs that send to a Collector",
		"exporter.WithErrorHandler":        "the Collector's log",
		"exporter.WithMeterProvider":       "exporterhelper records what it sends and how long that takes",
		"exporter.WithTemporalitySelector": "whoever sends OTLP chooses",
		"exporter.WithAggregationSelector": "whoever sends OTLP chooses",
		"exporter.WithoutSelfMetrics":      "the Collector's own telemetry has the counters",
		"exporter.WithUsageMetrics":        "a Collector would have series for the instruments of all programs that send to it, and a push is no whole collection",
		"exporter.WithLayout":              "the reporter layout adds up what it is given: exporterhelper gives it again what is retried, and whoever sends OTLP chooses the temporality",
		"exporter.WithTimers":              "as WithLayout",
		"exporter.WithDurationUnit":        "as WithLayout",
		"exporter.WithMeters":              "as WithLayout",
	}
}

// options returns the names of all options of a package.
func options(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "With") {
				names = append(names, filepath.Base(dir)+"."+fn.Name.Name)
			}
		}
	}
	return names
}

// Every option of the exporter and the client has a key, or a reason why not.
func TestOptionsHaveKeys(t *testing.T) {
	covered := otherKeys()
	for _, s := range settings() {
		covered["apptuitclient."+s.name] = s.key
	}
	known := slices.Collect(maps.Keys(keys(t)))
	for option, key := range covered {
		if !slices.Contains(known, key) {
			t.Errorf("%s: there is no key %s", option, key)
		}
	}
	for option, reason := range withoutKey() {
		if key, ok := covered[option]; ok || reason == "" {
			t.Errorf("%s has the key %q and the reason %q", option, key, reason)
		}
		covered[option] = ""
	}
	there := slices.Concat(options(t, "../../apptuitclient"), options(t, "../../exporter"))
	if len(there) < 30 {
		t.Fatalf("%d options: are they elsewhere?", len(there))
	}
	slices.Sort(there)
	if diff := cmp.Diff(there, slices.Sorted(maps.Keys(covered))); diff != "" {
		t.Errorf("options without a word on their key (-), words on options that are not there (+):\n%s", diff)
	}
}

// keys returns the top-level keys of the configuration and their defaults.
func keys(t *testing.T) map[string]any {
	t.Helper()
	found := map[string]any{}
	var add func(v reflect.Value)
	add = func(v reflect.Value) {
		for i := range v.NumField() {
			name, tag, _ := strings.Cut(v.Type().Field(i).Tag.Get("mapstructure"), ",")
			switch {
			case strings.Contains(tag, "squash"):
				add(v.Field(i))
			case name != "" && name != "-":
				found[name] = v.Field(i).Interface()
			}
		}
	}
	add(reflect.ValueOf(createDefaultConfig()).Elem())
	return found
}

// documentedKey is a key's row in the tables of the README.
type documentedKey struct{ byDefault, text string }

// documentedKeys returns the keys that the README has.
func documentedKeys(t *testing.T) map[string]documentedKey {
	t.Helper()
	found := map[string]documentedKey{}
	quoted := regexp.MustCompile("`([^`]+)`")
	for line := range strings.Lines(keysSection(t)) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || !strings.Contains(cells[1], "`") {
			continue
		}
		for _, key := range quoted.FindAllStringSubmatch(cells[1], -1) {
			found[key[1]] = documentedKey{strings.TrimSpace(cells[2]), strings.TrimSpace(cells[3])}
		}
	}
	return found
}

func keysSection(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "## Keys\n")
	section, _, _ = strings.Cut(section, "\n## ")
	return section
}

// The README has exactly the keys that there are, with the defaults that are
// plain values.
func TestREADMEHasAllKeys(t *testing.T) {
	told := documentedKeys(t)
	there := keys(t)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(there)), slices.Sorted(maps.Keys(told))); diff != "" {
		t.Errorf("keys that the README lacks (-), that are not there (+):\n%s", diff)
	}
	for key, value := range there {
		v := reflect.ValueOf(value)
		if v.IsZero() && v.Kind() != reflect.Bool && v.Kind() != reflect.Int64 || !v.Comparable() || v.Kind() == reflect.Struct {
			continue
		}
		if want := "`" + fmt.Sprint(value) + "`"; told[key].byDefault != want && (told[key].byDefault != "" || !v.IsZero()) {
			t.Errorf("%s: the README has the default %s, not %s", key, told[key].byDefault, want)
		}
	}
	for _, key := range []string{"included", "excluded"} {
		if !strings.Contains(keysSection(t), "`"+key+"`") {
			t.Errorf("the README lacks resource_attributes::%s", key)
		}
	}
}

// The README has the stability that metadata.yaml declares.
func TestREADMEHasTheStability(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	row := "| Stability | " + strings.ToLower(metadata.MetricsStability.String()) + ": metrics |"
	if !strings.Contains(string(text), row) {
		t.Errorf("the README lacks %q", row)
	}
}
