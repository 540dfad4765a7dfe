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

func TestConfigFile(t *testing.T) {
	newServer(t)
	for name, c := range map[string]struct {
		text   string
		status doctor.Status
		texts  []string
	}{
		"without a fault":     {withExporter("          apptuit:\n            timeout: 10000\n"), doctor.OK, []string{"has no fault", "do not use it"}},
		"a misspelt exporter": {withExporter("          aptuit:\n"), doctor.Failed, []string{"line 6", "aptuit is not known here: did you mean apptuit?"}},
		"a misspelt key":      {withExporter("          apptuit:\n            endpiont: http://h\n"), doctor.Failed, []string{"line 7", "endpiont", "README.md"}},
		"a duration as text":  {withExporter("          apptuit:\n            timeout: 10s\n"), doctor.Failed, []string{"line 7", "timeout"}},
		"another exporter":    {withExporter("          console:\n"), doctor.Warning, []string{"no reader with the exporter apptuit"}},
		"disabled":            {"file_format: '1.0'\ndisabled: ${OTEL_SDK_DISABLED:-false}\n", doctor.Warning, []string{"disables the SDK"}},
		"no YAML":             {"a: [", doctor.Failed, []string{"otel.yaml"}},
	} {
		t.Run(name, func(t *testing.T) {
			document(t, c.text)
			t.Setenv("OTEL_SDK_DISABLED", "true")
			has(t, report(t, "--no-probe"), c.status, "config file", c.texts...)
		})
	}
	t.Run("two faults", func(t *testing.T) {
		document(t, withExporter("          apptuit:\n            a: 1\n            b: "+secret+"\n"))
		r := report(t, "--no-probe")
		has(t, r, doctor.Failed, "config file", "line 7")
		has(t, r, doctor.Failed, "config file", "line 8")
	})
	t.Run("missing", func(t *testing.T) {
		t.Setenv("OTEL_CONFIG_FILE", filepath.Join(t.TempDir(), "none.yaml"))
		has(t, report(t, "--no-probe"), doctor.Failed, "config file", "no such file", "must be able to read")
	})
}
