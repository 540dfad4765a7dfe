// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package memdisk

import (
	"errors"
	"io"
	"io/fs"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// write writes a file, and syncs the file, its folder, or both if requested.
func write(t *testing.T, p *Process, name string, sync, syncFolder bool) {
	t.Helper()
	f, err := p.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(f, "content of "+name); err != nil {
		t.Fatal(err)
	}
	if sync {
		err = f.Sync()
	}
	if syncFolder {
		err = errors.Join(err, p.SyncFolder("."))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// worst is a source of random numbers with which LosePower discards unsynced entries of folders, and
// replaces unsynced content by its first byte and zeros.
func worst(n int) int { return min(1, n-1) }

func TestDrive_LosePower_KeepsSyncedFiles(t *testing.T) {
	d := New()
	p := d.Process()
	write(t, p, "synced", true, true)
	write(t, p, "content", false, true)
	write(t, p, "name", true, false)
	if err := p.Rename("synced", "renamed"); err != nil {
		t.Fatal(err)
	}
	p.Kill()
	if n := len(d.Files()); n != 3 {
		t.Errorf("%d files survive the process, want 3", n)
	}
	d.LosePower(worst)
	files := d.Files()
	if string(files["synced"]) != "content of synced" || len(files) != 2 {
		t.Errorf("files %q", files)
	}
	if got := string(files["content"]); got == "content of content" {
		t.Error("unsynced content has survived completely")
	}
}

func TestDrive_LosePower_CanKeepUnsyncedFiles(t *testing.T) {
	d := New()
	p := d.Process()
	write(t, p, "name", true, false)
	d.LosePower(func(int) int { return 0 })
	if got := string(d.Files()["name"]); got != "content of name" {
		t.Errorf("%q", got)
	}
}

func TestProcess_Kill_EndsLocksAndEffects(t *testing.T) {
	d := New()
	first, second := d.Process(), d.Process()
	if held, err := first.Lock("lock", true); held == nil || err != nil {
		t.Fatal(held, err)
	}
	if held, err := second.Lock("lock", true); held != nil || err != nil {
		t.Errorf("a second process locks the file: %v", err)
	}
	first.Kill()
	if _, err := first.Create("late"); !errors.Is(err, ErrKilled) {
		t.Errorf("Create: %v", err)
	}
	if held, err := second.Lock("lock", true); held == nil || err != nil {
		t.Errorf("the lock of a killed process is still held: %v", err)
	}
	if _, err := second.Lstat("late"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Lstat: %v", err)
	}
}

func TestDrive_SetFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := New()
		p := d.Process()
		var kinds []Kind
		d.SetFault(func(op Operation) (f Fault) {
			kinds = append(kinds, op.Kind)
			if op.Kind == Write {
				f = Fault{Delay: time.Second, Err: syscall.ENOSPC}
			}
			return f
		})
		start := time.Now()
		f, err := p.Create("file")
		if err != nil {
			t.Fatal(err)
		}
		if n, err := f.Write([]byte("content!")); n != 4 || !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("wrote %d bytes: %v", n, err)
		}
		if took := time.Since(start); took != time.Second || !slices.Equal(kinds, []Kind{Create, Write}) {
			t.Errorf("%v took %v", kinds, took)
		}
		if got := string(d.Files()["file"]); got != "cont" {
			t.Errorf("the file contains %q", got)
		}
	})
}
