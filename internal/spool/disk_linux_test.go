// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// childOfDisk runs the child process of a test of full disks. It reports whether the test is one
// of these.
func childOfDisk(what, dir string, fail func(error)) bool {
	switch what {
	case "small": // no file can be larger than 4 KiB
		signal.Ignore(syscall.SIGXFSZ)
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 4096, Max: 4096}); err != nil {
			fail(err)
		}
		fillDisk(dir, fail, unix.EFBIG)
	case "full": // the folder is a file system of 64 KiB
		if err := unix.Mount("none", dir, "tmpfs", 0, "size=64k,mode=700"); err != nil {
			fmt.Println("cannot mount a file system:", err)
			return true
		}
		fillDisk(dir, fail, unix.ENOSPC)
		if err := unix.Mount("none", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
			fail(err)
		}
		if _, err := Open(dir, generous, Options{Dropped: func(Drop) {}}); !errors.Is(err, unix.EROFS) {
			fail(fmt.Errorf("Open of a read-only folder: %w", err))
		}
	default:
		return false
	}
	return true
}

// fillDisk puts batches into a folder until Put returns the error want, and checks that the
// folder contains each stored batch completely, and no part of another.
func fillDisk(dir string, fail func(error), want error) {
	f, err := Open(dir, generous, Options{Dropped: func(l Drop) { fail(l.Err) }})
	if err != nil {
		fail(err)
	}
	kept := 0
	for i := 0; err == nil && i < 100; i++ {
		if err = f.Put(numbered(i, 1000*(i+1)), always); err == nil {
			kept++
		}
	}
	entries, readErr := os.ReadDir(dir)
	if !errors.Is(err, want) || readErr != nil || kept == 0 || len(entries) != kept+1 || f.Content().Batches != kept {
		fail(fmt.Errorf("Put stored %d batches, Content returns %+v, the folder has %d files: %w", kept, f.Content(), len(entries), err))
	}
	if file := f.Take(anyFile); file == nil {
		fail(errors.New("Take returns no batch"))
	} else if _, err := f.Replace(file, numbered(0, 100)); err != nil && !errors.Is(want, unix.ENOSPC) {
		fail(err)
	}
	if err := f.Close(); err != nil {
		fail(err)
	}
	fmt.Println("as it should be")
}

func TestFolder_Put_OnAFullDisk(t *testing.T) {
	for what, attributes := range map[string]*syscall.SysProcAttr{
		"small": nil,
		"full": {
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		},
	} {
		t.Run(what, func(t *testing.T) {
			cmd := childProcess(t, what, t.TempDir())
			cmd.SysProcAttr = attributes
			out, err := cmd.Output()
			switch {
			case errors.Is(err, fs.ErrPermission) || err == nil && string(out) != "as it should be\n":
				t.Skipf("%s, %v", out, err)
			case err != nil:
				t.Error(err)
			}
		})
	}
}

// asNobody runs a test as a user other than root, because file modes do not restrict root. If
// the process runs as root, the thread changes its user, and ends with the test.
func asNobody(t *testing.T, test func()) {
	done := make(chan error)
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if os.Getuid() == 0 {
			if err := unix.Setfsuid(65534); err != nil {
				done <- err
				return
			}
		}
		test()
	}()
	if err := <-done; err != nil {
		t.Skip(err)
	}
}

func chmod(t *testing.T, mode fs.FileMode, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFolder_LosesNothingInAReadOnlyFolder(t *testing.T) {
	f, dropped := open(t, t.TempDir(), generous)
	put(t, f, numbered(0, 0), numbered(1, 0))
	chmod(t, 0o755, filepath.Dir(f.dir))
	chmod(t, 0o555, f.dir)
	t.Cleanup(func() { chmod(t, 0o700, f.dir) })
	counted := func(batches int) {
		t.Helper()
		if c := f.Content(); c.Batches != batches || c.Points != int64(10*batches) {
			t.Errorf("%+v", c)
		}
	}
	asNobody(t, func() {
		if err := f.Put(numbered(2, 0), always); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("Put: %v", err)
		}
		counted(2)
		// Replace cannot remove the file, but the batch is not sent again before a restart.
		if _, err := f.Replace(f.Take(anyFile)); err != nil {
			t.Errorf("Replace: %v", err)
		}
		counted(1)
		// A file that cannot be moved is kept, which is reported once.
		file := f.Take(anyFile)
		for range 2 {
			if f.Quarantine(file, errors.New("bad")) {
				t.Error("the file was moved")
			}
		}
		counted(1)
	})
	got := dropped.take()
	if len(got) != 2 || got[0].Points != 0 || got[1].Points != 0 || !errors.Is(got[0].Err, fs.ErrPermission) || !errors.Is(got[1].Err, fs.ErrPermission) {
		t.Errorf("drops %v", got)
	}
}

// Put returns an error if the folder cannot be synced, and then removes the file.
func TestFolder_Put_FailsIfTheFolderCannotBeSynced(t *testing.T) {
	f, dropped := open(t, t.TempDir(), generous)
	chmod(t, 0o755, filepath.Dir(f.dir))
	chmod(t, 0o333, f.dir) // syncing a folder requires read access
	t.Cleanup(func() { chmod(t, 0o700, f.dir) })
	asNobody(t, func() {
		if err := f.Put(numbered(0, 0), always); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("Put: %v", err)
		}
	})
	chmod(t, 0o700, f.dir)
	wantContent(t, f, 0)
	dropped.none(t)
}

// Files that temporarily cannot be read are neither dropped nor moved to the quarantine.
func TestOpen_KeepsUnreadableFiles(t *testing.T) {
	f, _ := open(t, t.TempDir(), generous)
	put(t, f, numbered(0, 0), numbered(1, 0))
	dropped := new(drops)
	f.Close()
	chmod(t, 0o777, filepath.Dir(f.dir), f.dir)
	chmod(t, 0o666, filepath.Join(f.dir, lockName))
	for _, name := range list(t, f.dir) {
		chmod(t, 0, filepath.Join(f.dir, name))
	}
	asNobody(t, func() {
		f, err := Open(f.dir, generous, Options{Insecure: true, Dropped: dropped.add})
		if err != nil {
			t.Error(err)
			return
		}
		defer f.Close()
		if c := f.Content(); c.Batches != 0 {
			t.Errorf("%+v", c)
		}
	})
	dropped.want(t, 0, f.dir+"/", ".batch cannot be read: permission denied", "the first of 2 batches")
	if n := len(list(t, f.dir)); n != 2 {
		t.Errorf("%d files are left", n)
	}
}
