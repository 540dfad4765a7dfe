// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// view opens a folder for reading until the end of the test.
func view(t *testing.T, dir string) *View {
	t.Helper()
	v, err := OpenView(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return v
}

// instances opens one instance for each number of batches, and puts as many batches into it.
func instances(t *testing.T, dir string, batches ...int) []*Folder {
	t.Helper()
	var all []*Folder
	for _, n := range batches {
		f, err := Open(dir, generous, Options{Instances: true, Dropped: new(drops).add})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		for i := range n {
			b := numbered(i, 50)
			b.Reason = "reason " + strings.Repeat("x", i)
			put(t, f, b)
		}
		all = append(all, f)
	}
	return all
}

func TestView_FoldersAreThoseOfTheInstances(t *testing.T) {
	dir := t.TempDir()
	all := instances(t, dir, 2, 1)
	if err := all[1].Close(); err != nil {
		t.Fatal(err)
	}
	folders, err := view(t, dir).Folders()
	if err != nil || len(folders) != 2 {
		t.Fatalf("%+v, %v", folders, err)
	}
	for i, want := range []FolderInfo{
		{Name: ".", Info: Info{Batches: 2, Points: 20, Bytes: all[0].Content().Bytes, Reason: "reason x", InUse: true}},
		{Name: "2", Info: Info{Batches: 1, Points: 10, Bytes: all[1].Content().Bytes, Reason: "reason "}},
	} {
		got := folders[i]
		want.Oldest, want.Newest = got.Oldest, got.Newest
		if got != want || got.Newest.Before(got.Oldest) || time.Since(got.Oldest) > time.Minute {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	total := Total(folders)
	if total.Batches != 3 || total.Points != 30 || !total.Oldest.Equal(folders[0].Oldest) || !total.Newest.Equal(folders[1].Newest) || total.Reason != "reason " || !total.InUse {
		t.Errorf("%+v", total)
	}
}

// A view reads the batches of all instances and of the quarantine, and skips other files.
func TestView_ReadsFiles(t *testing.T) {
	dir := t.TempDir()
	all := instances(t, dir, 2, 1)
	file := all[0].Take(anyFile)
	all[0].Quarantine(file, errors.New("test"))
	for _, name := range []string{"notes.txt", batchName(time.Unix(0, 1), 1) + temporarySuffix, filepath.Join("2", "quarantine")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	v := view(t, dir)
	var got []string
	for f, err := range v.Files() {
		if err != nil {
			t.Fatal(err)
		}
		r, err := v.Open(f)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			t.Error(err)
		}
		place := filepath.Dir(f.Path)
		if f.Quarantined != (place == "quarantine") {
			t.Errorf("%+v", f)
		}
		text, _, _ := strings.Cut(string(body), "x")
		got = append(got, place+" "+text+r.Header().Reason)
		if r.Size() != r.Header().size()+int64(len(body)) {
			t.Errorf("%s: %d bytes, with a header of %d", f.Path, r.Size(), r.Header().size())
		}
	}
	if diff := cmp.Diff([]string{". batch 1 reason x", "quarantine batch 0 reason ", "2 batch 0 reason "}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// A file that its owner removes between Files and Open is reported as missing.
func TestView_Open_ReportsARemovedFileAsMissing(t *testing.T) {
	dir := t.TempDir()
	f := instances(t, dir, 2)[0]
	v := view(t, dir)
	files := 0
	for stored, err := range v.Files() {
		if err != nil {
			t.Fatal(err)
		}
		files++
		drain(t, f)
		if _, err := v.Open(stored); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("error %v", err)
		}
	}
	if files != 2 {
		t.Errorf("%d files, want 2", files)
	}
}

// A Reader detects faults in any part of a file.
func TestReader_FindsFaults(t *testing.T) {
	dir := t.TempDir()
	put(t, instances(t, dir, 0)[0], numbered(0, 5000))
	v := view(t, dir)
	stored := Stored{Path: list(t, dir)[0]}
	path := filepath.Join(dir, stored.Path)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	flipped := slices.Clone(whole)
	flipped[len(flipped)-1] ^= 1
	for name, file := range map[string][]byte{"flipped": flipped, "torn": whole[:len(whole)-1], "longer": append(slices.Clone(whole), 0), "empty": nil} {
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := v.Open(stored)
		if err == nil {
			_, err = io.Copy(io.Discard, r)
			_ = r.Close()
		}
		if !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Another process shortens the file while it is read.
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := v.Open(stored)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := os.Truncate(path, int64(len(whole))-100); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, r); !errors.Is(err, ErrFormat) {
		t.Errorf("a shortened file: %v", err)
	}
}
