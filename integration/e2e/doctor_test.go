// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// doctorSecret is a token that no server here asks for.
const doctorSecret = "d0ctor-5ecret"

// doctor is the program of examples/doctor.
type doctor struct{ path string }

func buildDoctor(t *testing.T) doctor {
	t.Helper()
	d := doctor{filepath.Join(t.TempDir(), "doctor.exe")}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", d.path, "github.com/apptuitai/apptuit-go/examples/doctor")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return d
}

// examine runs it, and demands an exit code and, for each of these checks, a line
// with a status and a text.
func (d doctor) examine(t *testing.T, code int, want map[string][2]string, args ...string) {
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

func TestDoctorOfVictoriaMetrics(t *testing.T) {
	t.Parallel()
	d := buildDoctor(t)
	v := servers.StartVictoriaMetrics(t)
	d.examine(t, 0, map[string][2]string{
		"put": {"ok", "204"}, "read-back": {"ok", "found by PromQL"}, "clock": {"ok", "as the server's"},
		"service": {"ok", "service.instance.id is 1"},
	}, "-endpoint", v.Endpoint(), "-query-endpoint", v.URL())
	if points := v.Points(t, "apptuit_doctor_probe"); len(points) != 1 || points[0].Tags["source"] != "doctor" {
		t.Errorf("it has %v", points)
	}
	d.examine(t, 0, map[string][2]string{"read-back": {"ok", "cannot be asked"}}, "-endpoint", v.Endpoint())
	if !v.TakesDeflate(t) {
		d.examine(t, 1, map[string][2]string{
			"put": {"failed", "Use gzip"}, "read-back": {"skipped", "put has failed"},
		}, "-endpoint", v.Endpoint(), "-compression", "deflate")
	}
	d.examine(t, 1, map[string][2]string{"put": {"failed", "-opentsdbHTTPListenAddr"}}, "-endpoint", v.URL())
	d.examine(t, 1, map[string][2]string{"read-back": {"failed", "Is it the right port"}}, "-endpoint", v.Endpoint(), "-query-endpoint", v.Endpoint())
	v.Stop(t)
	d.examine(t, 1, map[string][2]string{"tcp": {"failed", "Nothing listens there"}}, "-endpoint", v.Endpoint())
}

// By default VictoriaMetrics shows nothing that is younger than 30 s to those who
// ask for a curve.
func TestDoctorIsShownWhatIsYoung(t *testing.T) {
	t.Parallel()
	d := buildDoctor(t)
	v := servers.StartVictoriaMetrics(t, "-search.latencyOffset=30s")
	d.examine(t, 0, map[string][2]string{"read-back": {"ok", "found by PromQL"}}, "-endpoint", v.Endpoint(), "-query-endpoint", v.URL())
}

func TestDoctorOfInfluxDB(t *testing.T) {
	t.Parallel()
	d := buildDoctor(t)
	i := servers.StartInfluxDB(t)
	d.examine(t, 0, map[string][2]string{
		"put": {"ok", "204"}, "read-back": {"ok", "cannot be asked"}, "clock": {"ok", "as the server's"},
	}, "-endpoint", i.Endpoint())
	if points := i.Points(t, "apptuit_doctor_probe"); len(points) != 1 || points[0].Tags["service_name"] != "e2e" {
		t.Errorf("it has %v", points)
	}
	d.examine(t, 1, map[string][2]string{"put": {"failed", "Use gzip"}}, "-endpoint", i.Endpoint(), "-compression", "deflate")
	d.examine(t, 1, map[string][2]string{"put": {"failed", "bind-address of [[opentsdb]]"}}, "-endpoint", i.URL())
	i.DropDatabase(t)
	d.examine(t, 1, map[string][2]string{"put": {"failed", "CREATE DATABASE"}}, "-endpoint", i.Endpoint())
}
