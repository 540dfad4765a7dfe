// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"
)

// maxFiles limits the index, which is in memory.
const maxFiles = 65_536

// File is a batch in the folder.
type File struct {
	name   string
	size   int64
	points int
	born   time.Time // with a monotonic reading, which clock changes do not affect
	taken  bool      // between Take and Return, Replace or Quarantine
	gone   bool      // the folder was lost, and this file with it
	stuck  bool      // it could not be moved to the quarantine, which was reported; belongs to the caller of Take

	// Replay belongs to the caller of Take.
	Replay ReplayState
}

// Points returns the number of points of the batch, without uncounted ones.
func (f *File) Points() int { return f.points }

// ReplayState is the state of the replay of a file. It is not stored on disk.
type ReplayState struct {
	Pass      uint64    // the last pass in which the file was attempted
	Strikes   int       // failures that other batches did not share
	Processed uint64    // requests that the server had processed at the last strike
	NotBefore time.Time // the earliest time of the next attempt
	MaxSize   int64     // bytes of text to send in one request, 0 for all
	Offered   bool      // the server has answered an attempt: from then on the age is limited
}

// entry is the result of reading the header of an existing file.
type entry struct {
	file *File // nil if the file is not a batch
	drop Drop  // a fault, if its error is not nil
}

// readEntry reads the header of an existing file. A file that is not a batch is moved to the
// quarantine. A file that cannot be read stays where it is, for the next Open.
func (f *Folder) readEntry(name string, now time.Time) entry {
	b, size, err := stat(f.disk, f.path(name), f.limits)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, errForeign):
		return entry{}
	case errors.Is(err, ErrFormat):
		drop, _ := f.quarantine(name, 0, err)
		return entry{drop: drop}
	case err != nil:
		if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
			err = pathErr.Err // its path is relative to the folder
		}
		return entry{drop: Drop{Err: fmt.Errorf("%s cannot be read: %w", filepath.Join(f.Dir(), name), err)}}
	}
	return entry{file: &File{name: name, size: size, points: b.Counted(), born: now.Add(-max(0, now.Sub(b.Time)))}}
}

// reindex makes the index agree with the files in the folder: it removes missing files from the
// index, and adds and counts files that it finds. It deletes temporary files, which are left
// by writes that a crash has interrupted.
func (f *Folder) reindex() ([]Drop, error) {
	entries, err := f.disk.ReadDir(f.subfolder())
	if err != nil {
		return nil, err
	}
	present := make(map[string]bool, len(entries))
	for _, e := range entries {
		present[e.Name()] = true
	}
	f.mu.Lock()
	f.files = slices.DeleteFunc(f.files, func(file *File) bool {
		if present[file.name] {
			present[file.name] = false
			return false
		}
		f.lose(file)
		return true
	})
	for name := range f.pending {
		present[name], present[name+temporarySuffix] = false, false
	}
	f.mu.Unlock()
	now := time.Now()
	var drops []Drop
	var found []*File
	for _, e := range entries {
		name := e.Name()
		switch {
		case !present[name] || !e.Type().IsRegular():
		case isTemporary(name):
			_ = f.disk.Remove(f.path(name)) // a crash interrupted the write
		case isBatch(name):
			i := f.readEntry(name, now)
			if i.drop.Err != nil {
				drops = append(drops, i.drop)
			}
			if i.file != nil {
				found = append(found, i.file)
			}
		}
	}
	f.add(found)
	return drops, nil
}

// lose counts a file that another program has removed, or that was lost with the folder. The
// caller removes it from the index, and holds f.mu.
func (f *Folder) lose(file *File) {
	file.gone = true
	f.bytes -= file.size
	f.points -= int64(file.points)
	f.removed += int64(file.points)
}

// add adds files that were found to the index.
func (f *Folder) add(files []*File) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, file := range files {
		f.bytes += file.size
		f.points += int64(file.points)
		f.found += int64(file.points)
	}
	f.files = append(f.files, files...)
	slices.SortFunc(f.files, func(a, b *File) int { return cmp.Compare(a.name, b.name) })
}

// reportFaults reports the files that are not batches or cannot be read, as one drop, since
// there may be many.
func (f *Folder) reportFaults(drops []Drop) {
	if len(drops) == 0 {
		return
	}
	if err := f.trimQuarantine(); err != nil {
		drops = append(drops, Drop{Err: err})
	}
	f.report(drops)
}

// errForeign is the error of a file that has the name of a batch, but is not a regular file. No
// client creates such a file, so it is left alone.
var errForeign = errors.New("not a regular file")

// stat returns the header of a file as a batch without body, and the size of the file.
func stat(disk Disk, name string, limits Limits) (*Batch, int64, error) {
	r, err := openBatch(disk, name, limits)
	if err != nil {
		return nil, 0, err
	}
	return r.header, r.size, r.Close()
}

// reserve chooses the name of a new file and adds its size to the total. The caller holds
// f.mu.
func (f *Folder) reserve(b *Batch, born time.Time) *File {
	f.sequence++
	file := &File{name: batchName(b.Time, f.sequence), size: b.size(), points: b.Counted(), born: born}
	f.bytes += file.size
	f.pending[file.name] = true
	return file
}

// insert adds a reserved file to the index.
func (f *Folder) insert(file *File) {
	at, _ := slices.BinarySearchFunc(f.files, file.name, func(file *File, name string) int { return cmp.Compare(file.name, name) })
	f.files = slices.Insert(f.files, at, file)
	f.points += int64(file.points)
}

// forget removes a file from the index. The caller holds f.mu.
func (f *Folder) forget(file *File) {
	if at := slices.Index(f.files, file); at >= 0 {
		f.files = slices.Delete(f.files, at, at+1)
		f.bytes -= file.size
		f.points -= int64(file.points)
	}
}
