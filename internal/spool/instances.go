// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"io/fs"
	"path"
	"strconv"
)

// maxInstances limits the processes that share a folder, each with a subfolder.
const maxInstances = 64

// acquire locks the folder of a disk, or with instances the first of its subfolders that no
// other process has locked, and returns its name.
func acquire(disk Disk, instances bool) (string, DiskLock, error) {
	last := 1
	if instances {
		last = maxInstances
	}
	for i := 1; i <= last; i++ {
		sub := subfolder(i)
		switch err := makeSubfolder(disk, sub); {
		case errors.Is(err, errForeign):
			continue
		case err != nil:
			return "", nil, err
		}
		held, err := disk.Lock(path.Join(sub, lockName), true)
		if held != nil || err != nil {
			return sub, held, err
		}
	}
	return "", nil, ErrInUse
}

// subfolder returns the name of the folder of an instance. The first instance uses the folder of
// the disk itself.
func subfolder(instance int) string {
	if instance == 1 {
		return "."
	}
	return strconv.Itoa(instance)
}

// isSubfolder reports whether a name is the name of an instance's subfolder.
func isSubfolder(name string) bool {
	n, err := strconv.Atoi(name)
	return err == nil && n > 1 && n <= maxInstances && subfolder(n) == name
}

// makeSubfolder creates the folder of an instance, and syncs its parent, so that a crash cannot
// lose the folder of a durable batch. It returns errForeign if the name is taken by something
// else, for example a symbolic link.
func makeSubfolder(disk Disk, sub string) error {
	if sub == "." {
		return nil
	}
	switch err := disk.Mkdir(sub); {
	case errors.Is(err, fs.ErrExist):
		if info, err := disk.Lstat(sub); err != nil || !info.IsDir() {
			return errors.Join(errForeign, err)
		}
		return nil
	case err != nil:
		return err
	}
	return disk.SyncFolder(".")
}

// takeOver moves the batches of instances that have ended into this folder, and indexes
// them. An instance has ended if nobody holds the lock of its folder.
func (f *Folder) takeOver() {
	own := f.subfolder()
	for i := 1; i <= maxInstances; i++ {
		other := subfolder(i)
		if other == own {
			continue
		}
		if info, err := f.disk.Lstat(other); err != nil || !info.IsDir() {
			continue
		}
		held, err := f.disk.Lock(path.Join(other, lockName), true) // creates the file if another program has removed it
		if held == nil || err != nil {
			continue
		}
		f.takeOverFrom(other)
		_ = held.Close()
	}
}

// takeOverFrom moves the batches of another instance, whose lock the caller holds.
func (f *Folder) takeOverFrom(other string) {
	entries, _ := f.disk.ReadDir(other)
	moved := false
	for _, e := range entries {
		if !isBatch(e.Name()) || !e.Type().IsRegular() {
			continue
		}
		if _, err := f.disk.Lstat(f.path(e.Name())); errors.Is(err, fs.ErrNotExist) {
			err = f.disk.Rename(path.Join(other, e.Name()), f.path(e.Name()))
			moved = moved || err == nil
		}
	}
	if !moved {
		return
	}
	drops, err := f.reindex()
	if err != nil {
		drops = append(drops, Drop{Err: err})
	}
	f.reportFaults(drops)
}
