// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestSettings_ReportsSources(t *testing.T) {
	s := newServer(t)
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(theToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("APPTUIT_API_TOKEN_FILE", "/nowhere")
	t.Setenv("APPTUIT_PY_TOKEN", theToken+"0ld-5ecret")
	t.Setenv("APPTUIT_TAGS", "env: test, team: a")
	t.Setenv("APPTUIT_PY_TAGS", "env: 0ld")
	t.Setenv("APPTUIT_COMPRESSION", "none")
	t.Setenv("APPTUIT_PREFIX", "shop.")
	t.Setenv("APPTUIT_TIMEOUT", "")
	t.Setenv("OTEL_METRIC_EXPORT_INTERVAL", "10000")
	o := doctor(t, withTokenFile(file), withTags("env: doctor"), withCompression("gzip"))
	o.healthy(t)
	o.has(t, "ok", "endpoint", s.URL+", from APPTUIT_ENDPOINT")
	o.has(t, "ok", "token", "in the file "+file+", from --token-file; --token-file overrides APPTUIT_API_TOKEN; "+
		"--token-file overrides APPTUIT_API_TOKEN_FILE; --token-file overrides APPTUIT_PY_TOKEN")
	o.has(t, "ok", "tags", "env: doctor, from --tags; they override single tags of APPTUIT_TAGS: env: test, team: a; APPTUIT_TAGS overrides APPTUIT_PY_TAGS")
	o.has(t, "ok", "compression", "gzip, from --compression; --compression overrides APPTUIT_COMPRESSION")
	o.has(t, "ok", "prefix", "shop., from APPTUIT_PREFIX")
	o.has(t, "ok", "export interval", "10000, from OTEL_METRIC_EXPORT_INTERVAL")
	o.has(t, "ok", "defaults", "timeout, retry.max_elapsed_time, spool.instances")
	o.has(t, "ok", "put", "shop_apptuit_doctor_probe{env=doctor, ", "team=a")
	o.has(t, "ok", "token file", "only its owner can read "+file)
	if got := s.Requests()[0].Encoding; got != "gzip" {
		t.Errorf("Content-Encoding %q", got)
	}
}

// A flag is reported as it is in effect. The variable of the host tag disables the tag, and an option
// without an argument can set only one value.
func TestSettings_ReportsFlagsAsTheyAreInEffect(t *testing.T) {
	newServer(t)
	t.Setenv("APPTUIT_DISABLE_HOST_TAG", "yes")
	t.Setenv("APPTUIT_START_POINTS", "yes")
	doctor(t).has(t, "ok", "host_tag", "no, from APPTUIT_DISABLE_HOST_TAG")
	o := doctor(t, WithSource("host_tag", "line 1", "true"), WithSource("start_points", "line 2", "false"), WithSource("sparse_buckets", "line 3", "true"))
	for check, text := range map[string]string{
		"host_tag": "no, from APPTUIT_DISABLE_HOST_TAG", "start_points": "yes, from APPTUIT_START_POINTS", "sparse_buckets": "true, from line 3",
	} {
		o.has(t, "ok", check, text)
	}
	if text := o.String(); strings.Contains(text, "line 1") || strings.Contains(text, "line 2") {
		t.Error(text)
	}
}

func TestConfiguration_WarnsAboutDeprecatedVariables(t *testing.T) {
	newServer(t)
	t.Setenv("APPTUIT_API_TOKEN", "")
	t.Setenv("APPTUIT_PY_TOKEN", theToken)
	t.Setenv("APPTUIT_PY_TAGS", "env: 0ld")
	o := doctor(t)
	o.healthy(t)
	o.has(t, "ok", "token", "is set, from APPTUIT_PY_TOKEN")
	o.has(t, "warning", "configuration", "APPTUIT_PY_TOKEN is deprecated", "APPTUIT_API_TOKEN")
	o.has(t, "warning", "configuration", "APPTUIT_PY_TAGS is deprecated", "APPTUIT_TAGS")
}

func TestConfiguration_WarnsAboutMisspeltVariables(t *testing.T) {
	newServer(t)
	names := map[string]string{
		"APPTUIT_TOKEN": "APPTUIT_API_TOKEN", "APPTUIT_TAG": "APPTUIT_TAGS", "APPTUIT_ENDPOINT_URL": "APPTUIT_ENDPOINT",
		"APPTUIT_COMPRESSED": "APPTUIT_COMPRESSION", "APPTUIT_SOMETHING_ELSE": "",
	}
	if runtime.GOOS != "windows" { // where the case of names does not matter
		names["apptuit_prefix"] = "APPTUIT_PREFIX"
	}
	for name, like := range names {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, theToken)
			advice := "did you mean " + like + "?"
			if like == "" {
				advice = "docs/settings.md"
			}
			doctor(t).has(t, "warning", "configuration", name+" has no effect", advice)
		})
	}
	t.Setenv("APPTUIT_TOKN", "") // counts as unset
	doctor(t).healthy(t)
}

// On Windows, the case of the name of a variable does not matter.
func TestSettings_IgnoresTheCaseOfVariablesOnWindows(t *testing.T) {
	if runtime.GOOS != "windows" {
		t.Skip("NOT TESTED: only Windows ignores the case")
	}
	newServer(t)
	t.Setenv("Apptuit_Prefix", "shop.")
	o := doctor(t)
	o.has(t, "ok", "prefix", "shop., from APPTUIT_PREFIX")
	o.lacksStatus(t, Warning, "configuration")
}

func TestSettings_ReportsVariablesOfOTLP(t *testing.T) {
	newServer(t)
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer "+theToken)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otlp.invalid")
	doctor(t).has(t, "ok", "otlp", "only OTLP exporters read OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS")
}

func TestConfiguration_ReportsAllFaults(t *testing.T) {
	t.Setenv("APPTUIT_ENDPOINT", "https://me:5ecret-t0ken@fake.invalid")
	t.Setenv("APPTUIT_TAGS", "a")
	t.Setenv("APPTUIT_TIMEOUT", "-1")
	t.Setenv("APPTUIT_TEMPORALITY_PREFERENCE", "both")
	t.Setenv("APPTUIT_SPOOL_DIR", t.TempDir())
	t.Setenv("APPTUIT_SPOOL_INSTANCES", "perhaps")
	t.Setenv("APPTUIT_COMPRESSION", "bzip2")
	o := doctor(t)
	for _, text := range []string{
		"APPTUIT_ENDPOINT: the URL must not contain user information", "APPTUIT_TAGS", "APPTUIT_TIMEOUT", "APPTUIT_TEMPORALITY_PREFERENCE", "APPTUIT_SPOOL_INSTANCES",
		"APPTUIT_COMPRESSION",
	} {
		o.has(t, "failed", "configuration", text)
	}
	o.has(t, "ok", "endpoint", "https://fake.invalid (user, password and query are not shown)")
	o.has(t, "skipped", "put", "configuration has failed")
}

// An endpoint with the path of an API is a fault, which names the URL to use.
func TestConfiguration_EndpointWithThePathOfAnAPI(t *testing.T) {
	s := newServer(t)
	for path, api := range map[string]string{"/api/put": "/api/put", "/base/api/put/": "/api/put", "/api/query": "/api/query"} {
		t.Setenv("APPTUIT_ENDPOINT", s.URL+path)
		base := s.URL + strings.TrimSuffix(strings.TrimSuffix(path, "/"), api)
		o := doctor(t)
		o.has(t, "failed", "configuration", "APPTUIT_ENDPOINT: the base URL is needed, without "+api+": use "+base)
		o.has(t, "skipped", "put", "configuration has failed")
	}
}

func TestTokenFile_WarnsIfOthersCanReadIt(t *testing.T) {
	newServer(t)
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(theToken), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("APPTUIT_API_TOKEN", "")
	t.Setenv("APPTUIT_API_TOKEN_FILE", file)
	o := doctor(t)
	o.healthy(t)
	o.has(t, "warning", "token file", "has mode 0644", "chmod 600")
	t.Setenv("APPTUIT_API_TOKEN_FILE", file+"x")
	o = doctor(t)
	o.has(t, "failed", "configuration", "APPTUIT_API_TOKEN_FILE", "no such file")
	o.lacks(t, "token file")
}

// documented returns the names of variables in a file.
func documented(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", name))
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`\b(?:APPTUIT|OTEL|HTTPS?|NO)_[A-Z_]*[A-Z]\b`).FindAllString(string(text), -1)
	slices.Sort(names)
	return slices.Compact(names)
}

// Each variable that is documented or read has a row in settings, and each row is documented.
func TestSettings_CoverAllVariables(t *testing.T) {
	var known, all []string
	for _, s := range settings() {
		known = append(known, s.variables...)
	}
	for _, name := range []string{"apptuitclient/doc.go", "exporter/doc.go", "docs/settings.md"} {
		all = append(all, documented(t, name)...)
	}
	for _, pattern := range []string{"apptuitclient/*.go", "exporter/*.go"} {
		files, err := filepath.Glob(filepath.Join("..", pattern))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			if !strings.HasSuffix(file, "_test.go") {
				all = append(all, documented(t, strings.TrimPrefix(filepath.ToSlash(file), "../"))...)
			}
		}
	}
	for _, name := range all {
		other := strings.HasPrefix(name, "OTEL_") // of OpenTelemetry
		if !other && !slices.Contains(known, name) {
			t.Errorf("settings() has no row for %s", name)
		}
	}
	for _, name := range known {
		if strings.HasPrefix(name, "APPTUIT_") && !slices.Contains(all, name) {
			t.Errorf("%s is not documented, or is not read", name)
		}
	}
}
