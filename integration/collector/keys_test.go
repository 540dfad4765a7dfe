// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/integration/collector/internal/metadata"
	table "github.com/apptuitai/apptuit-go/internal/settings"
)

// sharedKeys are the keys of confighttp, exporterhelper and configauth, which all components
// of the Collector have.
func sharedKeys() []string {
	return []string{
		"auth", "compression_params", "cookies", "disable_keep_alives", "force_attempt_http2", "http2_ping_timeout", "http2_read_idle_timeout",
		"idle_conn_timeout", "keepalive", "max_conns_per_host", "max_idle_conns", "max_idle_conns_per_host", "middlewares", "read_buffer_size",
		"retry_on_failure", "sending_queue", "tls", "write_buffer_size",
	}
}

// The configuration has the keys and defaults of the table of settings, and the keys that all
// components share.
func TestConfig_HasKeysOfTheTable(t *testing.T) {
	known, there := sharedKeys(), keys(t)
	for _, s := range table.All() {
		if s.Collector() == "" {
			continue
		}
		key, _, _ := strings.Cut(s.Collector(), "::")
		known = append(known, key)
		want := cmp.Or(s.CollectorDefault, s.Default)
		if s.Type == table.Bytes || s.Type == table.Flag {
			s.Default = want
			want = s.KeyDefault()
		}
		if got := fmt.Sprint(there[key]); s.Type != table.Patterns && s.Type != table.FlagOrPatterns && s.Type != table.Quantiles && s.Type != table.Headers && !strings.ContainsAny(want, " `") && want != "" && got != want {
			t.Errorf("%s: the default is %s, and %s in the table", key, got, want)
		}
	}
	slices.Sort(known)
	if diff := gocmp.Diff(slices.Compact(known), slices.Sorted(maps.Keys(there))); diff != "" {
		t.Errorf("internal/settings -, Config +:\n%s", diff)
	}
	for _, s := range settings() {
		if row, ok := table.Named(s.key); !ok || !slices.Contains(row.Options, "apptuitclient."+s.name) {
			t.Errorf("the key %s sets %s, and another option in the table", s.key, s.name)
		}
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

// documentedKeys returns the keys of the README's tables.
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

// The README lists exactly the keys of the configuration, with their defaults if these are plain
// values.
func TestREADME_ListsAllKeys(t *testing.T) {
	told := documentedKeys(t)
	there := keys(t)
	if diff := gocmp.Diff(slices.Sorted(maps.Keys(there)), slices.Sorted(maps.Keys(told))); diff != "" {
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

func TestREADME_NamesTheStability(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	row := "| Stability | " + strings.ToLower(metadata.MetricsStability.String()) + ": metrics |"
	if !strings.Contains(string(text), row) {
		t.Errorf("the README lacks %q", row)
	}
}
