// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package servers

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Command is the command apptuit.
type Command struct{ path string }

// BuildCommand builds the command from its module, which is in the folder of the root module.
func BuildCommand(t testing.TB) Command {
	t.Helper()
	c := Command{filepath.Join(t.TempDir(), "apptuit.exe")}
	root, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/apptuitai/apptuit-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", c.path, ".")
	build.Dir = filepath.Join(strings.TrimSpace(string(root)), "cmd", "apptuit")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return c
}

// Run runs the command with further environment variables, in the form of os.Environ. It returns its
// standard output and exit code.
func (c Command) Run(t testing.TB, environment []string, args ...string) (stdout []byte, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), c.path, args...)
	cmd.Env = append(os.Environ(), environment...)
	stdout, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit != nil && len(exit.Stderr) > 0 {
		t.Logf("apptuit %q: %s", args, exit.Stderr)
	}
	return stdout, cmd.ProcessState.ExitCode()
}
