// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package testedwith_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/apptuitai/apptuit-go/internal/testedwith"
)

// witness is a fake test whose outcome is set by the test that uses it.
type witness struct {
	testing.TB
	name            string
	failed, skipped bool
	cleanups        []func()
}

func (w *witness) Name() string              { return w.name }
func (w *witness) Failed() bool              { return w.failed }
func (w *witness) Skipped() bool             { return w.skipped }
func (w *witness) Cleanup(f func())          { w.cleanups = append(w.cleanups, f) }
func (w *witness) Fatalf(_ string, _ ...any) { w.failed = true; runtime.Goexit() }

// run runs f and its cleanups as package testing runs a test.
func (w *witness) run(f func(t testing.TB)) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(w)
	}()
	<-done
	for _, f := range slices.Backward(w.cleanups) {
		f()
	}
}

func version(v string, err error) func() (string, error) {
	return func() (string, error) { return v, err }
}

func TestNote_RecordsTestsThatPass(t *testing.T) {
	file := filepath.Join(t.TempDir(), "runs")
	t.Setenv(testedwith.Variable, file)
	passes, fails := &witness{TB: t, name: "TestPasses"}, &witness{TB: t, name: "TestFails"}
	skips, unknown := &witness{TB: t, name: "TestSkips"}, &witness{TB: t, name: "TestUnknown"}
	passes.run(func(t testing.TB) {
		testedwith.Note(t, "Server", version("v1.2.3", nil))
		testedwith.Note(t, "Proxy", version("4.5", nil))
	})
	fails.run(func(t testing.TB) { testedwith.Note(t, "Server", version("1", nil)); fails.failed = true })
	skips.run(func(t testing.TB) { testedwith.Note(t, "Server", version("1", nil)); skips.skipped = true })
	unknown.run(func(t testing.TB) { testedwith.Note(t, "Server", version("", errors.New("no answer"))) })
	if !unknown.failed {
		t.Error("a server that does not tell its version does not fail the test")
	}
	today, own := time.Now().UTC().Format(time.DateOnly), "internal/testedwith"
	want := []testedwith.Run{
		{Server: "Server", Version: "1.2.3", Date: today, Package: own, Test: "TestPasses"},
		{Server: "Proxy", Version: "4.5", Date: today, Package: own, Test: "TestPasses"},
	}
	got, err := testedwith.Read(file)
	if diff := cmp.Diff(want, got, cmpopts.SortSlices(func(a, b testedwith.Run) bool { return fmt.Sprint(a) < fmt.Sprint(b) })); err != nil || diff != "" {
		t.Errorf("error %v, runs (-want +got):\n%s", err, diff)
	}
}

func TestNote_DoesNothingWithoutTheVariable(t *testing.T) {
	t.Setenv(testedwith.Variable, "")
	w := &witness{TB: t, name: "TestPasses"}
	w.run(func(t testing.TB) {
		testedwith.Note(t, "Server", func() (string, error) {
			w.failed = true
			return "", nil
		})
	})
	if w.failed || len(w.cleanups) > 0 {
		t.Error("the version was asked for, or something is left to do")
	}
}

func TestRead_ReportsLinesThatAreNoRuns(t *testing.T) {
	file := filepath.Join(t.TempDir(), "runs")
	if err := os.WriteFile(file, []byte("{}\nx\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if runs, err := testedwith.Read(file); err == nil {
		t.Errorf("runs %v", runs)
	}
	if _, err := testedwith.Read(file + ".missing"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}
