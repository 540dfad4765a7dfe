// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitpy_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/internal/testedwith"
)

const (
	// installTime limits the creation of the virtual environment.
	installTime = 10 * time.Minute
	// commandTime limits one command of the driver.
	commandTime = 2 * time.Minute
)

// unavailable skips the test if Python or its packages are missing. In CI it fails the test.
func unavailable(t *testing.T, format string, args ...any) {
	t.Helper()
	text := fmt.Sprintf(format, args...)
	if os.Getenv("CI") == "true" {
		t.Fatal(text)
	}
	t.Skip("NOT TESTED: " + text)
}

// interpreter returns the Python of a virtual environment that has apptuit-py. The
// environment is kept in the user's cache folder, keyed by the requirements and the
// version of Python.
func interpreter(t *testing.T) string {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		unavailable(t, "python3 is not installed: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), installTime)
	defer cancel()
	const wanted = "import sys; assert sys.version_info >= (3, 11), sys.version; print(sys.version, sys.base_prefix)"
	version, err := exec.CommandContext(ctx, python, "-c", wanted).CombinedOutput()
	if err != nil {
		unavailable(t, "python3 is not Python 3.11 or later: %v\n%s", err, version)
	}
	key := sha256.New()
	key.Write(version)
	for _, name := range []string{"testdata/requirements.txt", "testdata/build-requirements.txt"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		key.Write(text)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		unavailable(t, "there is no cache folder for the virtual environment: %v", err)
	}
	cache = filepath.Join(cache, "apptuit-go")
	folder := filepath.Join(cache, fmt.Sprintf("apptuitpy-%x", key.Sum(nil)[:8]))
	if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
		if err := os.MkdirAll(cache, 0o755); err != nil {
			t.Fatal(err)
		}
		install(ctx, t, python, folder)
	}
	return filepath.Join(folder, scripts(), "python")
}

// scripts returns the folder with the interpreter of a virtual environment.
func scripts() string {
	if runtime.GOOS == "windows" {
		return "Scripts"
	}
	return "bin"
}

// install creates the virtual environment in a temporary folder and renames it, so that the folder is
// complete if it exists.
func install(ctx context.Context, t *testing.T, python, folder string) {
	t.Helper()
	temporary, err := os.MkdirTemp(filepath.Dir(folder), "apptuitpy-new-")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := os.RemoveAll(temporary); err != nil {
			t.Error(err)
		}
	}()
	pip := []string{filepath.Join(temporary, scripts(), "python"), "-m", "pip", "--disable-pip-version-check", "--no-input", "--retries", "1"}
	for _, command := range [][]string{
		{python, "-m", "venv", temporary},
		append(slices.Clip(pip), "install", "--no-deps", "--requirement", "testdata/build-requirements.txt"),
		// Without isolation, source packages are built with the pinned tools.
		append(slices.Clip(pip), "install", "--no-deps", "--no-build-isolation", "--requirement", "testdata/requirements.txt"),
		append(slices.Clip(pip), "check"),
	} {
		cmd := exec.CommandContext(ctx, command[0], command[1:]...)
		cmd.WaitDelay = 10 * time.Second
		if output, err := cmd.CombinedOutput(); err != nil {
			unavailable(t, "apptuit-py cannot be installed: %s: %v\n%s", strings.Join(command, " "), err, output)
		}
	}
	if err := os.Rename(temporary, folder); err != nil {
		if _, exists := os.Stat(folder); exists != nil { // no other test has been faster
			t.Fatal(err)
		}
	}
}

// installed returns the version of a package in the virtual environment.
func installed(ctx context.Context, python, distribution string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	const program = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"
	text, err := exec.CommandContext(ctx, python, "-c", program, distribution).Output()
	return strings.TrimSpace(string(text)), err
}

// python is a running driver, testdata/driver.py. Commands are processed one after
// the other.
type python struct {
	mu      sync.Mutex
	stdin   io.WriteCloser
	answers *bufio.Reader
	stop    context.CancelFunc
}

// startPython starts a driver. It ends with the test.
func startPython(t *testing.T) *python {
	t.Helper()
	path := interpreter(t)
	for _, p := range []struct{ product, distribution string }{{"apptuit-py", "apptuit"}, {"pyformance", "pyformance"}} {
		testedwith.Note(t, p.product, func() (string, error) { return installed(t.Context(), path, p.distribution) })
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, path, "-B", "testdata/driver.py")
	cmd.Env = []string{"HOME=" + t.TempDir(), "LC_ALL=C.UTF-8", "NO_PROXY=*", "SystemRoot=" + os.Getenv("SystemRoot")}
	cmd.WaitDelay = 10 * time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close() // ends the driver
		timer := time.AfterFunc(10*time.Second, cancel)
		defer timer.Stop()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the driver ended with %v", err)
		}
		cancel()
		if t.Failed() && stderr.Len() > 0 {
			t.Logf("the driver wrote to stderr:\n%s", stderr.String())
		}
	})
	return &python{stdin: stdin, answers: bufio.NewReader(stdout), stop: cancel}
}

// raised is an exception of Python.
type raised struct {
	Type string
	Text string
	// The fields of an ApptuitSendException.
	Status, Success, Failed, Listed int
}

func (r *raised) Error() string { return r.Type + ": " + r.Text }

// run runs a command of the driver and stores the result in into. It returns an
// exception that the command raised.
func (p *python) run(t *testing.T, command string, arguments map[string]any, into any) *raised {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	all := map[string]any{"command": command}
	maps.Copy(all, arguments)
	line, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(commandTime, p.stop)
	defer timer.Stop()
	if _, err := p.stdin.Write(append(line, '\n')); err != nil {
		t.Fatalf("the driver does not read: %v", err)
	}
	text, err := p.answers.ReadBytes('\n')
	if err != nil {
		t.Fatalf("the driver does not answer: %v", err)
	}
	var answer struct {
		Result json.RawMessage
		Error  *raised
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatalf("the driver answered %q: %v", text, err)
	}
	if answer.Error != nil {
		return answer.Error
	}
	if err := json.Unmarshal(answer.Result, into); err != nil {
		t.Fatalf("the driver's result %s: %v", answer.Result, err)
	}
	return nil
}

// result runs a command that must not raise an exception.
func (p *python) result(t *testing.T, command string, arguments map[string]any, into any) {
	t.Helper()
	if err := p.run(t, command, arguments, into); err != nil {
		t.Fatalf("%s: %v", command, err)
	}
}
