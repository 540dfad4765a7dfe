// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/apptuitai/apptuit-go/doctor"
)

// document sets OTEL_CONFIG_FILE to a file with a text.
func document(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "otel.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("OTEL_CONFIG_FILE", name)
	return name
}

func withExporter(text string) string {
	return "file_format: '1.0'\nmeter_provider:\n  readers:\n    - periodic:\n        exporter:\n" + text
}

func TestConfigFile_IsCheckedAndUsed(t *testing.T) {
	newServer(t)
	for name, c := range map[string]struct {
		text   string
		status doctor.Status
		texts  []string
	}{
		"without a fault":     {withExporter("          apptuit:\n            timeout: 10000\n"), doctor.OK, []string{"has no fault", "are in effect"}},
		"a misspelt exporter": {withExporter("          aptuit:\n"), doctor.Failed, []string{"line 6", `unknown exporter "aptuit": did you mean "apptuit"?`}},
		"a misspelt key":      {withExporter("          apptuit:\n            endpiont: http://h\n"), doctor.Failed, []string{"line 7", "endpiont", "README.md"}},
		"a duration as text":  {withExporter("          apptuit:\n            timeout: 10s\n"), doctor.Failed, []string{"line 7", "timeout"}},
		"another exporter":    {withExporter("          console:\n"), doctor.Warning, []string{"no reader with the exporter apptuit"}},
		"disabled":            {"file_format: '1.0'\ndisabled: ${OTEL_SDK_DISABLED:-false}\n", doctor.Warning, []string{"disables the SDK"}},
		"no YAML":             {"a: [", doctor.Failed, []string{"otel.yaml"}},
	} {
		t.Run(name, func(t *testing.T) {
			document(t, c.text)
			t.Setenv("OTEL_SDK_DISABLED", "true")
			has(t, reported(t, "--no-probe"), c.status, "config file", c.texts...)
		})
	}
	t.Run("its settings are checked", func(t *testing.T) {
		s := newServer(t)
		t.Setenv("APPTUIT_ENDPOINT", "http://127.0.0.1:1")
		t.Setenv("APPTUIT_API_TOKEN", "")
		t.Setenv("TOKEN", secret)
		name := document(t, withExporter("          apptuit:\n            endpoint: "+s.URL+"\n            token: ${TOKEN}\n            prefix: shop.\n            spool: {directory: "+t.TempDir()+"}\n"+
			"    - periodic: {exporter: {apptuit: }}\n"))
		r := reported(t, "--endpoint", "http://127.0.0.1:2")
		has(t, r, doctor.OK, "config file", "the settings of the first of its 2 exporters to Apptuit are checked")
		has(t, r, doctor.OK, "endpoint", s.URL+", from line 7 of "+name+"; line 7 of "+name+" overrides --endpoint")
		has(t, r, doctor.OK, "token", "is set, from line 8 of "+name)
		has(t, r, doctor.OK, "spool", "contains no batches")
		has(t, r, doctor.OK, "put", "200", "shop_apptuit_doctor_probe")
	})
	t.Run("two faults", func(t *testing.T) {
		document(t, withExporter("          apptuit:\n            a: 1\n            b: "+secret+"\n"))
		r := reported(t, "--no-probe")
		has(t, r, doctor.Failed, "config file", "line 7")
		has(t, r, doctor.Failed, "config file", "line 8")
	})
	t.Run("missing", func(t *testing.T) {
		t.Setenv("OTEL_CONFIG_FILE", filepath.Join(t.TempDir(), "none.yaml"))
		has(t, reported(t, "--no-probe"), doctor.Failed, "config file", "no such file", "must be able to read")
	})
}
