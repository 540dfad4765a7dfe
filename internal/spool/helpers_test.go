// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// childVariable is the environment variable with the task of a child process. The test binary
// runs this task instead of the tests.
const childVariable = "SPOOL_TEST_CHILD"

func TestMain(m *testing.M) {
	if what := os.Getenv(childVariable); what != "" {
		child(what, os.Args[len(os.Args)-1])
		return
	}
	os.Exit(m.Run())
}

// childProcess returns a command that runs this test binary as a child process, with a task and
// a folder.
func childProcess(t *testing.T, what, dir string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, dir)
	cmd.Env = append(os.Environ(), childVariable+"="+what)
	cmd.Stderr = os.Stderr
	return cmd
}

// drops collects the drops that a folder reports.
type drops struct {
	mu  sync.Mutex
	all []Drop
}

func (l *drops) add(drop Drop) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, drop)
}

// take returns the drops so far, and forgets them.
func (l *drops) take() []Drop {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.all
	l.all = nil
	return all
}

// want requires one drop of this number of points, whose error contains the texts.
func (l *drops) want(t testing.TB, points int, texts ...string) {
	t.Helper()
	got := l.take()
	if len(got) != 1 || got[0].Points != points {
		t.Fatalf("drops %v, want one of %d points", got, points)
	}
	for _, text := range texts {
		if !strings.Contains(got[0].Err.Error(), text) {
			t.Errorf("%q is not in %q", text, got[0].Err)
		}
	}
}

func (l *drops) none(t testing.TB) {
	t.Helper()
	if got := l.take(); len(got) > 0 {
		t.Errorf("drops %v, want none", got)
	}
}

var generous = Limits{Bytes: 1 << 20, Age: 24 * time.Hour}

// open opens a folder that is closed with the test.
func open(t testing.TB, dir string, limits Limits) (*Folder, *drops) {
	t.Helper()
	dropped := new(drops)
	f, err := Open(dir, limits, Options{Dropped: dropped.add})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f, dropped
}

// reopen closes a folder and opens it again, as a restarted process does.
func reopen(t testing.TB, f *Folder) (*Folder, *drops) {
	t.Helper()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, f.dir, f.limits)
}

// numbered returns test batch i, with ten points and a body of size bytes.
func numbered(i, size int) *Batch {
	body := fmt.Appendf(nil, "batch %d ", i)
	return &Batch{Points: 10, Raw: 1000, Time: time.Now(), Body: append(body, bytes.Repeat([]byte{'x'}, max(0, size-len(body)))...)}
}

func always() bool { return true }

func put(t testing.TB, f *Folder, batches ...*Batch) {
	t.Helper()
	for _, b := range batches {
		if err := f.Put(b, always); err != nil {
			t.Fatal(err)
		}
	}
}

// offer marks all batches as offered to the server. The limit of the age applies only to these.
func offer(f *Folder) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, file := range f.files {
		file.Replay.Offered = true
	}
}

func anyFile(*File) bool { return true }

// drain takes and removes all batches, and returns their numbers in order.
func drain(t testing.TB, f *Folder) []int {
	t.Helper()
	var numbers []int
	for file := f.Take(anyFile); file != nil; file = f.Take(anyFile) {
		b, err := f.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		var i int
		if _, err := fmt.Sscanf(string(b.Body), "batch %d ", &i); err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, i)
		if _, err := f.Replace(file); err != nil {
			t.Fatal(err)
		}
	}
	return numbers
}

// list returns the names of the files in a folder, except the lock.
func list(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.Name() != lockName {
			names = append(names, e.Name())
		}
	}
	return names
}

// wantContent compares the counts of a folder with its files and with a number of batches.
func wantContent(t testing.TB, f *Folder, batches int) {
	t.Helper()
	c := f.Content()
	var bytes int64
	names := list(t, f.dir)
	names = slices.DeleteFunc(names, func(name string) bool { return name == quarantineName })
	for _, name := range names {
		info, err := os.Stat(filepath.Join(f.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		bytes += info.Size()
	}
	if c.Batches != batches || c.Points != int64(10*batches) || len(names) != batches || c.Bytes != bytes {
		t.Errorf("Content returns %+v, the folder has %d files of %d bytes: %v; want %d batches", c, len(names), bytes, names, batches)
	}
}
