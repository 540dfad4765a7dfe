// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import "errors"

// errAbandoned is the error of a write that commit has refused.
var errAbandoned = errors.New("the write was abandoned")

// write creates a file atomically from parts: after a crash it exists whole or not at all.
// The function commit is called when the file is durable; if it returns false the file is
// removed.
func (f *Folder) write(name string, commit func() bool, parts ...[]byte) (err error) {
	temporary := f.path(name + temporarySuffix)
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
	visible := f.path(name)
	if err := f.disk.Rename(temporary, visible); err != nil {
		return err
	}
	if err := f.disk.SyncFolder(f.sub); err != nil {
		return errors.Join(err, f.disk.Remove(visible)) // the caller counts its points as dropped: they must not come back
	}
	if !commit() {
		return errors.Join(errAbandoned, f.disk.Remove(visible))
	}
	return nil
}
