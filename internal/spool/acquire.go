// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// maxInstances limits the processes that share a folder, each with a subfolder.
const maxInstances = 64

// acquire locks the folder of a disk, or with instances the first of its subfolders that no
// other process has locked, and returns its name.
func acquire(disk Disk, instances bool) (string, io.Closer, error) {
	last := 1
	if instances {
		last = maxInstances
	}
	for i := 1; i <= last; i++ {
		sub := subfolder(i)
		if err := makeSubfolder(disk, sub); err != nil {
			return "", nil, err
		}
		held, err := disk.Lock(path.Join(sub, lockName), true)
		if held != nil || err != nil {
			return sub, held, err
		}
	}
	return "", nil, ErrInUse
}

// subfolder is the name of the folder of an instance. The first instance has the folder of
// the disk itself.
func subfolder(instance int) string {
	if instance == 1 {
		return "."
	}
	return strconv.Itoa(instance)
}

// makeSubfolder creates the folder of an instance, and syncs the one above it: a crash must
// not lose the folder of a batch that is safe.
func makeSubfolder(disk Disk, sub string) error {
	if sub == "." {
		return nil
	}
	switch err := disk.Mkdir(sub); {
	case errors.Is(err, fs.ErrExist):
		return nil
	case err != nil:
		return err
	}
	return disk.SyncFolder(".")
}

// takeOver moves the batches of instances that have ended into this folder. An instance
// has ended if nobody holds the lock of its folder.
func (f *Folder) takeOver() {
	for i := 1; i <= maxInstances; i++ {
		other := subfolder(i)
		if other == f.sub {
			continue
		}
		lock := path.Join(other, lockName)
		if _, err := f.disk.Lstat(lock); err != nil {
			continue
		}
		held, err := f.disk.Lock(lock, true) // for writing, which locks on some network file systems need
		if held == nil || err != nil {
			continue
		}
		entries, _ := f.disk.ReadDir(other)
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), batchSuffix) {
				_ = f.disk.Rename(path.Join(other, e.Name()), f.path(e.Name()))
			}
		}
		_ = held.Close()
	}
}
