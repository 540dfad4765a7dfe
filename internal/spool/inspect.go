// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"io/fs"
	"path"
	"time"
)

// Info describes the content of a folder.
type Info struct {
	Batches          int
	Points           int64 // without uncounted ones
	Bytes            int64
	Oldest, Newest   time.Time // when the oldest and the newest batch were spooled; zero if there is none
	Reason           string    // why the newest batch was not delivered; "" if its file contains no reason
	Faulty           int       // batches that are damaged or unreadable
	Foreign          int       // other files and folders, which the spool leaves alone
	Quarantined      int       // files in the quarantine
	QuarantinedBytes int64
	InUse            bool  // a process holds the lock
	Insecure         error // why Open refuses the folder without Options.Insecure; nil if it does not
}

// Inspect describes a folder together with the subfolders of its instances, as View.Folders
// does. The error is fs.ErrNotExist if there is no such folder.
func Inspect(dir string) (Info, error) {
	v, err := OpenView(dir)
	if err != nil {
		return Info{}, err
	}
	info, err := v.inspect()
	info.Insecure = v.Insecure()
	return info, errors.Join(err, v.Close())
}

// InspectOn describes the folder of a disk as Inspect does.
func InspectOn(disk Disk) (Info, error) { return (&View{disk: disk}).inspect() }

func (v *View) inspect() (Info, error) {
	folders, err := v.Folders()
	return Total(folders), err
}

// Total returns the content of several folders together.
func Total(folders []FolderInfo) Info {
	var total Info
	for _, f := range folders {
		total.Batches += f.Batches
		total.Points += f.Points
		total.Bytes += f.Bytes
		total.Faulty += f.Faulty
		total.Foreign += f.Foreign
		total.Quarantined += f.Quarantined
		total.QuarantinedBytes += f.QuarantinedBytes
		total.InUse = total.InUse || f.InUse
		if f.Batches > 0 {
			total.addTime(f.Oldest, "")
			total.addTime(f.Newest, f.Reason)
		}
	}
	return total
}

// addTime adds the time of a batch, and the reason why it was not delivered.
func (i *Info) addTime(at time.Time, reason string) {
	if i.Oldest.IsZero() || at.Before(i.Oldest) {
		i.Oldest = at
	}
	if !at.Before(i.Newest) {
		i.Newest, i.Reason = at, reason
	}
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
			i.addFile(stat(disk, path.Join(dir, name), unlimited()))
		case name == quarantineName && e.IsDir():
			quarantine = true
		case name == lockName && regular, isTemporary(name) && regular, dir == "." && e.IsDir() && isSubfolder(name):
		default:
			i.Foreign++
		}
	}
	if quarantine {
		if err := i.addQuarantine(disk, path.Join(dir, quarantineName)); err != nil {
			return err
		}
	}
	inUse, err := locked(disk, dir)
	i.InUse = i.InUse || inUse
	return err
}

func (i *Info) addQuarantine(disk Disk, dir string) error {
	entries, err := disk.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	i.Quarantined += len(entries)
	for _, e := range entries {
		if info, err := disk.Lstat(path.Join(dir, e.Name())); err == nil && info.Mode().IsRegular() { // else it has been removed
			i.QuarantinedBytes += info.Size()
		}
	}
	return nil
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
	i.addTime(b.Time, b.Reason)
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
