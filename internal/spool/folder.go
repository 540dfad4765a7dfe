// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// maxFiles limits the index, which is in memory.
const maxFiles = 65_536

var (
	// ErrClosed is returned by methods that are called after Close.
	ErrClosed = errors.New("the spool is closed")
	// ErrInUse is returned by Open if another process, or another Folder of this one, has the
	// folder, and by methods that are called after another one has taken it.
	ErrInUse = errors.New("another client, of this or another process, uses the folder")
	// ErrInsecure is returned by Open if other users can change the folder.
	ErrInsecure = errors.New("the folder is not safe")
	// ErrGone is returned by methods that get a file which is no longer in the folder: it was
	// lost together with the folder, see Folder.Maintain.
	ErrGone = errors.New("the file is no longer in the folder")
)

// allowances are the names of the settings that allow an insecure folder, for errors.
const allowances = "WithSpoolInsecureFolder, APPTUIT_SPOOL_INSECURE_DIR=true"

// Folder is an open folder of batches.
type Folder struct {
	dir       string // that of Open, for people
	disk      Disk
	instances bool
	limits    Limits
	dropped   func(Drop)
	owning    chan struct{} // capacity 1: the ownership is checked or recovered by one operation at a time

	// Write creates a file. Tests replace it before the first Put to simulate a slow or
	// broken disk.
	Write func(name string, commit func() bool, parts ...[]byte) error

	mu       sync.Mutex // not held during operations of the disk, which may block
	sub      string     // the folder of this instance, on the disk
	lock     DiskLock   // nil while another client has the folder
	closed   bool
	active   int             // operations that use the disk
	files    []*File         // oldest first
	pending  map[string]bool // names of files that are being written or removed, and not in the index
	bytes    int64           // of files, and of those being written
	points   int64
	found    int64
	removed  int64
	sequence uint32
}

// File is a batch in the folder.
type File struct {
	name   string
	size   int64
	points int
	born   time.Time // with a monotonic reading, which clock changes do not affect
	taken  bool      // between Take and Return, Replace or Quarantine
	gone   bool      // the folder was lost, and this file with it
	stuck  bool      // it could not be moved to the quarantine; belongs to the one who has taken it

	// Mark belongs to the caller of Take.
	Mark Mark
}

// Points returns the number of points of the batch, without uncounted ones.
func (f *File) Points() int { return f.points }

// Mark is the state of the replay of a file. It is not stored.
type Mark struct {
	Pass      uint64    // the last pass in which the file was tried
	Strikes   int       // failures of this file alone
	Successes uint64    // of the replay at the last strike
	NotBefore time.Time // the earliest time of the next try
	AtMost    int64     // bytes of text to send in one request, 0 for all
	Offered   bool      // the server has answered an attempt: from then on the age is limited
}

// Options are the options of Open.
type Options struct {
	// Instances lets several processes use the folder: if another process has it, the first
	// free of the subfolders "2", "3" and so on is opened. Batches of instances that have
	// ended are taken over, by Open and by Maintain.
	Instances bool
	// Insecure allows a folder that other users can change.
	Insecure bool
	// Dropped is called with each drop, by Open and later by the methods that cause it; calls
	// by several methods can be concurrent.
	Dropped func(Drop)
}

// Open opens a folder, which is created if necessary, and indexes the batches in it.
func Open(dir string, limits Limits, options Options) (*Folder, error) {
	dir, err := filepath.Abs(dir) // the program may change its working directory
	if err != nil {
		return nil, err
	}
	disk, err := OpenDisk(dir, options.Insecure)
	if err != nil {
		return nil, err
	}
	return OpenOn(disk, dir, limits, options)
}

// OpenOn opens the folder of a disk as Open does, and takes over the disk. The path dir is
// that of messages.
func OpenOn(disk Disk, dir string, limits Limits, options Options) (*Folder, error) {
	f := &Folder{
		dir: dir, disk: disk, instances: options.Instances, limits: limits, dropped: options.Dropped,
		owning: make(chan struct{}, 1), pending: map[string]bool{}, sequence: rand.Uint32(),
	}
	f.Write = f.write
	var err error
	if f.sub, f.lock, err = acquire(disk, f.instances); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", dir, err), disk.Close())
	}
	drops, err := f.reindex()
	if err != nil {
		return nil, errors.Join(err, f.lock.Close(), disk.Close())
	}
	f.reportFaults(drops)
	if f.instances {
		f.takeOver()
	}
	f.discard(f.evictNow())
	return f, nil
}

// Dir returns the path of the folder. With instances it can be a subfolder of that given
// to Open.
func (f *Folder) Dir() string { return filepath.Join(f.dir, f.subfolder()) }

func (f *Folder) subfolder() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sub
}

// path returns the name of a file of the folder on the disk.
func (f *Folder) path(name string) string { return path.Join(f.subfolder(), name) }

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

// reindex makes the index agree with the files in the folder: files that are not there are
// no longer in the index, and files that are there and not in the index were found. It
// removes the rest of writes that a crash has interrupted.
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

// lose counts a file that others have removed, or that was lost with the folder. The caller
// removes it from the index, and holds f.mu.
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

// errForeign is the error of a file that has the name of a batch and is not a regular file:
// no client has made it, and it is left alone.
var errForeign = errors.New("not a regular file")

// stat returns the header of a file as a batch without body, and the size of the file.
func stat(disk Disk, name string, limits Limits) (*Batch, int64, error) {
	r, err := openBatch(disk, name, limits)
	if err != nil {
		return nil, 0, err
	}
	return r.header, r.size, r.Close()
}

// Put stores a batch, and drops the oldest ones if it needs their room. When it returns
// nil the batch survives a crash of the machine. If it returns an error, nothing was dropped.
// The old files are therefore removed after the new one is safe, and while it is written the
// folder can exceed its limit by one batch. The function commit is called when the batch is
// safe; if it returns false the batch is removed, and Put returns an error.
//
// If the folder cannot be synced and the file not be removed either, the batch is still
// there: Put reports the fault and returns nil. A batch that commit has refused and that
// cannot be removed counts as found.
func (f *Folder) Put(b *Batch, commit func() bool) error {
	size := b.size()
	if size > f.limits.Bytes {
		return fmt.Errorf("a batch of %d bytes exceeds the limit of the spool, %d bytes", size, f.limits.Bytes)
	}
	if err := f.limits.check(b, int64(len(b.Body))); err != nil { // it could not be read later
		return err
	}
	if err := f.enter(); err != nil {
		return err
	}
	defer f.exit()
	f.mu.Lock()
	out := f.evict(1, size)
	file := f.reserve(b, time.Now().Add(-max(0, time.Since(b.Time))))
	f.mu.Unlock()

	err := f.Write(file.name, commit, b.header(), b.Body)
	f.mu.Lock()
	delete(f.pending, file.name)
	if err != nil && !errors.Is(err, errStillThere) {
		f.bytes -= size
		f.restore(out)
		f.mu.Unlock()
		return err
	}
	f.insert(file)
	if errors.Is(err, errAbandoned) {
		f.found += int64(file.points)
	}
	f.mu.Unlock()
	f.discard(out)
	return f.reportStillThere(err)
}

// reportStillThere reports a file that should not be there, and cannot be removed. It
// returns the error of a write that was abandoned, and nil after other ones, whose batch
// counts as stored.
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

// Take returns the oldest file for which choose returns true, nil if there is none. It
// belongs to the caller until Return, Replace or Quarantine.
func (f *Folder) Take(choose func(*File) bool) *File {
	f.mu.Lock()
	out := f.evict(0, 0)
	var found *File
	for _, file := range f.files {
		if !file.taken && choose(file) {
			file.taken, found = true, file
			break
		}
	}
	f.mu.Unlock()
	f.discard(out)
	return found
}

// Return gives a file back that was taken: it stays in the folder.
func (f *Folder) Return(file *File) {
	f.mu.Lock()
	defer f.mu.Unlock()
	file.taken = false
}

// Read reads the batch of a file.
func (f *Folder) Read(file *File) (*Batch, error) {
	if err := f.enterFor(file); err != nil {
		return nil, err
	}
	defer f.exit()
	in, err := f.disk.Open(f.path(file.name))
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }()
	return read(in, file.size, f.limits.check)
}

// Replace stores the undelivered parts of a batch in its place; without parts the batch is
// removed. The new files are taken, and have the age and the mark of the old one. If
// Replace returns an error, nothing has changed. If the old file cannot be removed, which
// is reported as a drop without points, the next process sends its batch again.
func (f *Folder) Replace(file *File, parts ...*Batch) ([]*File, error) {
	if err := f.enterFor(file); err != nil {
		return nil, err
	}
	defer f.exit()
	files := make([]*File, 0, len(parts))
	for _, b := range parts {
		f.mu.Lock()
		part := f.reserve(b, file.born)
		f.mu.Unlock()
		files = append(files, part)
		err := f.Write(part.name, func() bool { return true }, b.header(), b.Body)
		if err != nil && !errors.Is(err, errStillThere) {
			f.undo(files)
			return nil, err
		}
		_ = f.reportStillThere(err)
		part.taken, part.Mark = true, file.Mark
	}
	f.mu.Lock()
	f.forget(file)
	for _, part := range files {
		f.insert(part)
		delete(f.pending, part.name)
	}
	f.pending[file.name] = true // until it is removed, it must not be found
	f.mu.Unlock()
	if err := f.disk.Remove(f.path(file.name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.dropped(Drop{Err: err})
		return files, nil
	}
	f.mu.Lock()
	delete(f.pending, file.name)
	f.mu.Unlock()
	return files, nil
}

// undo removes the files that Replace has reserved. The last of them does not exist: its
// write failed.
func (f *Folder) undo(files []*File) {
	var bytes int64
	for i, file := range files {
		bytes += file.size
		if i < len(files)-1 {
			_ = f.disk.Remove(f.path(file.name))
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bytes -= bytes
	for _, file := range files {
		delete(f.pending, file.name)
	}
}

// Quarantine moves a file to the quarantine, and reports its points as dropped. If it cannot
// be moved, which is reported once and without points, Quarantine returns false and the file
// stays taken: its points are not lost. A file that was lost with the folder is left alone.
func (f *Folder) Quarantine(file *File, reason error) bool {
	switch err := f.enterFor(file); {
	case errors.Is(err, ErrGone):
		return true
	case err != nil:
		return false
	}
	defer f.exit()
	drop, moved := f.quarantine(file.name, file.points, reason)
	if moved {
		f.mu.Lock()
		f.forget(file)
		f.mu.Unlock()
		drop.Err = errors.Join(drop.Err, f.trimQuarantine())
	}
	if moved || !file.stuck {
		f.dropped(drop)
	}
	file.stuck = !moved
	return moved
}

// forget removes a file from the index. The caller holds f.mu.
func (f *Folder) forget(file *File) {
	if at := slices.Index(f.files, file); at >= 0 {
		f.files = slices.Delete(f.files, at, at+1)
		f.bytes -= file.size
		f.points -= int64(file.points)
	}
}

// Content describes the batches in a folder.
type Content struct {
	Batches int
	Points  int64 // without uncounted ones
	Bytes   int64
	Found   int64 // points that were found, by Open and by Maintain
	Removed int64 // points in files that others have removed, or that were lost with the folder
}

// Content describes the batches that are in the folder now.
func (f *Folder) Content() Content {
	f.mu.Lock()
	defer f.mu.Unlock()
	return Content{Batches: len(f.files), Points: f.points, Bytes: f.bytes, Found: f.found, Removed: f.removed}
}

// Close releases the lock of the folder. The batches stay. It does not wait for operations of
// the disk: one that is in progress may end later.
func (f *Folder) Close() error {
	f.mu.Lock()
	was, lock, idle := f.closed, f.lock, f.active == 0
	f.closed = true
	f.mu.Unlock()
	if was {
		return nil
	}
	var err error
	if lock != nil {
		err = lock.Close()
	}
	if idle {
		err = errors.Join(err, f.disk.Close())
	}
	return err
}
