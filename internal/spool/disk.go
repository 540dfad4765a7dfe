// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// Disk is a handle of the folder of a spool and of everything below it. Names are relative
// to the folder and separated by slashes, as in io/fs; "." is the folder itself. The
// methods behave as the functions of package os with the same names, and return its errors.
// A Disk is safe for concurrent use.
type Disk interface {
	// Lstat describes a file, and does not follow a symbolic link.
	Lstat(name string) (fs.FileInfo, error)
	// ReadDir returns the entries of a folder, sorted by name.
	ReadDir(name string) ([]fs.DirEntry, error)
	// Open opens a file for reading.
	Open(name string) (io.ReadCloser, error)
	// Create creates a file for writing. A file of that name must not exist.
	Create(name string) (DiskFile, error)
	// Mkdir creates a folder.
	Mkdir(name string) error
	// Rename moves a file within the disk, and replaces an existing one.
	Rename(from, to string) error
	// Remove removes a file.
	Remove(name string) error
	// RemoveAll removes a file, or a folder with all that is in it.
	RemoveAll(name string) error
	// Chtimes sets the time of the last modification.
	Chtimes(name string, at time.Time) error
	// SyncFolder makes the names in a folder durable.
	SyncFolder(name string) error
	// Lock takes the lock on a file, which with create is created if necessary. The lock
	// ends with Close, and with the process. If another holder has it, Lock returns nil
	// without an error.
	Lock(name string, create bool) (io.Closer, error)
}

// DiskFile is a new file that is being written.
type DiskFile interface {
	io.WriteCloser
	// Sync makes the content of the file durable, but not its name.
	Sync() error
}

// OpenDisk returns the operating system's Disk for a folder, which is created if necessary.
func OpenDisk(dir string) (Disk, error) {
	if err := makeFolder(dir); err != nil {
		return nil, err
	}
	return systemDisk{dir}, nil
}

// makeFolder creates a folder and its parents, and syncs them: a crash must not lose the
// folder of a batch that is safe.
func makeFolder(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := makeFolder(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	_ = syncFolder(parent) // the parent may belong to another user
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

// systemDisk is the Disk of the operating system.
type systemDisk struct{ dir string }

func (d systemDisk) path(name string) string { return filepath.Join(d.dir, filepath.FromSlash(name)) }

func (d systemDisk) Lstat(name string) (fs.FileInfo, error) { return os.Lstat(d.path(name)) }

func (d systemDisk) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(d.path(name)) }

func (d systemDisk) Open(name string) (io.ReadCloser, error) {
	f, err := os.Open(d.path(name))
	if err != nil {
		return nil, err // not f, which would be an interface that is not nil
	}
	return f, nil
}

func (d systemDisk) Create(name string) (DiskFile, error) {
	f, err := os.OpenFile(d.path(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (d systemDisk) Mkdir(name string) error { return os.Mkdir(d.path(name), 0o700) }

func (d systemDisk) Rename(from, to string) error { return os.Rename(d.path(from), d.path(to)) }

func (d systemDisk) Remove(name string) error { return os.Remove(d.path(name)) }

func (d systemDisk) RemoveAll(name string) error { return os.RemoveAll(d.path(name)) }

func (d systemDisk) Chtimes(name string, at time.Time) error { return os.Chtimes(d.path(name), at, at) }

func (d systemDisk) SyncFolder(name string) error { return syncFolder(d.path(name)) }

func (d systemDisk) Lock(name string, create bool) (io.Closer, error) {
	flags := os.O_RDONLY
	if create {
		flags = os.O_RDWR | os.O_CREATE
	}
	file, err := os.OpenFile(d.path(name), flags, 0o600)
	if err != nil {
		return nil, err
	}
	held, err := lock(file)
	if held {
		return file, nil
	}
	_ = file.Close()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", file.Name(), err)
	}
	return nil, nil
}
