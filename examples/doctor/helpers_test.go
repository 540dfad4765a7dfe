// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// childVariable makes this program the doctor itself, as another process.
const childVariable = "DOCTOR_TEST_CHILD"

// TestMain takes away what the user's environment would configure.
func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		main()
	}
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		upper := strings.ToUpper(name)
		if strings.HasPrefix(name, "APPTUIT_") || strings.HasPrefix(name, "OTEL_") || strings.HasSuffix(upper, "_PROXY") {
			if err := os.Unsetenv(name); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}

// What must never be printed.
const (
	theToken = "t0ken/5ecret+x"
	thePass  = "pr0xy/5ecret"
)

// line is a finding as JSON has it.
type line struct{ Status, Check, Found, Advice string }

// outcome is what the doctor has said.
type outcome struct {
	code     int
	Verdict  string
	Findings []line
}

// doctor runs the doctor in this process, with -json.
func doctor(t *testing.T, args ...string) *outcome {
	t.Helper()
	return doctorUntil(t.Context(), t, args...)
}

func doctorUntil(ctx context.Context, t *testing.T, args ...string) *outcome {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(ctx, append([]string{"-json"}, args...), &out, &errs)
	if errs.Len() > 0 {
		t.Errorf("on stderr: %s", errs.String())
	}
	return read(t, code, out.Bytes())
}

// child runs it in another process, in an environment of its own.
func child(t *testing.T, environment []string, args ...string) *outcome {
	t.Helper()
	cmd := childCommand(t, environment, append([]string{"-json"}, args...)...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if errs.Len() > 0 {
		t.Errorf("on stderr: %s", errs.String())
		noSecrets(t, errs.String())
	}
	if _, exited := err.(*exec.ExitError); err != nil && !exited { //nolint:errorlint // as Output documents it
		t.Fatal(err)
	}
	return read(t, cmd.ProcessState.ExitCode(), out)
}

func childCommand(t *testing.T, environment []string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, args...)
	cmd.Env = append(append(os.Environ(), childVariable+"=1"), environment...)
	return cmd
}

func read(t *testing.T, code int, text []byte) *outcome {
	t.Helper()
	noSecrets(t, string(text))
	o := &outcome{code: code}
	if err := json.Unmarshal(text, o); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if failed := o.Verdict == "failed"; failed != (code == exitFailed) || code == exitUsage {
		t.Errorf("exit code %d, where the verdict is %s", code, o.Verdict)
	}
	for _, f := range o.Findings {
		if (f.Status == "failed") && f.Advice == "" && f.Check != "configuration" { // where the fault says it itself
			t.Errorf("no advice: %+v", f)
		}
	}
	return o
}

// noSecrets fails the test if a text has a secret, as it is or quoted.
func noSecrets(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{theToken, thePass} {
		for _, form := range []string{
			secret, url.QueryEscape(secret), url.PathEscape(secret), strings.ReplaceAll(secret, "/", `\/`), "5ecret",
			base64.StdEncoding.EncodeToString([]byte("me:" + secret)),
		} {
			if strings.Contains(text, form) {
				t.Errorf("a secret (%s) is in:\n%s", form, text)
			}
		}
	}
}

// has fails the test unless there is a finding with these texts.
func (o *outcome) has(t *testing.T, status, check string, texts ...string) {
	t.Helper()
	var seen []string
	for _, f := range o.Findings {
		all := f.Found + "\n" + f.Advice
		if f.Check == check {
			seen = append(seen, f.Status+" "+all)
		}
		found := f.Check == check && f.Status == status
		for _, text := range texts {
			found = found && strings.Contains(all, text)
		}
		if found {
			return
		}
	}
	t.Errorf("no %s %s with %q; of %s there is %q", status, check, texts, check, seen)
}

// lacks fails the test if there is a finding of a check.
func (o *outcome) lacks(t *testing.T, check string) {
	t.Helper()
	for _, f := range o.Findings {
		if f.Check == check {
			t.Errorf("there is %+v", f)
		}
	}
}

// healthy fails the test if anything failed.
func (o *outcome) healthy(t *testing.T) {
	t.Helper()
	for _, f := range o.Findings {
		if f.Status == "failed" || f.Status == "skipped" {
			t.Errorf("%+v", f)
		}
	}
}

// newServer is a server that wants the token, which the environment has.
func newServer(t *testing.T) *apptuittest.Server {
	t.Helper()
	s := apptuittest.NewServer(apptuittest.WithToken(theToken), apptuittest.WithUser("me", theToken))
	t.Cleanup(s.Close)
	t.Setenv("APPTUIT_ENDPOINT", s.URL)
	t.Setenv("APPTUIT_API_TOKEN", theToken)
	return s
}
