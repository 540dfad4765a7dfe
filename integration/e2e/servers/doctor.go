// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package servers

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// doctorSecret is a token that no server here asks for.
const doctorSecret = "d0ctor-5ecret"

// Doctor is the program of examples/doctor.
type Doctor struct{ path string }

// Findings are, by the name of a check, a status and a text of a line of the report.
type Findings map[string][2]string

// BuildDoctor builds the program.
func BuildDoctor(t testing.TB) Doctor {
	t.Helper()
	d := Doctor{filepath.Join(t.TempDir(), "doctor.exe")}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", d.path, "github.com/apptuitai/apptuit-go/examples/doctor")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return d
}

// Examine runs it, and demands an exit code and, for each of these checks, a line
// with a status and a text.
func (d Doctor) Examine(t testing.TB, code int, want Findings, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), d.path, append([]string{"-json", "-timeout", "90s"}, args...)...)
	cmd.Env = append(os.Environ(), "APPTUIT_API_TOKEN="+doctorSecret, "OTEL_SERVICE_NAME=e2e", "OTEL_RESOURCE_ATTRIBUTES=service.instance.id=1")
	var exit *exec.ExitError
	out, err := cmd.Output()
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Errorf("exit code %d, want %d: %s", got, code, out)
	}
	if strings.Contains(string(out), doctorSecret) {
		t.Errorf("the token is in %s", out)
	}
	var report struct {
		Findings []struct{ Check, Status, Found, Advice string }
	}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	for check, line := range want {
		found := false
		for _, f := range report.Findings {
			found = found || f.Check == check && f.Status == line[0] && strings.Contains(f.Found+"\n"+f.Advice, line[1])
		}
		if !found {
			t.Errorf("no %s of %s with %q in %s", line[0], check, line[1], out)
		}
	}
}
