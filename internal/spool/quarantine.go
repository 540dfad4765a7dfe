// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"time"
)

const (
	// quarantineShare limits the bytes of the quarantine: to Limits.Bytes / quarantineShare, in
	// addition to the bytes of the batches.
	quarantineShare = 8
	// maxQuarantined limits the files in the quarantine.
	maxQuarantined = 1000
)

// quarantine moves a file into the quarantine, where it can be examined and is never sent. The
// caller must call trimQuarantine after the last file that it moves. If the file cannot be
// moved, quarantine returns false and a drop without points. A missing file counts as moved. So
// does a file that was replaced by something else, for example a FIFO, which is left alone.
func (f *Folder) quarantine(name string, points int, reason error) (drop Drop, moved bool) {
	shown, quarantined := filepath.Join(f.Dir(), name), f.path(path.Join(quarantineName, name))
	info, err := f.disk.Lstat(f.path(name))
	if err == nil && !info.Mode().IsRegular() {
		return Drop{Points: points, Err: fmt.Errorf("%s was replaced: %w", shown, reason)}, true
	}
	if err == nil {
		err = f.disk.Mkdir(f.path(quarantineName))
	}
	if err == nil || errors.Is(err, fs.ErrExist) {
		err = f.disk.Rename(f.path(name), quarantined)
	}
	if err != nil {
		drop := Drop{Err: errors.Join(fmt.Errorf("%s: %w", shown, reason), err)}
		if moved = errors.Is(err, fs.ErrNotExist); moved {
			drop.Points = points
		}
		return drop, moved
	}
	if info, err := f.disk.Lstat(quarantined); err == nil && info.Mode().IsRegular() {
		_ = f.disk.Chtimes(quarantined, time.Now()) // the age in the quarantine begins now
	}
	return Drop{Points: points, Err: fmt.Errorf("%s is moved to the quarantine: %w", shown, reason)}, true
}

// trimQuarantine removes files from the quarantine that are older than the limit or
// exceed its size, oldest first.
func (f *Folder) trimQuarantine() error {
	dir := f.path(quarantineName)
	entries, err := f.disk.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	infos := make([]fs.FileInfo, 0, len(entries))
	for _, e := range entries {
		if !isBatch(e.Name()) {
			continue
		}
		if info, err := f.disk.Lstat(path.Join(dir, e.Name())); err == nil && info.Mode().IsRegular() { // else it has been removed
			infos = append(infos, info)
		}
	}
	slices.SortFunc(infos, func(a, b fs.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	var bytes int64
	var errs []error
	for i, info := range infos {
		bytes += info.Size()
		if i >= maxQuarantined || bytes > f.limits.Bytes/quarantineShare || time.Since(info.ModTime()) > f.limits.Age {
			errs = append(errs, f.disk.Remove(path.Join(dir, info.Name())))
		}
	}
	return errors.Join(errs...)
}
