// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	batchSuffix     = ".batch"
	temporarySuffix = ".tmp"
	lockName        = "lock"
	quarantineName  = "quarantine"

	// maxFiles limits the index, which is in memory.
	maxFiles = 65_536
)

var (
	// ErrClosed is returned by methods that are called after Close.
	ErrClosed = errors.New("the spool is closed")
	// ErrInUse is returned by Open if another process, or another Folder of this one, has the
	// folder.
	ErrInUse = errors.New("another client, of this or another process, uses the folder")
)

// Folder is an open folder of batches.
type Folder struct {
	dir     string // for people
	disk    Disk
	sub     string // the folder of this instance, on the disk
	limits  Limits
	dropped func(Drop)
	lock    io.Closer

	// Write creates a file. Tests replace it before the first Put to simulate a slow or
	// broken disk.
	Write func(name string, commit func() bool, parts ...[]byte) error

	mu       sync.Mutex // not held during operations of the disk, which may block
	files    []*File    // oldest first
	bytes    int64      // of files, and of those being written
	points   int64
	found    int64
	sequence uint32
	closed   bool
}

// File is a batch in the folder.
type File struct {
	name   string
	size   int64
	points int
	born   time.Time // with a monotonic reading, which clock changes do not affect
	taken  bool      // between Take and Return, Replace or Quarantine
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
}

// Open opens a folder, which is created if necessary, and indexes the batches in it. With
// instances, and if another process has the folder, the first free of the subfolders "2",
// "3" and so on is opened; batches of instances that have ended are taken over. The
// function dropped is called with each drop, by Open and later by the methods that cause
// it; calls by several methods can be concurrent.
func Open(dir string, limits Limits, instances bool, dropped func(Drop)) (*Folder, error) {
	dir, err := filepath.Abs(dir) // the program may change its working directory
	if err != nil {
		return nil, err
	}
	disk, err := OpenDisk(dir)
	if err != nil {
		return nil, err
	}
	return OpenOn(disk, dir, limits, instances, dropped)
}

// OpenOn opens the folder of a disk as Open does. The path dir is that of messages.
func OpenOn(disk Disk, dir string, limits Limits, instances bool, dropped func(Drop)) (*Folder, error) {
	f := &Folder{disk: disk, limits: limits, dropped: dropped, sequence: rand.Uint32()}
	f.Write = f.write
	var err error
	if f.sub, f.lock, err = acquire(disk, instances); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	f.dir = filepath.Join(dir, f.sub)
	if instances {
		f.takeOver()
	}
	if err := f.load(); err != nil {
		return nil, errors.Join(err, f.lock.Close())
	}
	return f, nil
}

// Dir returns the path of the folder. With instances it can be a subfolder of that given
// to Open.
func (f *Folder) Dir() string { return f.dir }

// path returns the name of a file of the folder on the disk.
func (f *Folder) path(name string) string { return path.Join(f.sub, name) }

// load indexes the files in the folder.
func (f *Folder) load() error {
	entries, err := f.disk.ReadDir(f.sub)
	if err != nil {
		return err
	}
	now := time.Now()
	var drops []Drop
	for _, e := range entries {
		name := e.Name()
		switch {
		case strings.HasSuffix(name, batchSuffix+temporarySuffix):
			_ = f.disk.Remove(f.path(name)) // a crash interrupted the write
		case !strings.HasSuffix(name, batchSuffix):
		default:
			if drop := f.index(name, now); drop.Err != nil {
				drops = append(drops, drop)
			}
		}
	}
	f.sort()
	f.found = f.points
	if len(drops) > 0 { // once, as there may be many
		if err := f.trimQuarantine(); err != nil {
			drops = append(drops, Drop{Err: err})
		}
	}
	f.report(drops)
	f.discard(f.evict(0, 0))
	return nil
}

// index adds an existing file to the index. A file that is not a batch is moved to the
// quarantine. A file that cannot be read stays where it is, for the next Open.
func (f *Folder) index(name string, now time.Time) Drop {
	b, size, err := stat(f.disk, f.path(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Drop{}
	case errors.Is(err, ErrFormat):
		drop, _ := f.quarantine(name, 0, err)
		return drop
	case err != nil:
		return Drop{Err: err}
	}
	file := &File{name: name, size: size, points: b.Counted(), born: now.Add(-max(0, now.Sub(b.Time)))}
	f.files = append(f.files, file)
	f.bytes += size
	f.points += int64(file.points)
	return Drop{}
}

// stat returns the header of a file as a batch without body, and the size of the file.
func stat(disk Disk, name string) (*Batch, int64, error) {
	info, err := disk.Lstat(name)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%w: not a regular file", ErrFormat)
	}
	file, err := disk.Open(name)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = file.Close() }()
	b, _, _, err := readHeader(bufio.NewReader(file), info.Size())
	return b, info.Size(), err
}

func (f *Folder) sort() {
	slices.SortFunc(f.files, func(a, b *File) int { return cmp.Compare(a.name, b.name) })
}

// Put stores a batch, and drops the oldest ones if it needs their room. When it returns
// nil the batch survives a crash of the machine. If it returns an error, nothing was dropped.
// The old files are therefore removed after the new one is safe, and while it is written the
// folder can exceed its limit by one batch. The function commit is called when the batch is
// safe; if it returns false the batch is removed, and Put returns an error.
func (f *Folder) Put(b *Batch, commit func() bool) error {
	size := b.size()
	if size > f.limits.Bytes {
		return fmt.Errorf("a batch of %d bytes exceeds the limit of the spool, %d", size, f.limits.Bytes)
	}
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return ErrClosed
	}
	out := f.evict(1, size)
	file := f.reserve(b, time.Now().Add(-max(0, time.Since(b.Time))))
	f.mu.Unlock()

	err := f.Write(file.name, commit, b.header(), b.Body)
	f.mu.Lock()
	if err != nil {
		f.bytes -= size
		f.restore(out)
		f.mu.Unlock()
		return err
	}
	f.insert(file)
	f.mu.Unlock()
	f.discard(out)
	return nil
}

// reserve chooses the name of a new file and adds its size to the total.
func (f *Folder) reserve(b *Batch, born time.Time) *File {
	f.sequence++
	file := &File{name: fmt.Sprintf("%016x-%08x%s", b.Time.UnixNano(), f.sequence, batchSuffix), size: b.size(), points: b.Counted(), born: born}
	f.bytes += file.size
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
	in, err := f.disk.Open(f.path(file.name))
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }()
	return read(in, file.size)
}

// Replace stores the undelivered parts of a batch in its place; without parts the batch is
// removed. The new files are taken, and have the age and the mark of the old one. If
// Replace returns an error, nothing has changed. If the old file cannot be removed, which
// is reported as a drop without points, the next process sends its batch again.
func (f *Folder) Replace(file *File, parts ...*Batch) ([]*File, error) {
	files := make([]*File, 0, len(parts))
	for _, b := range parts {
		f.mu.Lock()
		part := f.reserve(b, file.born)
		closed := f.closed
		f.mu.Unlock()
		files = append(files, part)
		err := ErrClosed
		if !closed {
			err = f.Write(part.name, func() bool { return true }, b.header(), b.Body)
		}
		if err != nil {
			f.undo(files)
			return nil, err
		}
		part.taken, part.Mark = true, file.Mark
	}
	f.mu.Lock()
	f.forget(file)
	for _, part := range files {
		f.insert(part)
	}
	f.mu.Unlock()
	if err := f.disk.Remove(f.path(file.name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.dropped(Drop{Err: err})
	}
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
}

// Quarantine moves a file to the quarantine, and reports its points as dropped. If it cannot
// be moved, which is reported once and without points, Quarantine returns false and the file
// stays taken: its points are not lost.
func (f *Folder) Quarantine(file *File, reason error) bool {
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

// forget removes a file from the index.
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
	Found   int64 // points that Open found
}

// Content describes the batches that are in the folder now.
func (f *Folder) Content() Content {
	f.mu.Lock()
	defer f.mu.Unlock()
	return Content{Batches: len(f.files), Points: f.points, Bytes: f.bytes, Found: f.found}
}

// Close releases the lock of the folder. The batches stay.
func (f *Folder) Close() error {
	f.mu.Lock()
	was := f.closed
	f.closed = true
	f.mu.Unlock()
	if was {
		return nil
	}
	return f.lock.Close()
}
