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

// asideShare is the part of the folder's bytes that what is aside may have, in
// addition to them.
const asideShare = 8

// maxAside bounds the files that are aside.
const maxAside = 1000

// setAside moves a file where somebody can look at it and nobody sends it. The
// caller has to call tidy when it has moved all.
func (f *Folder) setAside(name string, points int, reason error) Loss {
	path, aside := filepath.Join(f.dir, name), filepath.Join(f.dir, asideName)
	err := os.Mkdir(aside, 0o700)
	if err == nil || errors.Is(err, os.ErrExist) {
		err = os.Rename(path, filepath.Join(aside, name))
	}
	if err != nil {
		return Loss{Points: points, Err: errors.Join(fmt.Errorf("%s: %w", path, reason), err)}
	}
	if info, err := os.Lstat(filepath.Join(aside, name)); err == nil && info.Mode().IsRegular() {
		now := time.Now()
		_ = os.Chtimes(filepath.Join(aside, name), now, now) // from here on its age counts
	}
	return Loss{Points: points, Err: fmt.Errorf("%s is set aside: %w", path, reason)}
}

// tidy removes what is aside and too old or too much, oldest first.
func (f *Folder) tidy() error {
	aside := filepath.Join(f.dir, asideName)
	entries, err := os.ReadDir(aside)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	infos := make([]os.FileInfo, 0, len(entries))
	for _, e := range entries {
		if info, err := e.Info(); err == nil { // else it has gone
			infos = append(infos, info)
		}
	}
	slices.SortFunc(infos, func(a, b os.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	var bytes int64
	var errs []error
	for i, info := range infos {
		bytes += info.Size()
		if i >= maxAside || bytes > f.limits.Bytes/asideShare || time.Since(info.ModTime()) > f.limits.Age {
			errs = append(errs, os.RemoveAll(filepath.Join(aside, info.Name())))
		}
	}
	return errors.Join(errs...)
}
