// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"io/fs"
	"iter"
	"math"
	"path"
)

// View reads a folder with the subfolders of its instances and their quarantines, whether it is
// in use or not. It changes nothing. To find out whether a folder is in use, it holds the lock
// for a moment. A file that its owner removes meanwhile is not an error. The caller must close
// the View. It is safe for concurrent use.
type View struct {
	disk     Disk
	insecure error
}

// unlimited returns the limits of a View, which does not hold bodies in memory. They also refuse
// headers that no client writes, see Limits.check.
func unlimited() Limits { return Limits{Bytes: math.MaxInt64, Text: math.MaxInt64} }

// OpenView opens a folder for reading. The error is fs.ErrNotExist if there is no such folder.
func OpenView(dir string) (*View, error) {
	root, info, err := openRoot(dir)
	if err != nil {
		return nil, err
	}
	return &View{disk: &systemDisk{dir: dir, open: root, info: info}, insecure: checkAccess(dir, info)}, nil
}

// Insecure returns the error with which Open refuses the folder without Options.Insecure, nil if
// it does not.
func (v *View) Insecure() error { return v.insecure }

// Close closes the folder.
func (v *View) Close() error { return v.disk.Close() }

// FolderInfo describes the content of the folder of an instance.
type FolderInfo struct {
	Name string // "." for the folder itself, or the name of a subfolder, for example "2"
	Info
}

// Folders describes the folder and the subfolders of its instances. It reads only the headers of
// batches.
func (v *View) Folders() ([]FolderInfo, error) {
	var all []FolderInfo
	for _, name := range v.names() {
		f := FolderInfo{Name: name}
		switch err := f.addFolder(v.disk, name); {
		case errors.Is(err, fs.ErrNotExist) && name != ".": // somebody has removed it
			continue
		case err != nil:
			return nil, err
		}
		all = append(all, f)
	}
	return all, nil
}

// names returns the folders of instances that are there.
func (v *View) names() []string {
	names := []string{"."}
	for i := 2; i <= maxInstances; i++ {
		if info, err := v.disk.Lstat(subfolder(i)); err == nil && info.IsDir() {
			names = append(names, subfolder(i))
		}
	}
	return names
}

// Stored is a file with the name of a batch.
type Stored struct {
	Path        string // relative to the folder, with slashes
	Quarantined bool
}

// Files returns the batches of all instances. For each instance, it yields the batches in its
// folder, oldest first, and then the batches in its quarantine. It yields only regular files. If
// a folder cannot be read, it yields the error, and continues with the next folder.
func (v *View) Files() iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		for _, name := range v.names() {
			for _, dir := range []string{name, path.Join(name, quarantineName)} {
				if !v.filesIn(dir, dir != name, yield) {
					return
				}
			}
		}
	}
}

// filesIn yields the batches in one folder, and returns false if yield does.
func (v *View) filesIn(dir string, quarantined bool, yield func(Stored, error) bool) bool {
	info, err := v.disk.Lstat(dir)
	if err == nil && !info.IsDir() {
		return true
	}
	var entries []fs.DirEntry
	if err == nil {
		entries, err = v.disk.ReadDir(dir)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !yield(Stored{dir, quarantined}, err) {
		return false
	}
	for _, e := range entries {
		if isBatch(e.Name()) && e.Type().IsRegular() && !yield(Stored{path.Join(dir, e.Name()), quarantined}, nil) {
			return false
		}
	}
	return true
}

// Open opens a file for reading. The error is fs.ErrNotExist if the file is no longer there, and
// [ErrFormat] if it is not a batch. The caller must close the Reader.
func (v *View) Open(f Stored) (*Reader, error) {
	r, err := openBatch(v.disk, f.Path, unlimited())
	if errors.Is(err, errForeign) { // something else is in its place now
		return nil, fs.ErrNotExist
	}
	return r, err
}
