// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package outfile writes a file completely or not at all.
package outfile

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// File is a file that is being written. It takes the place of an older file only when it is
// complete.
type File struct {
	*os.File
	target string // "" if the file is written in place
	ended  bool
}

// Create begins to write the file of a path. The data goes into a temporary file in the same
// folder, with the mode of the older file, if there is one. A symbolic link to a file stays, and
// that file is replaced. A device or a pipe is written to as it is. The caller must call Discard in
// the end, which does nothing after Commit.
func Create(path string) (*File, error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	mode := os.FileMode(0o666) // before umask
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
			err = &fs.PathError{Op: fault.Op, Path: path, Err: fault.Err} // nobody knows the temporary file
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

// Commit puts the file in its place.
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
	}
	return err
}

// Discard removes the file, unless it was committed. An older file stays as it was.
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
