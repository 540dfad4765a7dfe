// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// contents returns the content of each file below a folder, by path.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestInspect_CountsAndChangesNothing(t *testing.T) {
	dir := t.TempDir()
	f, dropped := open(t, dir, generous)
	old := numbered(1, 100)
	old.Time = time.Now().Add(-time.Hour).Truncate(0)
	old.Uncounted = []uint32{0, 4}
	recent := numbered(0, 50)
	recent.Reason = "connection refused"
	put(t, f, recent, old)
	for path, text := range map[string]string{
		batchName(time.Unix(0, 1), 1): "APTSPOOL", batchName(time.Unix(0, 2), 1) + ".tmp": "x", "quarantine/bad.batch": "x", "orders.batch": "x",
	} {
		path = filepath.Join(dir, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	before := contents(t, dir)
	want := Info{
		Batches: 2, Points: 18, Bytes: f.Content().Bytes, Oldest: old.Time, Newest: recent.Time, Reason: "connection refused",
		Faulty: 1, Foreign: 1, Quarantined: 1, QuarantinedBytes: 1, InUse: true,
	}
	got, err := Inspect(dir)
	if err != nil || !got.Oldest.Equal(want.Oldest) || !got.Newest.Equal(want.Newest) {
		t.Errorf("oldest %v, newest %v, %v; want %v and %v", got.Oldest, got.Newest, err, want.Oldest, want.Newest)
	}
	got.Oldest, got.Newest = want.Oldest, want.Newest
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if after := contents(t, dir); len(after) != len(before) {
		t.Errorf("files before %v, after %v", before, after)
	}
	put(t, f, numbered(2, 50)) // the folder is still open
	dropped.none(t)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err = Inspect(dir); err != nil || got.InUse || got.Points != 28 {
		t.Errorf("after Close: %+v, %v", got, err)
	}
}

func TestInspect_CountsInstances(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		f, err := Open(dir, generous, Options{Instances: true, Dropped: new(drops).add})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		put(t, f, numbered(0, 50))
	}
	if got, err := Inspect(dir); err != nil || got.Batches != 2 || got.Points != 20 || !got.InUse {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestInspect_DoesNotCreateTheFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	if _, err := Inspect(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder: %v", err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Inspect(dir); err == nil {
		t.Error("Inspect accepts a file in place of a folder")
	}
}
