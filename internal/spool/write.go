// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"fmt"
	"io/fs"
)

var (
	// errAbandoned is the error of a write that commit has refused.
	errAbandoned = errors.New("the write was abandoned")
	// errStillThere is the error of a file that could not be removed after the last step of its
	// write had failed.
	errStillThere = errors.New("the file cannot be removed")
)

// write creates a file atomically from parts: after a crash it exists whole or not at all.
// The function commit is called when the file is durable; if it returns false the file is
// removed. If that fails, the error is an errStillThere.
func (f *Folder) write(name string, commit func() bool, parts ...[]byte) (err error) {
	visible, sub := f.path(name), f.subfolder()
	temporary := visible + temporarySuffix
	file, err := f.disk.Create(temporary)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.disk.Remove(temporary)
		}
	}()
	for _, part := range parts {
		if _, err := file.Write(part); err != nil {
			return errors.Join(err, file.Close())
		}
	}
	if err := file.Sync(); err != nil {
		return errors.Join(err, file.Close())
	}
	if err := file.Close(); err != nil {
		return err
	}
	if err := f.disk.Rename(temporary, visible); err != nil {
		return err
	}
	if err := f.disk.SyncFolder(sub); err != nil {
		return f.withdraw(visible, err, commit) // the caller counts its points as dropped: they must not come back
	}
	if !commit() {
		return f.withdraw(visible, errAbandoned, nil)
	}
	return nil
}

// withdraw removes a file whose write has failed with err. If the file cannot be removed, its
// error wraps errStillThere. The function commit, if it is not nil, then says whether the
// caller still waits for the file.
func (f *Folder) withdraw(visible string, err error, commit func() bool) error {
	removeErr := f.disk.Remove(visible)
	if removeErr == nil || errors.Is(removeErr, fs.ErrNotExist) {
		return err
	}
	if commit != nil && !commit() {
		err = errors.Join(err, errAbandoned)
	}
	return fmt.Errorf("%w; %w: %w", err, errStillThere, removeErr)
}

// reportStillThere reports a file that should have been removed after a failed write, and is
// still there. It returns the error if the write was abandoned, and otherwise nil, because the
// batch counts as stored.
func (f *Folder) reportStillThere(err error) error {
	if err == nil {
		return nil
	}
	f.dropped(Drop{Err: fmt.Errorf("%s: %w", f.Dir(), err)})
	if errors.Is(err, errAbandoned) {
		return err
	}
	return nil
}
