// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const (
	// quarantineShare is the divisor of Limits.Bytes that gives the bytes of the
	// quarantine, in addition to those of the batches.
	quarantineShare = 8
	// maxQuarantined limits the files in the quarantine.
	maxQuarantined = 1000
)

// quarantine moves a file into the quarantine: it can be examined there and is never
// sent. Callers call trimQuarantine after the last file they move.
func (f *Folder) quarantine(name string, points int, reason error) Drop {
	path, dir := filepath.Join(f.dir, name), filepath.Join(f.dir, quarantineName)
	err := os.Mkdir(dir, 0o700)
	if err == nil || errors.Is(err, os.ErrExist) {
		err = os.Rename(path, filepath.Join(dir, name))
	}
	if err != nil {
		return Drop{Points: points, Err: errors.Join(fmt.Errorf("%s: %w", path, reason), err)}
	}
	if info, err := os.Lstat(filepath.Join(dir, name)); err == nil && info.Mode().IsRegular() {
		now := time.Now()
		_ = os.Chtimes(filepath.Join(dir, name), now, now) // the age in the quarantine begins now
	}
	return Drop{Points: points, Err: fmt.Errorf("%s is moved to the quarantine: %w", path, reason)}
}

// trimQuarantine removes files from the quarantine that are older than the limit or
// exceed its size, oldest first.
func (f *Folder) trimQuarantine() error {
	dir := filepath.Join(f.dir, quarantineName)
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	infos := make([]os.FileInfo, 0, len(entries))
	for _, e := range entries {
		if info, err := e.Info(); err == nil { // else it has been removed
			infos = append(infos, info)
		}
	}
	slices.SortFunc(infos, func(a, b os.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	var bytes int64
	var errs []error
	for i, info := range infos {
		bytes += info.Size()
		if i >= maxQuarantined || bytes > f.limits.Bytes/quarantineShare || time.Since(info.ModTime()) > f.limits.Age {
			errs = append(errs, os.RemoveAll(filepath.Join(dir, info.Name())))
		}
	}
	return errors.Join(errs...)
}
