// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"io/fs"
	"math"
	"path"
	"time"
)

// Info describes the content of a folder and of the subfolders of its instances.
type Info struct {
	Batches     int
	Points      int64 // without uncounted ones
	Bytes       int64
	Oldest      time.Time // when the oldest batch was spooled; zero if there is none
	Faulty      int       // batches that are damaged or unreadable
	Foreign     int       // other files and folders, which the spool leaves alone
	Quarantined int       // files in the quarantine
	InUse       bool      // a process holds the lock
	Insecure    error     // why Open refuses the folder without Options.Insecure; nil if it does not
}

// Inspect describes a folder without changing it, whether it is in use or not. It reads
// only the headers of batches. To find out whether a folder is in use, it holds the lock
// for a moment. The error is fs.ErrNotExist if there is no such folder.
func Inspect(dir string) (Info, error) {
	root, opened, err := openRoot(dir)
	if err != nil {
		return Info{}, err
	}
	disk := &systemDisk{dir: dir, open: root, info: opened}
	info, err := InspectOn(disk)
	if err == nil {
		info.Insecure = checkAccess(dir, opened)
	}
	return info, errors.Join(err, disk.Close())
}

// InspectOn describes the folder of a disk as Inspect does.
func InspectOn(disk Disk) (Info, error) {
	var info Info
	for i := 1; i <= maxInstances; i++ {
		if i > 1 {
			if at, err := disk.Lstat(subfolder(i)); err != nil || !at.IsDir() {
				continue
			}
		}
		if err := info.addFolder(disk, subfolder(i)); err != nil && (i == 1 || !errors.Is(err, fs.ErrNotExist)) {
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
	quarantine := false
	for _, e := range entries {
		name, regular := e.Name(), e.Type().IsRegular()
		switch {
		case isBatch(name) && regular:
			i.addFile(stat(disk, path.Join(dir, name), Limits{Bytes: math.MaxInt64, Text: math.MaxInt64}))
		case name == quarantineName && e.IsDir():
			quarantine = true
		case name == lockName && regular, isTemporary(name) && regular, dir == "." && e.IsDir() && isSubfolder(name):
		default:
			i.Foreign++
		}
	}
	if quarantine {
		entries, err := disk.ReadDir(path.Join(dir, quarantineName))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		i.Quarantined += len(entries)
	}
	inUse, err := locked(disk, dir)
	i.InUse = i.InUse || inUse
	return err
}

// addFile adds the result of stat for one file.
func (i *Info) addFile(b *Batch, size int64, err error) {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, errForeign): // it has been delivered in the meantime
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
