// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"io"
	"io/fs"
	"time"
)

// Disk is a handle of the folder of a spool and of everything below it. Names are relative
// to the folder and separated by slashes, as in io/fs; "." is the folder itself. The
// methods behave as the functions of package os with the same names, and return its errors.
// They follow no symbolic link, and reach nothing outside the folder. A Disk is safe for
// concurrent use.
type Disk interface {
	// Lstat describes a file, and does not follow a symbolic link.
	Lstat(name string) (fs.FileInfo, error)
	// ReadDir returns the entries of a folder, sorted by name.
	ReadDir(name string) ([]fs.DirEntry, error)
	// Open opens a regular file for reading. For any other file it returns an ErrFormat, and
	// does not wait, as opening a FIFO would.
	Open(name string) (io.ReadCloser, error)
	// Create creates a file for writing. A file of that name must not exist.
	Create(name string) (DiskFile, error)
	// Mkdir creates a folder.
	Mkdir(name string) error
	// Rename moves a file within the disk, and replaces an existing one.
	Rename(from, to string) error
	// Remove removes a file.
	Remove(name string) error
	// Chtimes sets the time of the last modification.
	Chtimes(name string, at time.Time) error
	// SyncFolder makes the names in a folder durable.
	SyncFolder(name string) error
	// Lock takes the lock on a regular file. If create is set, it creates a missing file. The
	// lock ends with Close, and with the process. If the file is locked already, Lock returns
	// nil without an error.
	Lock(name string, create bool) (DiskLock, error)
	// Reopen opens the folder again if its path names another folder than the open one. It
	// creates a missing folder. Locks stay on the files of the former folder.
	Reopen() error
	// Close releases the handle. Operations must have ended.
	Close() error
}

// DiskFile is a new file that is being written.
type DiskFile interface {
	io.WriteCloser
	// Sync makes the content of the file durable, but not its name.
	Sync() error
}

// DiskLock is a lock that is held.
type DiskLock interface {
	io.Closer
	// Valid reports whether the name of the lock's file and the path of the disk's folder
	// still name the file and the folder that were opened. If they do not, another process can
	// take the lock of that name, although this process holds its own. An error comes from the
	// disk.
	Valid() (bool, error)
}
