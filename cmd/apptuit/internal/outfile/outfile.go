// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package outfile writes a file completely or not at all. An older file with the name stays until the
// new one is complete and on the disk.
package outfile

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// File is a file that is being written. The caller writes to it, then calls Commit; Discard in a defer
// removes a file that was not committed.
type File struct {
	*os.File
	target string // empty for a file that is written in place
	ended  bool
}

// Create begins a file at a path. A new file has the mode 0666 before umask. The data goes into a
// temporary file in the same folder. The file that replaces an older one takes over its mode. If the
// path is a symbolic link, the file that it points to is replaced. A device or a pipe is written in
// place.
func Create(path string) (*File, error) { return create(path, 0o666) }

// WriteFile writes a whole file. A new file has the mode perm before umask, see [Create] for the rest.
func WriteFile(path string, data []byte, perm os.FileMode) error {
	f, err := create(path, perm)
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Commit()
}

func create(path string, mode os.FileMode) (*File, error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	older, err := os.Stat(path)
	switch {
	case err == nil && older.IsDir():
		return nil, fmt.Errorf("%s is a folder", path)
	case err == nil && !older.Mode().IsRegular():
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, err
		}
		return &File{File: f}, nil
	case err == nil:
		mode = older.Mode().Perm()
	}
	temporary := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%016x.tmp", filepath.Base(path), rand.Uint64()))
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		if fault := new(fs.PathError); errors.As(err, &fault) {
			err = &fs.PathError{Op: fault.Op, Path: path, Err: fault.Err} // the user does not know the temporary file
		}
		return nil, err
	}
	file := &File{File: f, target: path}
	if older != nil { // umask has taken bits of the mode
		if err := f.Chmod(mode); err != nil {
			file.Discard()
			return nil, err
		}
	}
	return file, nil
}

// Commit gives the file its name, and syncs the file and its folder to the disk.
func (f *File) Commit() error {
	f.ended = true
	if f.target == "" {
		return f.Close()
	}
	err := f.Sync()
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), f.target)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return err
	}
	return syncFolder(filepath.Dir(f.target))
}

// Discard removes the temporary file; an older file with the name stays. It does nothing after Commit.
func (f *File) Discard() {
	if f.ended {
		return
	}
	f.ended = true
	_ = f.Close()
	if f.target != "" {
		_ = os.Remove(f.Name())
	}
}
