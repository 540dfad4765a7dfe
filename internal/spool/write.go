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

// errAbandoned is the end of a write that nobody waits for any more.
var errAbandoned = errors.New("nobody waits for it any more")

// write makes a file of these parts that is there whole or not at all. Just
// before it becomes visible, commit is asked whether it still should.
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
		return errors.Join(err, os.Remove(visible)) // or it would count as lost, and come back
	}
	return nil
}

// syncFolder makes the names in a folder durable. Windows does that by itself,
// and cannot be asked to.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) { // says a file system that cannot
		err = nil
	}
	return errors.Join(err, f.Close())
}
