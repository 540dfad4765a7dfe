// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"time"
)

// Info describes the content of a folder and of the subfolders of its instances.
type Info struct {
	Batches     int
	Points      int64 // without uncounted ones
	Bytes       int64
	Oldest      time.Time // when the oldest batch was spooled; zero if there is none
	Faulty      int       // files that are damaged, foreign or unreadable
	Quarantined int       // files in the quarantine
	InUse       bool      // a process holds the lock
}

// Inspect describes a folder without changing it, whether it is in use or not. It reads
// only the headers of batches. To find out whether a folder is in use, it holds the lock
// for a moment. The error is fs.ErrNotExist if there is no such folder.
func Inspect(dir string) (Info, error) {
	return InspectOn(systemDisk{dir})
}

// InspectOn describes the folder of a disk as Inspect does.
func InspectOn(disk Disk) (Info, error) {
	var info Info
	for i := 1; i <= maxInstances; i++ {
		err := info.addFolder(disk, subfolder(i))
		if err != nil && (i == 1 || !errors.Is(err, fs.ErrNotExist)) {
			return Info{}, err
		}
	}
	return info, nil
}

// addFolder adds the content of one folder.
func (i *Info) addFolder(disk Disk, dir string) error {
	entries, err := disk.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), batchSuffix) {
			i.addFile(stat(disk, path.Join(dir, e.Name())))
		}
	}
	quarantined, err := disk.ReadDir(path.Join(dir, quarantineName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	i.Quarantined += len(quarantined)
	inUse, err := locked(disk, dir)
	i.InUse = i.InUse || inUse
	return err
}

// addFile adds the result of stat for one file.
func (i *Info) addFile(b *Batch, size int64, err error) {
	switch {
	case errors.Is(err, fs.ErrNotExist): // it has been delivered in the meantime
		return
	case err != nil:
		i.Faulty++
		return
	}
	i.Batches++
	i.Points += int64(b.Counted())
	i.Bytes += size
	if i.Oldest.IsZero() || b.Time.Before(i.Oldest) {
		i.Oldest = b.Time
	}
}

// locked reports whether a process holds the lock of a folder.
func locked(disk Disk, dir string) (bool, error) {
	held, err := disk.Lock(path.Join(dir, lockName), false)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case held == nil:
		return true, nil
	}
	return false, held.Close()
}
