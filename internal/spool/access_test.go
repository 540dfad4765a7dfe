// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// inTime fails the test if do does not return within 10 seconds, for example because it has
// opened a FIFO.
func inTime(t *testing.T, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("the function does not return")
	}
}

// makers returns functions that create a file that is not regular, for each kind of such files.
// Links lead to elsewhere, a folder outside the spool, or to a file within the spool.
func makers(elsewhere string) map[string]func(path string) error {
	return map[string]func(path string) error{
		"FIFO":                               func(path string) error { return unix.Mkfifo(path, 0o600) },
		"link to a file":                     func(path string) error { return os.Symlink(filepath.Join(elsewhere, "file"), path) },
		"link to a folder":                   func(path string) error { return os.Symlink(elsewhere, path) },
		"link to a file that does not exist": func(path string) error { return os.Symlink(filepath.Join(elsewhere, "new"), path) },
		"link within the folder":             func(path string) error { return os.Symlink("notes.txt", path) },
	}
}

// forEachMaker runs a test for each kind of makers. The function put creates a file of this kind
// in the folder dir. forEachMaker then checks that the files outside the folder, and the file
// notes.txt in it, have not changed.
func forEachMaker(t *testing.T, test func(t *testing.T, dir string, put func(name string))) {
	for kind := range makers("") {
		t.Run(kind, func(t *testing.T) {
			dir, elsewhere := t.TempDir(), t.TempDir()
			for _, path := range []string{filepath.Join(elsewhere, "file"), filepath.Join(dir, "notes.txt")} {
				if err := os.WriteFile(path, []byte("not ours"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			before := contents(t, elsewhere)
			inTime(t, func() {
				test(t, dir, func(name string) {
					if err := makers(elsewhere)[kind](filepath.Join(dir, name)); err != nil {
						t.Error(err)
					}
				})
			})
			if after := contents(t, elsewhere); len(after) != 1 || after[filepath.Join(elsewhere, "file")] != before[filepath.Join(elsewhere, "file")] {
				t.Errorf("the files outside the folder are %v", after)
			}
			if text, err := os.ReadFile(filepath.Join(dir, "notes.txt")); err != nil || string(text) != "not ours" {
				t.Errorf("notes.txt: %q, %v", text, err)
			}
		})
	}
}

// An irregular file with the name of a batch is neither changed nor reported.
func TestOpen_LeavesLinksAndFIFOsAlone(t *testing.T) {
	forEachMaker(t, func(t *testing.T, dir string, put func(string)) {
		name := batchName(time.Now(), 1)
		put(name)
		put(name + temporarySuffix)
		f, dropped := open(t, dir, generous)
		if c := f.Content(); c.Batches != 0 {
			t.Errorf("%+v", c)
		}
		f.Maintain()
		dropped.none(t)
		for _, name := range []string{name, name + temporarySuffix} {
			if _, err := os.Lstat(filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
		}
		if info, err := Inspect(dir); err != nil || info.Batches+info.Faulty != 0 || info.Foreign != 3 {
			t.Errorf("%+v, %v", info, err)
		}
	})
}

// A batch whose file was replaced by an irregular file is lost. The replacement is not changed.
func TestFolder_Read_LeavesLinksAndFIFOsAlone(t *testing.T) {
	forEachMaker(t, func(t *testing.T, dir string, put func(string)) {
		f, dropped := open(t, dir, generous)
		if err := f.Put(numbered(0, 0), always); err != nil {
			t.Error(err)
		}
		file := f.Take(anyFile)
		if err := os.Remove(filepath.Join(dir, file.name)); err != nil {
			t.Error(err)
		}
		put(file.name)
		_, err := f.Read(file)
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("Read: %v", err)
		}
		if !f.Quarantine(file, err) || f.Content().Points != 0 {
			t.Errorf("%+v", f.Content())
		}
		dropped.want(t, 10, file.name+" was replaced", "not a regular file")
		if info, err := os.Lstat(filepath.Join(dir, file.name)); err != nil || info.Mode().IsRegular() {
			t.Errorf("%v, %v", info, err)
		}
	})
}

func TestOpen_RefusesALockThatIsNotARegularFile(t *testing.T) {
	forEachMaker(t, func(t *testing.T, dir string, put func(string)) {
		put(lockName)
		_, err := Open(dir, generous, Options{Dropped: func(Drop) {}})
		if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, lockName)) || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("Open: %v", err)
		}
	})
}

// A batch is not moved if the path of the quarantine is not a folder.
func TestFolder_Quarantine_FollowsNoLink(t *testing.T) {
	forEachMaker(t, func(t *testing.T, dir string, put func(string)) {
		f, dropped := open(t, dir, generous)
		if err := f.Put(numbered(0, 0), always); err != nil {
			t.Error(err)
		}
		put(quarantineName)
		file := f.Take(anyFile)
		if f.Quarantine(file, errors.New("bad")) {
			t.Error("the file was moved")
		}
		dropped.want(t, 0, quarantineName, "not a directory")
		if _, err := os.Lstat(filepath.Join(dir, file.name)); err != nil {
			t.Error(err)
		}
		if info, err := Inspect(dir); err != nil || info.Quarantined != 0 {
			t.Errorf("%+v, %v", info, err)
		}
	})
}

// No instance uses a subfolder's path that is not a folder.
func TestOpen_SkipsInstancesThatAreNotFolders(t *testing.T) {
	forEachMaker(t, func(t *testing.T, dir string, put func(string)) {
		put("2")
		for _, want := range []string{dir, filepath.Join(dir, "3")} {
			f, err := Open(dir, generous, Options{Instances: true, Dropped: func(Drop) {}})
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { f.Close() })
			if f.Dir() != want {
				t.Errorf("Open uses the folder %s, want %s", f.Dir(), want)
			}
			f.Maintain()
		}
	})
}

func TestOpen_RefusesAFolderThatOthersCanWriteTo(t *testing.T) {
	for _, tt := range []struct {
		mode    fs.FileMode
		refused bool
	}{
		{0o700, false}, {0o755, false}, {0o750, false}, {0o770, true}, {0o702, true}, {0o777, true}, {0o777 | fs.ModeSticky, true}, {0o775 | fs.ModeSetgid, true},
	} {
		dir := t.TempDir()
		if err := os.Chmod(dir, tt.mode); err != nil {
			t.Fatal(err)
		}
		f, err := Open(dir, generous, Options{Dropped: func(Drop) {}})
		if f != nil {
			f.Close()
		}
		info, inspectErr := Inspect(dir)
		if errors.Is(err, ErrInsecure) != tt.refused || errors.Is(info.Insecure, ErrInsecure) != tt.refused || inspectErr != nil {
			t.Errorf("%v: %v, %v, %v", tt.mode, err, info.Insecure, inspectErr)
		}
		if !tt.refused {
			continue
		}
		for _, text := range []string{"chmod go-w " + dir, "subfolder", "WithSpoolInsecureFolder", "APPTUIT_SPOOL_INSECURE_DIR=true"} {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%q is not in %v", text, err)
			}
		}
		if n := len(contents(t, dir)); n != 0 {
			t.Errorf("%v: Open created %d files", tt.mode, n)
		}
		allowed, err := Open(dir, generous, Options{Insecure: true, Dropped: func(Drop) {}})
		if err != nil {
			t.Errorf("Open refuses mode %v: %v", tt.mode, err)
			continue
		}
		allowed.Close()
		below, err := Open(filepath.Join(dir, "below"), generous, Options{Dropped: func(Drop) {}})
		if err != nil {
			t.Errorf("Open refuses a subfolder: %v", err)
			continue
		}
		below.Close()
	}
}

func TestOpen_RefusesAFolderOfAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: only root can change the owner of a folder")
	}
	dir := t.TempDir()
	if err := os.Chown(dir, 65534, -1); err != nil {
		t.Fatal(err)
	}
	_, err := Open(dir, generous, Options{Dropped: func(Drop) {}})
	for _, text := range []string{dir + " belongs to user 65534 and the program runs as user 0", "chown 0 " + dir} {
		if !errors.Is(err, ErrInsecure) || !strings.Contains(err.Error(), text) {
			t.Errorf("%q is not in %v", text, err)
		}
	}
	f, err := Open(dir, generous, Options{Insecure: true, Dropped: func(Drop) {}})
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}

// A folder that replaces the spool's folder is not used as long as other users can write to it.
func TestFolder_DoesNotRecoverInAnInsecureFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	f, dropped := open(t, dir, generous)
	put(t, f, numbered(0, 0))
	if err := os.Rename(dir, dir+".old"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := f.Put(numbered(1, 0), always); !errors.Is(err, ErrInsecure) {
		t.Errorf("Put: %v", err)
	}
	dropped.want(t, 0, "there is no spool for now", "chmod go-w "+dir)
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if !f.Maintain() {
		t.Error("Maintain does not use the folder, although it is secure now")
	}
	put(t, f, numbered(1, 0))
	wantContent(t, f, 1)
	if n := len(list(t, dir+".old")); n != 1 {
		t.Errorf("%d files are in the former folder, want 1", n)
	}
}

// New folders and files are accessible only to their user, with any umask.
func TestOpen_CreatesFoldersForOneUser(t *testing.T) {
	for _, umask := range []int{0, 0o002, 0o022, 0o077} {
		t.Run(fmt.Sprintf("%04o", umask), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "new", "spool")
			old := unix.Umask(umask)
			defer unix.Umask(old)
			for range 2 {
				f, err := Open(dir, generous, Options{Instances: true, Dropped: func(Drop) {}})
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				put(t, f, numbered(0, 0), numbered(1, 0))
				f.Quarantine(f.Take(anyFile), errors.New("bad"))
			}
			err := filepath.WalkDir(filepath.Dir(dir), func(path string, d fs.DirEntry, err error) error {
				if err != nil {
					return err
				}
				info, err := d.Info()
				if err == nil && info.Mode().Perm()&0o077 != 0 {
					t.Errorf("%s has mode %v", path, info.Mode())
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// Close leaves no file open.
func TestFolder_Close_ClosesAllFiles(t *testing.T) {
	count := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("NOT TESTED: the system does not list open files: ", err)
		}
		return len(entries)
	}
	dir := t.TempDir()
	runtime.GC()
	before := count()
	for i := range 20 {
		f, err := Open(dir, generous, Options{Dropped: func(Drop) {}})
		if err != nil {
			t.Fatal(err)
		}
		put(t, f, numbered(i, 0))
		if _, err := Open(dir, generous, Options{Dropped: func(Drop) {}}); !errors.Is(err, ErrInUse) {
			t.Fatal(err)
		}
		if _, err := Inspect(dir); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	if after := count(); after > before {
		t.Errorf("%d files are open, %d were before", after, before)
	}
}
