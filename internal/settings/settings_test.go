// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package settings_test

import (
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/settings"
)

// Each row has a variable, a key and a key of the Collector, or a reason why there is none.
func TestAll_RowsAreComplete(t *testing.T) {
	names, variables := map[string]bool{}, map[string]bool{}
	for _, s := range settings.All() {
		if names[s.Name] || s.Name == "" {
			t.Errorf("%q is there twice", s.Name)
		}
		if names[s.Name] = true; s.Variable != "" {
			if variables[s.Variable] {
				t.Errorf("%s is the variable of two settings", s.Variable)
			}
			variables[s.Variable] = true
		}
		for place, given := range map[string]bool{
			"variable":             (s.Variable != "") != (s.NoVariable != ""),
			"key of the Collector": (s.CollectorKey != "") != (s.NoCollectorKey != ""),
			"key":                  s.NoKey == "" || s.Type == settings.Code,
			"option":               len(s.Options) > 0,
			"choices":              (s.Type == settings.Choice) == (len(s.Choices) > 1),
			"description":          strings.HasSuffix(s.Doc, "."),
		} {
			if !given {
				t.Errorf("%s: lacks its %s, or has one and a reason why not", s.Name, place)
			}
		}
		if _, err := time.ParseDuration(s.Default); s.Type == settings.Duration && err != nil && !strings.Contains(s.Default, " ") {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
	if len(names) < 60 {
		t.Errorf("only %d settings", len(names))
	}
}

func TestReadEnvironment(t *testing.T) {
	for name, tt := range map[string]struct {
		env   map[string]string
		first []string
		want  []settings.Variable
	}{
		"in the order of the table": {
			env:  map[string]string{"APPTUIT_PREFIX": "p", "APPTUIT_ENDPOINT": "e"},
			want: []settings.Variable{{Name: "APPTUIT_ENDPOINT", Text: "e"}, {Name: "APPTUIT_PREFIX", Text: "p"}},
		},
		"first those that are named": {
			env: map[string]string{"APPTUIT_PREFIX": "p", "APPTUIT_ENDPOINT": "e", "APPTUIT_TAGS": "a: b"}, first: []string{"tags", "timeout", "prefix"},
			want: []settings.Variable{{Name: "APPTUIT_TAGS", Text: "a: b"}, {Name: "APPTUIT_PREFIX", Text: "p"}, {Name: "APPTUIT_ENDPOINT", Text: "e"}},
		},
		"without the white space around them": {
			env:  map[string]string{"APPTUIT_PREFIX": "\ufeff p\r\n", "APPTUIT_ENDPOINT": " "},
			want: []settings.Variable{{Name: "APPTUIT_PREFIX", Text: "p"}},
		},
		"a deprecated variable": {
			env:  map[string]string{"APPTUIT_PY_TAGS": "a: b"},
			want: []settings.Variable{{Name: "APPTUIT_PY_TAGS", Text: "a: b", ReplacedBy: "APPTUIT_TAGS"}},
		},
		"a deprecated variable and its replacement": {
			env:  map[string]string{"APPTUIT_PY_TAGS": "a: b", "APPTUIT_TAGS": "c: d"},
			want: []settings.Variable{{Name: "APPTUIT_TAGS", Text: "c: d"}},
		},
		"a variable without a function": {env: map[string]string{"APPTUIT_TIMEOUT": "5s"}},
	} {
		t.Run(name, func(t *testing.T) {
			for variable, text := range tt.env {
				t.Setenv(variable, text)
			}
			var got []settings.Variable
			read := func(v settings.Variable) { got = append(got, v) }
			settings.ReadEnvironment(map[string]func(settings.Variable){"prefix": read, "endpoint": read, "tags": read}, tt.first...)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUnknownVariables(t *testing.T) {
	environ := []string{
		"PATH=/bin", "APPTUIT_TAGS=a: b", "APPTUIT_PY_TOKEN=x", "APPTUIT_EMPTY=", "APPTUIT_TOKEN=secret", "apptuit_endpoint=x", "APPTUIT_SOMETHING_ELSE=1", "APPTUIT", "APPTUIT_HOST_TAG=no", "APPTUIT_TLS_CA_FILE=x", "APPTUIT_OWN=1",
		// Kubernetes sets these for services named apptuit and apptuit-gateway.
		"APPTUIT_SERVICE_HOST=10.0.0.1", "APPTUIT_SERVICE_PORT=80", "APPTUIT_SERVICE_PORT_HTTP=80", "APPTUIT_PORT=tcp://10.0.0.1:80", "APPTUIT_PORT_80_TCP=tcp://10.0.0.1:80",
		"APPTUIT_PORT_80_TCP_PROTO=tcp", "APPTUIT_PORT_80_TCP_PORT=80", "APPTUIT_PORT_80_TCP_ADDR=10.0.0.1", "APPTUIT_GATEWAY_SERVICE_HOST=10.0.0.1",
	}
	want := []settings.Unknown{
		{Name: "APPTUIT_HOST_TAG", Nearest: "APPTUIT_DISABLE_HOST_TAG"},
		{Name: "APPTUIT_SOMETHING_ELSE"},
		{Name: "APPTUIT_TLS_CA_FILE", Nearest: "APPTUIT_CERTIFICATE"},
		{Name: "APPTUIT_TOKEN", Nearest: "APPTUIT_API_TOKEN"},
		{Name: "apptuit_endpoint", Nearest: "APPTUIT_ENDPOINT"},
	}
	if runtime.GOOS == "windows" { // which finds it as APPTUIT_ENDPOINT
		want = want[:len(want)-1]
	}
	if diff := cmp.Diff(want, settings.UnknownVariables(environ, []string{"APPTUIT_OWN"})); diff != "" {
		t.Error(diff)
	}
	if got := settings.UnknownVariables(slices.Repeat([]string{"A=b"}, 1000), nil); got != nil {
		t.Error(got)
	}
}

func TestSetting_FormsAndDefaults(t *testing.T) {
	for name, want := range map[string][3]string{
		"timeout":         {"a duration with a unit, such as `30s`", "an integer of milliseconds", "60000"},
		"spool.max_bytes": {"a number of bytes, or of `KiB`, `MiB` or `GiB`, such as `512MiB`", "an integer of bytes", "536870912"},
		"host_tag":        {"`yes`, which disables it, or `no`", "`true` or `false`", "true"},
		"compression":     {"`gzip`, `deflate` or `none`", "`gzip`, `deflate` or `none`", "gzip"},
		"headers":         {"headers, such as `k1=v1,k2=v2`, with percent-encoded values", "a list of `name` and `value`", ""},
	} {
		s, ok := settings.Named(name)
		if diff := cmp.Diff(want, [3]string{s.VariableForm(), s.KeyForm(), s.KeyDefault()}); diff != "" || !ok {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if _, ok := settings.Named("nonsense"); ok {
		t.Error("a setting that does not exist is found")
	}
}
