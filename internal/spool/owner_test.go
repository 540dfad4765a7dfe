// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool_test

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/internal/spool"
	"github.com/apptuitai/apptuit-go/internal/spool/memdisk"
)

func anyFile(*spool.File) bool { return true }

// wantDrop requires one drop without points since the last call, whose error contains the text.
func (d *disk) wantDrop(text string) {
	d.t.Helper()
	if len(d.drops) != 1 || d.drops[0].Points != 0 || !strings.Contains(d.drops[0].Err.Error(), text) {
		d.t.Errorf("drops %v, want %q", d.drops, text)
	}
	d.drops = nil
}

// operations returns the operations that require the lock of the folder, by name.
func operations() map[string]func(f *spool.Folder, file *spool.File) {
	return map[string]func(f *spool.Folder, file *spool.File){
		"Put":        func(f *spool.Folder, _ *spool.File) { _ = f.Put(batch(5), func() bool { return true }) },
		"Read":       func(f *spool.Folder, file *spool.File) { _, _ = f.Read(file) },
		"Replace":    func(f *spool.Folder, file *spool.File) { _, _ = f.Replace(file, batch(6)) },
		"Quarantine": func(f *spool.Folder, file *spool.File) { f.Quarantine(file, errors.New("bad")) },
		"Maintain":   func(f *spool.Folder, _ *spool.File) { f.Maintain() },
	}
}

// If another program has removed the lock, for example because it deletes old files, the next
// operation locks the folder again. No other client can then open it.
func TestFolder_LocksAgainWhenTheLockWasRemoved(t *testing.T) {
	for name, do := range operations() {
		t.Run(name, func(t *testing.T) {
			d := newDisk(t, 1<<20)
			if err := errors.Join(d.put(0), d.put(1)); err != nil {
				t.Fatal(err)
			}
			file := d.folder.Take(anyFile)
			d.drive.Delete("lock")
			do(d.folder, file)
			if name == "Quarantine" {
				d.drops = d.drops[:1]
			}
			d.wantDrop("/spool: the lock or the folder was removed or replaced, perhaps by a program that removes old files: the folder is locked again, with 2 batches")
			if _, err := spool.OpenOn(d.drive.Process(), "/spool", spool.Limits{}, spool.Options{}); !errors.Is(err, spool.ErrInUse) {
				t.Errorf("Open by another client: %v", err)
			}
			d.folder.Maintain()
			if c := d.folder.Content(); c.Found != 0 || c.Removed != 0 || len(d.drops) > 0 {
				t.Errorf("%+v, drops %v", c, d.drops)
			}
		})
	}
}

// After another client has locked the folder, a client does not change its files until the other
// client has closed it.
func TestFolder_LeavesFilesOfANewOwnerAlone(t *testing.T) {
	for name, do := range operations() {
		t.Run(name, func(t *testing.T) {
			d := newDisk(t, 1<<20)
			if err := errors.Join(d.put(0), d.put(1)); err != nil {
				t.Fatal(err)
			}
			file := d.folder.Take(anyFile)
			d.drive.Delete("lock")
			other := &disk{t: t, drive: d.drive}
			other.open(1 << 20)
			before := d.drive.Files()
			do(d.folder, file)
			d.wantDrop("there is no spool for now: another client, of this or another process, uses the folder")
			if d.folder.Held() || d.folder.Maintain() || len(d.drops) > 0 {
				t.Errorf("the folder is still used, drops %v", d.drops)
			}
			if after := d.drive.Files(); len(after) != len(before) {
				t.Errorf("files %v, want %v", after, before)
			}
			if c := d.folder.Content(); c.Removed != 20 || c.Points != 0 || c.Bytes != 0 {
				t.Errorf("%+v", c)
			}
			d.folder.Return(file)
			if d.folder.Take(anyFile) != nil {
				t.Error("Take returns a file of the other client")
			}
			other.want(0, 1)
			if err := other.folder.Close(); err != nil {
				t.Fatal(err)
			}
			if !d.folder.Maintain() {
				t.Fatal("Maintain does not use the folder, although the other client has closed it")
			}
			d.wantDrop("/spool is the spool again, with 2 batches: the other client has released it")
			if c := d.folder.Content(); c.Found != 20 || c.Removed != 20 || c.Points != 20 {
				t.Errorf("%+v", c)
			}
			d.want(0, 1)
		})
	}
}

// If another program has renamed the folder and created a new one at its path, the new folder is
// used.
func TestFolder_FollowsItsPath(t *testing.T) {
	d := newDisk(t, 1<<20)
	if err := d.put(0); err != nil {
		t.Fatal(err)
	}
	d.drive.ReplaceFolder()
	if err := d.put(1); err != nil {
		t.Fatal(err)
	}
	d.wantDrop("the folder is locked again, with 0 batches")
	if c := d.folder.Content(); c.Points != 10 || c.Removed != 10 {
		t.Errorf("%+v", c)
	}
	d.process.Kill()
	d.open(1 << 20)
	d.want(1)
}

// A batch that exceeds its age while another client owns the folder is neither removed nor
// reported.
func TestFolder_Take_EvictsNothingOfALostFolder(t *testing.T) {
	d := newDisk(t, 1<<20)
	if err := d.put(0); err != nil {
		t.Fatal(err)
	}
	file := d.folder.Take(anyFile)
	file.Replay.Offered = true
	d.folder.Return(file)
	d.drive.Delete("lock")
	other := &disk{t: t, drive: d.drive}
	other.open(1 << 20)
	d.folder.Expire(file, time.Hour)
	d.folder.Take(anyFile)
	d.wantDrop("another client")
	if c := d.folder.Content(); c.Batches != 0 || c.Points != 0 || c.Bytes != 0 || c.Removed != 10 {
		t.Errorf("%+v", c)
	}
	other.want(0)
}

// The folder stays locked after an error of the disk.
func TestFolder_KeepsTheLockWhenTheDiskFails(t *testing.T) {
	d := newDisk(t, 1<<20)
	d.fail(syscall.EIO, memdisk.Lstat)
	if err := d.put(0); !errors.Is(err, syscall.EIO) {
		t.Errorf("Put: %v", err)
	}
	d.drive.SetFault(nil)
	if err := d.put(1); err != nil || !d.folder.Held() {
		t.Errorf("Put: %v", err)
	}
	d.want(1)
}

// With instances, a running process takes over the batches of processes that have ended.
func TestFolder_Maintain_TakesOverTheBatchesOfEndedInstances(t *testing.T) {
	drive := memdisk.New()
	open := func() *disk {
		d := &disk{t: t, drive: drive}
		d.openInstance()
		return d
	}
	first, second, third := open(), open(), open()
	for i, d := range []*disk{first, second, third} {
		if err := d.put(i); err != nil {
			t.Fatal(err)
		}
	}
	first.process.Kill()
	if err := third.folder.Close(); err != nil {
		t.Fatal(err)
	}
	second.folder.Maintain()
	if c := second.folder.Content(); c.Batches != 3 || c.Found != 20 || c.Points != 30 || len(second.drops) > 0 {
		t.Errorf("%+v, drops %v", c, second.drops)
	}
	second.want(0, 1, 2)
}
