// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// copyOfProc returns a copy of /proc for one process, made from a folder of testdata.
// It adds the link self, because a module cannot contain links.
func copyOfProc(t testing.TB, name string) (root, dir string) {
	t.Helper()
	root = t.TempDir()
	dir = filepath.Join(root, "4242")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "proc", name))); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("4242", filepath.Join(root, "self")); err != nil {
		t.Fatal(err)
	}
	return root, dir
}

// fromProc returns the values that only /proc provides.
func fromProc(all map[string]float64) map[string]float64 {
	found := make(map[string]float64)
	for _, name := range []string{"process.memory.usage", "process.memory.virtual", "process.thread.count", "process.unix.file_descriptor.count"} {
		if value, ok := all[name]; ok {
			found[name] = value
		}
	}
	for _, name := range []string{"process.uptime", "process.disk.io{disk.io.direction=read}", "process.disk.io{disk.io.direction=write}"} {
		if _, ok := all[name]; ok {
			found[name] = -1 // The value depends on the running process as well.
		}
	}
	return found
}

func TestProc_ReportsTheFilesThatCanBeRead(t *testing.T) {
	page := float64(os.Getpagesize())
	const read, write = "process.disk.io{disk.io.direction=read}", "process.disk.io{disk.io.direction=write}"
	complete := map[string]float64{
		"process.memory.usage":               19329 * page,
		"process.memory.virtual":             499934 * page,
		"process.thread.count":               3,
		"process.unix.file_descriptor.count": 5,
		"process.uptime":                     -1,
		read:                                 -1,
		write:                                -1,
	}
	broken := map[string]float64{
		"process.thread.count":               3,
		"process.unix.file_descriptor.count": 5,
		read:                                 -1,
		write:                                -1,
	}
	f := func(name string, want map[string]float64, errs ...string) {
		t.Run(name, func(t *testing.T) {
			log := handledErrors(t)
			root, _ := copyOfProc(t, name)
			reader := start(t, withProc(root))
			for range 3 {
				all := collectValues(t, reader)
				if diff := cmp.Diff(want, fromProc(all)); diff != "" {
					t.Errorf("from /proc (-want +got):\n%s", diff)
				}
				if _, ok := all["process.cpu.time{cpu.mode=user}"]; !ok {
					t.Error("the values of getrusage are missing as well")
				}
			}
			checkReported(t, log, errs)
		})
	}
	f("complete", complete)
	f("truncated", broken, "cannot read memory: */statm: malformed", "cannot read the start time of the process: */stat: ")
	f("empty", broken, "cannot read memory: */statm: malformed", "cannot read the start time of the process: */stat: ")
	f("hostile-numbers", broken, "cannot read memory: */statm: a number is out of range", "cannot read the start time of the process: */stat: a number is out of range")
	f("hostile-text", broken, "cannot read memory: */statm: ", "cannot read the start time of the process: */stat: malformed")
	f("hostile-binary", broken, "cannot read memory: */statm: ", "cannot read the start time of the process: */stat: ")
	f("missing", map[string]float64{}, "cannot read disk I/O: ", "cannot read memory: ", "threads: ", "descriptors: ", "cannot read the start time of the process: ")
	f("hostile-kinds", map[string]float64{}, "cannot read disk I/O: ", "cannot read memory: ", "threads: ", "descriptors: ", "cannot read the start time of the process: ")
}

// checkReported checks that the reported errors contain errs, in this order. In errs,
// * stands for any text.
func checkReported(t *testing.T, log *errorLog, errs []string) {
	t.Helper()
	got := log.all()
	if len(got) != len(errs) {
		t.Errorf("%d errors reported, want %d: %v", len(got), len(errs), got)
		return
	}
	for i, want := range errs {
		first, second, _ := strings.Cut(want, "*")
		text := got[i].Error()
		if !strings.HasPrefix(text, "runtimemetrics: ") || !strings.Contains(text, first) || !strings.Contains(text, second) {
			t.Errorf("reported %q, want %q", text, want)
		}
	}
}

func TestProc_MissingIsReportedOnce(t *testing.T) {
	empty := t.TempDir()
	for _, root := range []string{filepath.Join(empty, "none"), empty} {
		log := handledErrors(t)
		reader := start(t, withProc(root))
		for range 3 {
			if got := fromProc(collectValues(t, reader)); len(got) > 0 {
				t.Errorf("values without /proc: %v", got)
			}
		}
		checkReported(t, log, []string{"cannot read values from " + root + ": "})
		before := NewProducer(withProc(root))
		for name, point := range produced(t, before) {
			if point.Time.Before(point.StartTime) {
				t.Errorf("%s: from %v to %v", name, point.StartTime, point.Time)
			}
		}
	}
}

func TestProc_FileVanishesAndReturns(t *testing.T) {
	log := handledErrors(t)
	root, dir := copyOfProc(t, "complete")
	reader := start(t, withProc(root))
	has := func() bool {
		_, ok := collectValues(t, reader)["process.memory.usage"]
		return ok
	}
	statm, hidden := filepath.Join(dir, "statm"), filepath.Join(dir, "hidden")
	if !has() {
		t.Error("no memory at first")
	}
	if err := os.Rename(statm, hidden); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if has() {
			t.Error("memory without a file")
		}
	}
	if err := os.Rename(hidden, statm); err != nil {
		t.Fatal(err)
	}
	if !has() {
		t.Error("no memory in the end")
	}
	checkReported(t, log, []string{"cannot read memory: "})
}

// readStatm reads a file statm with this content.
func readStatm(t *testing.T, content string) (snapshot, error) {
	t.Helper()
	d := fuzzedProc(t, "statm", content)
	var s snapshot
	err := d.readMemory(&s)
	return s, err
}

func fuzzedProc(t *testing.T, file, content string) *procDir {
	t.Helper()
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "1"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("1", filepath.Join(root, "self")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "1", file), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := openProc(root)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func FuzzStatm(f *testing.F) {
	for _, seed := range []string{
		"499934 19329 1821 700 0 30250 0\n", "", "1 2", "-1 2 3 4 5 6 7", "1 2 3 4 5 6 7 8 9",
		"18446744073709551615 1 1 1 1 1 1", "9223372036854775807 9223372036854775807 1 1 1 1 1", "\x00", "1\v2\f3\u00854\u00a05 6 7",
	} {
		f.Add(seed)
	}
	page := uint64(os.Getpagesize())
	f.Fuzz(func(t *testing.T, content string) {
		s, err := readStatm(t, content)
		if err != nil {
			if s.known[residentMemory] || s.known[virtualMemory] {
				t.Errorf("values in spite of the error %v", err)
			}
			return
		}
		fields := strings.Fields(content)
		for i, f := range []field{virtualMemory, residentMemory} {
			want, err := strconv.ParseUint(fields[i], 10, 64)
			if err != nil || want > math.MaxInt64/page || !s.known[f] || s.int(f) != int64(want*page) {
				t.Errorf("field %d of %q is %d (known: %v)", i, content, s.int(f), s.known[f])
			}
		}
	})
}

func FuzzStat(f *testing.F) {
	complete, err := os.ReadFile(filepath.Join("testdata", "proc", "complete", "stat"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(complete))
	f.Add(strings.Replace(string(complete), "608317", "92233720369", 1))
	for _, seed := range []string{"", "1 (", "1 )(", "1 ()", "1 () ", "1 (x) R 1 2 3"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		age, err := fuzzedProc(t, "stat", content).age()
		if err != nil && age != 0 || age < 0 {
			t.Errorf("%v, %v", age, err)
		}
	})
}

func TestProc_AgeIsNeverNegative(t *testing.T) {
	const year = 365 * 24 * 60 * 60
	stat, err := os.ReadFile(filepath.Join("testdata", "proc", "complete", "stat"))
	if err != nil {
		t.Fatal(err)
	}
	f := func(ticks int64, positive bool) {
		t.Helper()
		content := strings.Replace(string(stat), "608317", fmt.Sprint(ticks), 1)
		age, err := fuzzedProc(t, "stat", content).age()
		if err != nil || age > 0 != positive {
			t.Errorf("of a process that started %d ticks after boot: %v, %v", ticks, age, err)
		}
	}
	f(0, true)
	f(100*100*year, false) // In the future.
}
