// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package outfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// syncFolder makes the new name of a file durable, where the file system supports it. A folder that the
// user can write to and not read cannot be synced.
func syncFolder(name string) error {
	d, err := os.Open(name)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, d.Close())
}
