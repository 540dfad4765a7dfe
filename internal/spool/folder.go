// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
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
	asideName       = "aside"

	// maxFiles bounds the index, which is in memory.
	maxFiles = 65_536
)

var (
	// ErrClosed is the error of everything after Close.
	ErrClosed = errors.New("the spool is closed")
	// ErrInUse is the error of Open if another process has the folder.
	ErrInUse = errors.New("another client, of this or another process, uses the folder")
)

// Limits bound a folder.
type Limits struct {
	Bytes int64
	Age   time.Duration
}

// Loss is a batch that went out of the folder without being delivered, or a
// fault of the folder.
type Loss struct {
	Points int  // that count
	Bound  bool // it was too old, or one too many: more will follow
	Err    error
}

// Folder is an open folder of batches.
type Folder struct {
	dir    string
	limits Limits
	lost   func(Loss)
	lock   *os.File

	// Write makes a file. A test that needs a slow or broken disk replaces it
	// before the first Put.
	Write func(dir, name string, commit func() bool, parts ...[]byte) error

	mu       sync.Mutex // not held over what a disk may hold up
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
	born   time.Time // on the monotonic clock, which does not jump
	taken  bool

	// Mark is what its user knows of it.
	Mark Mark
}

// Points returns the number of the batch's points that count.
func (f *File) Points() int { return f.points }

// Mark is the last pass in which a file was tried, its failures, the successes
// of others before the last of them, when it may be tried again, and the size in
// bytes of text from which the connection broke, or 0.
type Mark struct {
	Pass, Successes uint64
	Strikes         int
	NotBefore       time.Time
	AtMost          int64
}

// Open opens a folder, which it makes if need be, and finds what is left in it.
// With instances, if another process has the folder, its subfolders "2", "3" and
// so on are tried; what processes that are gone have left in them is taken over.
// The function lost is called, not concurrently with itself from one call, with
// what is lost then and later.
func Open(dir string, limits Limits, instances bool, lost func(Loss)) (*Folder, error) {
	f := &Folder{limits: limits, lost: lost, sequence: rand.Uint32(), Write: write}
	dir, err := filepath.Abs(dir) // the program may change its working directory
	if err != nil {
		return nil, err
	}
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
	var losses []Loss
	for _, e := range entries {
		name := e.Name()
		switch {
		case strings.HasSuffix(name, batchSuffix+temporarySuffix):
			_ = os.Remove(filepath.Join(f.dir, name)) // a write that a crash has ended
		case !strings.HasSuffix(name, batchSuffix):
		default:
			if loss := f.index(name, now); loss.Err != nil {
				losses = append(losses, loss)
			}
		}
	}
	f.sort()
	f.found = f.points
	if len(losses) > 0 { // once, not for each of what may be many
		if err := f.tidy(); err != nil {
			losses = append(losses, Loss{Err: err})
		}
	}
	f.report(losses)
	f.discard(f.evict(0, 0))
	return nil
}

// index adds a file that was found. What is no batch is set aside; what cannot
// be read stays for the next time.
func (f *Folder) index(name string, now time.Time) Loss {
	b, size, err := inspect(filepath.Join(f.dir, name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Loss{}
	case errors.Is(err, ErrFormat):
		return f.setAside(name, 0, err)
	case err != nil:
		return Loss{Err: err}
	}
	file := &File{name: name, size: size, points: b.Counted(), born: now.Add(-max(0, now.Sub(b.Time)))}
	f.files = append(f.files, file)
	f.bytes += size
	f.points += int64(file.points)
	return Loss{}
}

// inspect reads the header of a file.
func inspect(path string) (*Batch, int64, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%w: it is no file", ErrFormat)
	}
	file, err := os.Open(path)
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

// Put keeps a batch. When it returns nil the batch survives a crash. Just before
// it is kept, commit is asked whether it still should be. What has to go for it
// is the oldest.
func (f *Folder) Put(b *Batch, commit func() bool) error {
	size := b.size()
	if size > f.limits.Bytes {
		return fmt.Errorf("a batch of %d bytes is larger than the spool may be, %d", size, f.limits.Bytes)
	}
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return ErrClosed
	}
	gone := f.evict(1, size)
	file := f.reserve(b, time.Now().Add(-max(0, time.Since(b.Time))))
	f.mu.Unlock()
	f.discard(gone)

	err := f.Write(f.dir, file.name, commit, b.header(), b.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.bytes -= size
		return err
	}
	f.insert(file)
	return nil
}

// reserve names a file and counts its bytes.
func (f *Folder) reserve(b *Batch, born time.Time) *File {
	f.sequence++
	file := &File{name: fmt.Sprintf("%016x-%08x%s", b.Time.UnixNano(), f.sequence, batchSuffix), size: b.size(), points: b.Counted(), born: born}
	f.bytes += file.size
	return file
}

// insert puts a reserved file into the index.
func (f *Folder) insert(file *File) {
	at, _ := slices.BinarySearchFunc(f.files, file.name, func(file *File, name string) int { return cmp.Compare(file.name, name) })
	f.files = slices.Insert(f.files, at, file)
	f.points += int64(file.points)
}

// Take returns the oldest file for which choose returns true, nil if there is
// none. It is the caller's until Return, Replace or SetAside.
func (f *Folder) Take(choose func(*File) bool) *File {
	f.mu.Lock()
	gone := f.evict(0, 0)
	var found *File
	for _, file := range f.files {
		if !file.taken && choose(file) {
			file.taken, found = true, file
			break
		}
	}
	f.mu.Unlock()
	f.discard(gone)
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
	defer func() { _ = in.Close() }()
	return read(in, file.size)
}

// Replace puts what is left of a file's batch, which may be nothing, in its
// place. The new files are taken, too, and have its age and mark. If it fails,
// nothing has changed. If the old file cannot be removed, which is reported, its
// batch is sent again by the next process.
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
			err = f.Write(f.dir, part.name, func() bool { return true }, b.header(), b.Body)
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
	if err := os.Remove(filepath.Join(f.dir, file.name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.lost(Loss{Err: err})
	}
	return files, nil
}

// undo removes reserved files, of which the last has not been written.
func (f *Folder) undo(files []*File) {
	var bytes int64
	for i, file := range files {
		bytes += file.size
		if i < len(files)-1 {
			_ = os.Remove(filepath.Join(f.dir, file.name))
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bytes -= bytes
}

// SetAside moves a file away that is not to be sent, and reports its points as
// lost.
func (f *Folder) SetAside(file *File, reason error) {
	f.mu.Lock()
	f.forget(file)
	f.mu.Unlock()
	loss := f.setAside(file.name, file.points, reason)
	loss.Err = errors.Join(loss.Err, f.tidy())
	f.lost(loss)
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
	was := f.closed
	f.closed = true
	f.mu.Unlock()
	if was {
		return nil
	}
	return f.lock.Close()
}
