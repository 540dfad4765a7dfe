// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// errAbandoned is the error of a write that commit has refused.
var errAbandoned = errors.New("the write was abandoned")

// write creates a file atomically from parts: after a crash it exists whole or not at all.
// The function commit is called just before the file becomes visible; if it returns false
// there is no file.
func write(dir, name string, commit func() bool, parts ...[]byte) (err error) {
	temporary := filepath.Join(dir, name+temporarySuffix)
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temporary)
		}
	}()
	for _, part := range parts {
		if _, err := f.Write(part); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	if err := f.Sync(); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	if !commit() {
		return errAbandoned
	}
	visible := filepath.Join(dir, name)
	if err := os.Rename(temporary, visible); err != nil {
		return err
	}
	if err := syncFolder(dir); err != nil {
		return errors.Join(err, os.Remove(visible)) // the caller counts its points as dropped: they must not come back
	}
	return nil
}

// syncFolder makes the names in a folder durable. On Windows it does nothing: the file
// system does that, and folders cannot be synced.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) { // the file system does not support it
		err = nil
	}
	return errors.Join(err, f.Close())
}
