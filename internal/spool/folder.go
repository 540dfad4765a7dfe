// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

const (
	batchSuffix     = ".batch"
	temporarySuffix = ".tmp"
	lockName        = "lock"
	asideName       = "aside"

	// maxFiles bounds the index, which is in memory.
	maxFiles = 65_536
)

var (
	// ErrClosed is the error of everything after Close.
	ErrClosed = errors.New("the spool is closed")
	// ErrInUse is the error of Open if another process has the folder.
	ErrInUse = errors.New("another process uses the folder")
)

// Limits bound a folder.
type Limits struct {
	Bytes int64
	Age   time.Duration
}

// Loss is a batch that went out of the folder without being delivered, or a
// fault of the folder.
type Loss struct {
	Points int // that count
	Err    error
}

// Folder is an open folder of batches.
type Folder struct {
	dir    string
	limits Limits
	lost   func(Loss)
	lock   *os.File

	mu       sync.Mutex
	files    []*File // oldest first
	bytes    int64   // of files, and of those being written
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
	born   time.Time // on the monotonic clock, which does not jump
	taken  bool

	// What its user knows of it: the last pass in which it was tried, its
	// failures, and the successes of others before the last of them.
	Pass, Successes uint64
	Strikes         int
}

// Open opens a folder, which it makes if need be, and finds what is left in it.
// With instances, if another process has the folder, its subfolders "2", "3" and
// so on are tried; what processes that are gone have left in them is taken over.
// The function lost is called, not concurrently with itself from one call, with
// what is lost then and later.
func Open(dir string, limits Limits, instances bool, lost func(Loss)) (*Folder, error) {
	f := &Folder{limits: limits, lost: lost, sequence: rand.Uint32()}
	var err error
	if f.dir, f.lock, err = claim(dir, instances); err != nil {
		return nil, err
	}
	if instances {
		f.adopt(dir)
	}
	if err := f.load(); err != nil {
		return nil, errors.Join(err, f.lock.Close())
	}
	return f, nil
}

// Dir returns the folder's path: with instances it may be a subfolder.
func (f *Folder) Dir() string { return f.dir }

// load indexes what is in the folder.
func (f *Folder) load() error {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return err
	}
	now := time.Now()
	for _, e := range entries {
		switch {
		case filepath.Ext(e.Name()) == temporarySuffix:
			_ = os.Remove(filepath.Join(f.dir, e.Name())) // a write that a crash has ended
		case filepath.Ext(e.Name()) != batchSuffix:
		case len(f.files) == maxFiles:
			return fmt.Errorf("%s: more than %d batches", f.dir, maxFiles)
		default:
			f.index(e.Name(), now)
		}
	}
	f.sort()
	f.found = f.points
	return nil
}

// index adds a file that was found.
func (f *Folder) index(name string, now time.Time) {
	b, size, err := f.inspect(name)
	if err != nil {
		f.setAside(name, 0, err)
		return
	}
	file := &File{name: name, size: size, points: b.Counted(), born: now.Add(-max(0, now.Sub(b.Time)))}
	f.files = append(f.files, file)
	f.bytes += size
	f.points += int64(file.points)
}

// inspect reads the header of a file.
func (f *Folder) inspect(name string) (*Batch, int64, error) {
	path := filepath.Join(f.dir, name)
	info, err := os.Lstat(path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%w: it is no file", errFormat)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer file.Close()
	b, _, _, _, err := readHeader(file, info.Size())
	return b, info.Size(), err
}

func (f *Folder) sort() {
	slices.SortFunc(f.files, func(a, b *File) int { return cmp.Compare(a.name, b.name) })
}

// Put keeps a batch. When it returns nil the batch survives a crash. Just before
// it is kept, commit is asked whether it still should be. What has to go for it
// is the oldest.
func (f *Folder) Put(b *Batch, commit func() bool) error {
	size := b.size()
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return ErrClosed
	}
	if size > f.limits.Bytes {
		f.mu.Unlock()
		return fmt.Errorf("a batch of %d bytes is larger than the spool may be, %d", size, f.limits.Bytes)
	}
	losses := append(f.expire(), f.makeRoom(size)...)
	f.bytes += size
	f.sequence++
	file := &File{name: fmt.Sprintf("%016x-%08x%s", b.Time.UnixNano(), f.sequence, batchSuffix), size: size, points: b.Counted()}
	f.mu.Unlock()
	f.report(losses)

	file.born = time.Now().Add(-max(0, time.Since(b.Time)))
	err := write(f.dir, file.name, commit, b.header(), b.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.bytes -= size
		return err
	}
	at, _ := slices.BinarySearchFunc(f.files, file.name, func(file *File, name string) int { return cmp.Compare(file.name, name) })
	f.files = slices.Insert(f.files, at, file)
	f.points += int64(file.points)
	return nil
}

// Take returns the oldest file for which choose returns true, nil if there is
// none. It is the caller's until Return, Remove or SetAside.
func (f *Folder) Take(choose func(*File) bool) *File {
	f.mu.Lock()
	losses := f.expire()
	var found *File
	for _, file := range f.files {
		if !file.taken && choose(file) {
			file.taken, found = true, file
			break
		}
	}
	f.mu.Unlock()
	f.report(losses)
	return found
}

// Return ends a Take: the file stays.
func (f *Folder) Return(file *File) {
	f.mu.Lock()
	defer f.mu.Unlock()
	file.taken = false
}

// Read reads a file.
func (f *Folder) Read(file *File) (*Batch, error) {
	in, err := os.Open(filepath.Join(f.dir, file.name))
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return read(in, file.size)
}

// Remove removes a file whose batch is settled. If the file cannot be removed,
// the batch is sent again by the next process.
func (f *Folder) Remove(file *File) error {
	f.mu.Lock()
	f.forget(file)
	f.mu.Unlock()
	err := os.Remove(filepath.Join(f.dir, file.name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// SetAside moves a file away that is not to be sent, and reports its points as
// lost.
func (f *Folder) SetAside(file *File, reason error) {
	f.mu.Lock()
	f.forget(file)
	f.mu.Unlock()
	f.setAside(file.name, file.points, reason)
}

// forget takes a file out of the index.
func (f *Folder) forget(file *File) {
	if at := slices.Index(f.files, file); at >= 0 {
		f.files = slices.Delete(f.files, at, at+1)
		f.bytes -= file.size
		f.points -= int64(file.points)
	}
}

// Content says what is in the folder.
type Content struct {
	Batches int
	Points  int64 // that count
	Bytes   int64
	Found   int64 // points that were there when it was opened
}

// Content returns what is in the folder now.
func (f *Folder) Content() Content {
	f.mu.Lock()
	defer f.mu.Unlock()
	return Content{Batches: len(f.files), Points: f.points, Bytes: f.bytes, Found: f.found}
}

// Close gives the folder back. What is in it stays.
func (f *Folder) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	return f.lock.Close()
}
