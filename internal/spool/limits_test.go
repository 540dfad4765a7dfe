// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFolder_LimitsBytes(t *testing.T) {
	size := numbered(0, 1000).size()
	f, dropped := open(t, t.TempDir(), Limits{Bytes: 5 * size, Age: time.Hour})
	for i := range 5 {
		put(t, f, numbered(i, 1000))
	}
	dropped.none(t)
	put(t, f, numbered(5, 1000))
	dropped.want(t, 10, fmt.Sprintf("the spool is full with %d bytes in 5 batches", 5*size))
	put(t, f, numbered(6, 2500))
	dropped.want(t, 30, "(the first of 3 batches)")
	wantContent(t, f, 3)
	if err := f.Put(numbered(7, 6000), always); err == nil {
		t.Error("Put accepts a batch that is larger than the limit of the spool")
	}
	dropped.none(t)
	if diff := cmp.Diff([]int{4, 5, 6}, drain(t, f)); diff != "" {
		t.Error(diff)
	}
}

func TestFolder_KeepsTakenFilesAtTheLimits(t *testing.T) {
	size := numbered(0, 1000).size()
	synctest.Test(t, func(t *testing.T) {
		f, dropped := open(t, t.TempDir(), Limits{Bytes: 3 * size, Age: time.Hour})
		put(t, f, numbered(0, 1000), numbered(1, 1000), numbered(2, 1000))
		oldest := f.Take(anyFile)
		put(t, f, numbered(3, 1000))
		dropped.want(t, 10)
		time.Sleep(2 * time.Hour)
		offer(f)
		put(t, f, numbered(4, 1000))
		dropped.want(t, 20, "older than 1h0m0s", "the first of 2 batches")
		f.Return(oldest)
		if diff := cmp.Diff([]int{4}, drain(t, f)); diff != "" {
			t.Error(diff)
		}
		dropped.want(t, 10)
	})
}

func TestFolder_LimitsAge(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		f, dropped := open(t, dir, generous)
		for i := range 3 {
			put(t, f, numbered(i, 0))
			time.Sleep(8 * time.Hour)
		}
		time.Sleep(time.Second)
		offer(f)
		put(t, f, numbered(3, 0))
		dropped.want(t, 10, "older than 24h0m0s")
		// The limit also applies to batches that a restart finds.
		f, dropped = reopen(t, f)
		dropped.none(t)
		time.Sleep(8 * time.Hour)
		f, dropped = reopen(t, f)
		dropped.none(t)
		offer(f)
		if diff := cmp.Diff([]int{2, 3}, drain(t, f)); diff != "" {
			t.Error(diff)
		}
		dropped.want(t, 10, "older")
		if c := f.Content(); c.Found != 30 || c.Points != 0 {
			t.Errorf("%+v", c)
		}
	})
}

// A batch of any age is kept until it has been offered to the server, that is, until the server
// has answered an attempt.
func TestFolder_Take_KeepsOldBatchesThatWereNotOffered(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		f, _ := open(t, dir, generous)
		put(t, f, numbered(0, 0), numbered(1, 0))
		time.Sleep(100 * time.Hour)
		f, dropped := reopen(t, f)
		f.Maintain()
		file := f.Take(anyFile)
		if file == nil {
			t.Fatal("there is no batch")
		}
		dropped.none(t)
		file.Replay.Offered = true
		f.Return(file)
		if diff := cmp.Diff([]int{1}, drain(t, f)); diff != "" {
			t.Error(diff)
		}
		dropped.want(t, 10, "older than 24h0m0s")
	})
}

// Open drops the oldest batches of a folder that exceeds its limits.
func TestOpen_AppliesLowerLimits(t *testing.T) {
	f, _ := open(t, t.TempDir(), generous)
	for i := range 10 {
		put(t, f, numbered(i, 1000))
	}
	f.limits.Bytes = 4 * numbered(0, 1000).size()
	f, dropped := reopen(t, f)
	dropped.want(t, 60, "(the first of 6 batches)")
	wantContent(t, f, 4)
	if diff := cmp.Diff([]int{6, 7, 8, 9}, drain(t, f)); diff != "" {
		t.Error(diff)
	}
}

func TestFolder_LimitsFiles(t *testing.T) {
	f, dropped := open(t, t.TempDir(), generous)
	put(t, f, numbered(0, 0), numbered(1, 0))
	f.mu.Lock()
	for len(f.files) < maxFiles {
		f.files = append(f.files, &File{name: "z", taken: true})
	}
	f.mu.Unlock()
	put(t, f, numbered(2, 0))
	dropped.want(t, 10, "65536 batches")
	if c := f.Content(); c.Batches != maxFiles || c.Points != 20 {
		t.Errorf("%+v", c)
	}
}

// A batch that a limit drops counts as dropped, even if another program has already removed its
// file.
func TestFolder_DropsAFileThatWasRemoved(t *testing.T) {
	f, dropped := open(t, t.TempDir(), Limits{Bytes: 2 * numbered(0, 1000).size(), Age: time.Hour})
	put(t, f, numbered(0, 1000), numbered(1, 1000))
	if err := os.Remove(filepath.Join(f.dir, list(t, f.dir)[0])); err != nil {
		t.Fatal(err)
	}
	put(t, f, numbered(2, 1000))
	dropped.want(t, 10, "the spool is full")
	wantContent(t, f, 2)
}

func TestFolder_LimitsTheQuarantine(t *testing.T) {
	size := numbered(0, 1000).size()
	f, dropped := open(t, t.TempDir(), Limits{Bytes: quarantineShare * 3 * size, Age: time.Hour})
	set := func(i int) {
		t.Helper()
		put(t, f, numbered(i, 1000))
		f.Quarantine(f.Take(anyFile), errors.New("bad"))
		dropped.want(t, 10, "is moved to the quarantine: bad")
	}
	quarantine := filepath.Join(f.dir, quarantineName)
	var names []string
	for i := range 5 {
		set(i)
		names = list(t, quarantine)
		if len(names) != min(i+1, 3) {
			t.Fatalf("the quarantine has %d files after %d batches", len(names), i+1)
		}
		for j, name := range names { // each file is a minute older than the next
			at := time.Now().Add(time.Duration(j-len(names)) * time.Minute)
			if err := os.Chtimes(filepath.Join(quarantine, name), at, at); err != nil {
				t.Fatal(err)
			}
		}
	}
	old := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(filepath.Join(quarantine, names[2]), old, old); err != nil {
		t.Fatal(err)
	}
	set(5)
	if _, err := os.Stat(filepath.Join(quarantine, names[2])); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that exceeds the age is still in the quarantine: %v", err)
	}
	if n := len(list(t, quarantine)); n != 3 {
		t.Errorf("the quarantine has %d files, want 3", n)
	}
}

// Open can move many invalid batches to the quarantine, whose limits still apply.
func TestOpen_LimitsTheQuarantine(t *testing.T) {
	dir := t.TempDir()
	for i := range maxQuarantined + 20 {
		if err := os.WriteFile(filepath.Join(dir, batchName(time.Unix(0, int64(i)), 0)), []byte("junk"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, dropped := open(t, dir, Limits{Bytes: 1 << 20, Age: time.Hour})
	dropped.want(t, 0, "is moved to the quarantine: not a valid batch", fmt.Sprintf("(the first of %d batches)", maxQuarantined+20))
	if n := len(list(t, filepath.Join(f.dir, quarantineName))); n != maxQuarantined {
		t.Errorf("the quarantine has %d files, want %d", n, maxQuarantined)
	}
	wantContent(t, f, 0)
}
