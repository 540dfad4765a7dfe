// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// asideShare is the part of the folder's bytes that what is aside may have, in
// addition to them.
const asideShare = 8

// setAside moves a file where somebody can look at it and nobody sends it.
func (f *Folder) setAside(name string, points int, reason error) {
	aside := filepath.Join(f.dir, asideName)
	err := os.Mkdir(aside, 0o700)
	if err == nil || errors.Is(err, os.ErrExist) {
		err = os.Rename(filepath.Join(f.dir, name), filepath.Join(aside, name))
	}
	if err == nil {
		err = tidy(aside, f.limits)
	}
	f.lost(Loss{Points: points, Err: errors.Join(fmt.Errorf("%s is set aside: %w", filepath.Join(f.dir, name), reason), err)})
}

// tidy removes what is too old or too much, oldest first. Names are in the order
// of time.
func tidy(aside string, limits Limits) error {
	entries, err := os.ReadDir(aside)
	if err != nil {
		return err
	}
	var bytes int64
	var errs []error
	for _, e := range slices.Backward(entries) {
		info, err := e.Info()
		if err != nil {
			continue // it has gone
		}
		bytes += info.Size()
		if bytes > limits.Bytes/asideShare || time.Since(info.ModTime()) > limits.Age {
			errs = append(errs, os.RemoveAll(filepath.Join(aside, e.Name())))
		}
	}
	return errors.Join(errs...)
}
