// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// OpenDisk returns the operating system's Disk for a folder, which is created if necessary.
// Unless insecure is set, it refuses a folder that other users can change, see checkAccess.
func OpenDisk(dir string, insecure bool) (Disk, error) {
	d := &systemDisk{dir: dir, insecure: insecure}
	if err := d.Reopen(); err != nil {
		return nil, err
	}
	return d, nil
}

// makeFolder creates a folder and its parents, and syncs them, so that a crash cannot lose the
// folder of a durable batch.
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
	if f, err := os.Open(parent); err == nil {
		_ = syncFolder(f) // the parent may belong to another user
	}
	return nil
}

// syncFolder makes the names in a folder durable, and closes it. On Windows it only closes
// the folder: the file system makes names durable, and folders cannot be synced.
func syncFolder(f *os.File) error {
	if runtime.GOOS == "windows" {
		return f.Close()
	}
	err := f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) { // the file system does not support it
		err = nil
	}
	return errors.Join(err, f.Close())
}

// systemDisk is the Disk of the operating system. It uses an [os.Root], which does not leave the
// folder. But an os.Root follows symbolic links within the folder. So a systemDisk checks the
// parents of a name, and checks that a file is a regular file before and after it opens it.
type systemDisk struct {
	dir      string
	insecure bool

	mu   sync.RWMutex
	open *os.Root    // nil until the first Reopen
	info fs.FileInfo // of the open folder
}

// errMoved is the error of an operation during which its file was replaced.
var errMoved = errors.New("the file was replaced while it was opened")

// Reopen implements Disk.
func (d *systemDisk) Reopen() error {
	if same, err := d.same(); same || err != nil {
		return err
	}
	if err := makeFolder(d.dir); err != nil {
		return err
	}
	root, info, err := openRoot(d.dir)
	if err != nil {
		return err
	}
	if !d.insecure {
		err = checkAccess(d.dir, info)
	}
	if err != nil {
		return errors.Join(err, root.Close())
	}
	d.mu.Lock()
	old := d.open
	d.open, d.info = root, info
	d.mu.Unlock()
	if old != nil {
		return old.Close()
	}
	return nil
}

// openRoot opens a folder and describes it.
func openRoot(dir string) (*os.Root, fs.FileInfo, error) {
	switch info, err := os.Stat(dir); {
	case err != nil:
		return nil, nil, err
	case !info.IsDir(): // to open a FIFO would block
		return nil, nil, &fs.PathError{Op: "open", Path: dir, Err: syscall.ENOTDIR}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, err
	}
	info, err := root.Stat(".")
	if err != nil {
		return nil, nil, errors.Join(err, root.Close())
	}
	return root, info, nil
}

// same reports whether the path of the folder names the open folder.
func (d *systemDisk) same() (bool, error) {
	d.mu.RLock()
	opened := d.info
	d.mu.RUnlock()
	if opened == nil {
		return false, nil
	}
	info, err := os.Stat(d.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && os.SameFile(opened, info), err
}

// root returns the open folder. It returns an error if a parent of one of the names is not a
// folder, for example a symbolic link.
func (d *systemDisk) root(names ...string) (*os.Root, error) {
	d.mu.RLock()
	root := d.open
	d.mu.RUnlock()
	for _, name := range names {
		for parent := path.Dir(name); parent != "."; parent = path.Dir(parent) {
			info, err := root.Lstat(parent)
			if err != nil {
				return nil, err
			}
			if !info.IsDir() {
				return nil, &fs.PathError{Op: "open", Path: filepath.Join(d.dir, parent), Err: syscall.ENOTDIR}
			}
		}
	}
	return root, nil
}

// Close implements Disk.
func (d *systemDisk) Close() error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.open.Close()
}

// Lstat implements Disk.
func (d *systemDisk) Lstat(name string) (fs.FileInfo, error) {
	root, err := d.root(name)
	if err != nil {
		return nil, err
	}
	return root.Lstat(name)
}

// openFolder opens a folder, and not a symbolic link to one.
func (d *systemDisk) openFolder(name string) (*os.File, error) {
	root, err := d.root(path.Join(name, "entry"))
	if err != nil {
		return nil, err
	}
	return root.Open(name)
}

// ReadDir implements Disk.
func (d *systemDisk) ReadDir(name string) ([]fs.DirEntry, error) {
	root, err := d.root(path.Join(name, "entry"))
	if err != nil {
		return nil, err
	}
	return fs.ReadDir(root.FS(), name)
}

// Open implements Disk.
func (d *systemDisk) Open(name string) (io.ReadCloser, error) {
	f, err := d.openRegular(name, os.O_RDONLY)
	if err != nil {
		return nil, err // not f, which would be an interface that is not nil
	}
	return f, nil
}

// openRegular opens a regular file. The flags may contain os.O_CREATE.
func (d *systemDisk) openRegular(name string, flags int) (*os.File, error) {
	root, err := d.root(name)
	if err != nil {
		return nil, err
	}
	before, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) && flags&os.O_CREATE != 0 {
		file, err := root.OpenFile(name, flags|os.O_EXCL, 0o600) // which does not follow a link
		if !errors.Is(err, fs.ErrExist) {
			return file, err
		}
		before, err = root.Lstat(name) // another process was first
		if err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %w: it is not a regular file", filepath.Join(d.dir, name), ErrFormat)
	}
	file, err := root.OpenFile(name, flags&^os.O_CREATE|openFlags, 0)
	if err != nil {
		return nil, err
	}
	after, err := file.Stat()
	if err == nil && !os.SameFile(before, after) {
		err = fmt.Errorf("%s: %w", filepath.Join(d.dir, name), errMoved)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// Create implements Disk.
func (d *systemDisk) Create(name string) (DiskFile, error) {
	root, err := d.root(name)
	if err != nil {
		return nil, err
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Mkdir implements Disk.
func (d *systemDisk) Mkdir(name string) error {
	root, err := d.root(name)
	if err != nil {
		return err
	}
	return root.Mkdir(name, 0o700)
}

// Rename implements Disk.
func (d *systemDisk) Rename(from, to string) error {
	root, err := d.root(from, to)
	if err != nil {
		return err
	}
	return root.Rename(from, to)
}

// Remove implements Disk.
func (d *systemDisk) Remove(name string) error {
	root, err := d.root(name)
	if err != nil {
		return err
	}
	return root.Remove(name)
}

// Chtimes implements Disk.
func (d *systemDisk) Chtimes(name string, at time.Time) error {
	root, err := d.root(name)
	if err != nil {
		return err
	}
	return root.Chtimes(name, at, at)
}

// SyncFolder implements Disk.
func (d *systemDisk) SyncFolder(name string) error {
	f, err := d.openFolder(name)
	if err != nil {
		return err
	}
	return syncFolder(f)
}

// lockAttempts bounds how often Lock starts again because the file was removed or replaced
// between its opening and the lock.
const lockAttempts = 5

// Lock implements Disk.
func (d *systemDisk) Lock(name string, create bool) (DiskLock, error) {
	for range lockAttempts {
		l, err := d.lock(name, create)
		if l == nil || err != nil {
			return nil, err
		}
		switch valid, err := l.Valid(); {
		case err != nil:
			return nil, errors.Join(err, l.Close())
		case valid:
			return l, nil
		}
		_ = l.Close()
	}
	return nil, fmt.Errorf("lock %s: %w", filepath.Join(d.dir, name), errMoved)
}

// lock takes the lock on a file once, and returns nil if another holder has it.
func (d *systemDisk) lock(name string, create bool) (*systemLock, error) {
	flags := os.O_RDONLY
	if create {
		flags = os.O_RDWR | os.O_CREATE
	}
	file, err := d.openRegular(name, flags)
	if err != nil {
		return nil, err
	}
	held, err := lock(file)
	if err != nil {
		err = fmt.Errorf("lock %s: %w", file.Name(), err)
	}
	if held {
		l := &systemLock{File: file, disk: d, name: name}
		if l.info, err = file.Stat(); err == nil {
			return l, nil
		}
	}
	return nil, errors.Join(err, file.Close())
}

// systemLock is the lock on a file of a systemDisk.
type systemLock struct {
	*os.File
	disk *systemDisk
	name string
	info fs.FileInfo
}

// Valid implements DiskLock.
func (l *systemLock) Valid() (bool, error) {
	if same, err := l.disk.same(); !same || err != nil {
		return false, err
	}
	info, err := l.disk.Lstat(l.name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return false, nil
	}
	return err == nil && os.SameFile(l.info, info), err
}
