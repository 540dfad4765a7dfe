// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package outfile

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func write(t *testing.T, path, text string) *File {
	t.Helper()
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	return f
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// files are the names in a folder.
func files(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func TestFile_ReplacesTheOlderFileOnCommit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "x.csv")
	for _, text := range []string{"first", "second"} {
		f := write(t, path, text)
		if text == "second" && content(t, path) != "first" {
			t.Error("the older file changed before Commit")
		}
		if err := f.Commit(); err != nil {
			t.Fatal(err)
		}
		f.Discard()
		if got := content(t, path); got != text || files(t, dir) != "x.csv" {
			t.Errorf("%q; files %s", got, files(t, dir))
		}
	}
}

func TestFile_LeavesNothingAfterDiscard(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "x.csv")
	write(t, path, "half").Discard()
	if got := files(t, dir); got != "" {
		t.Errorf("files %s", got)
	}
	if err := write(t, path, "whole").Commit(); err != nil {
		t.Fatal(err)
	}
	write(t, path, "half").Discard()
	if got := content(t, path); got != "whole" || files(t, dir) != "x.csv" {
		t.Errorf("%q; files %s", got, files(t, dir))
	}
}

func TestFile_KeepsModeAndLink(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("NOT TESTED: modes and links of Windows")
	}
	dir := t.TempDir()
	path, link := filepath.Join(dir, "x.csv"), filepath.Join(dir, "link.csv")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o646); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("x.csv", link); err != nil {
		t.Fatal(err)
	}
	if err := write(t, link, "new").Commit(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != 0o646 || content(t, path) != "new" || files(t, dir) != "link.csv x.csv" {
		t.Errorf("%v, %v, %q, files %s", err, info.Mode(), content(t, path), files(t, dir))
	}
	if target, err := os.Readlink(link); err != nil || target != "x.csv" {
		t.Errorf("link to %q, %v", target, err)
	}
}

func TestWriteFile_KeepsTheModeOfANewFile(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("NOT TESTED: modes of Windows")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "checkpoint")
	for _, text := range []string{"first", "second"} {
		if err := WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode() != 0o600 || content(t, path) != text || files(t, dir) != "checkpoint" {
			t.Errorf("%v, %v, %q, files %s", err, info.Mode(), content(t, path), files(t, dir))
		}
	}
}

func TestFile_IsWrittenToAFolderThatCannotBeRead(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("NOT TESTED: modes of Windows")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o300); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "x.csv")
	if err := write(t, path, "whole").Commit(); err != nil {
		t.Error(err)
	}
	if got := content(t, path); got != "whole" {
		t.Errorf("%q", got)
	}
}

func TestFile_WritesToADeviceInPlace(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("NOT TESTED: Windows has no /dev/null")
	}
	if err := write(t, os.DevNull, "x").Commit(); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("%v, %v", info, err)
	}
}

func TestCreate_NamesTheFileThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := Create(filepath.Join(dir, "none", "x.csv"))
	if err == nil || !strings.Contains(err.Error(), filepath.Join("none", "x.csv")+":") {
		t.Errorf("%v", err)
	}
	if _, err := Create(dir); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("%v", err)
	}
}
