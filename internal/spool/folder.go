// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"
	"path/filepath"
	"sync"
	"time"
)

var (
	// ErrClosed is returned by methods that are called after Close.
	ErrClosed = errors.New("the spool is closed")
	// ErrInUse is returned by Open if another process, or another Folder of this process, has
	// locked the folder, and by methods that are called after such a client has taken the lock.
	ErrInUse = errors.New("another client, of this or another process, uses the folder")
	// ErrInsecure is returned by Open if other users can change the folder.
	ErrInsecure = errors.New("the folder is not safe")
	// ErrGone is returned by methods whose file is no longer in the folder, because the folder
	// was removed or replaced, see Folder.Maintain.
	ErrGone = errors.New("the file is no longer in the folder")
)

// allowances are the names of the settings that allow an insecure folder, for errors.
const allowances = "WithSpoolInsecureFolder, APPTUIT_SPOOL_INSECURE_DIR=true"

// Folder is an open folder of batches.
type Folder struct {
	dir       string // the path given to Open, for messages
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
	bytes    int64           // of files, and of files that are being written
	points   int64
	found    int64
	removed  int64
	sequence uint32
}

// Options are the options of Open.
type Options struct {
	// Instances lets several processes use the folder: if another process has it, the first
	// free of the subfolders "2", "3" and so on is opened. Batches of instances that have
	// ended are taken over, by Open and by Maintain.
	Instances bool
	// Insecure allows a folder that other users can change.
	Insecure bool
	// Dropped is called with each drop, by Open and by the methods that cause it. Calls can be
	// concurrent.
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

// OpenOn opens the folder of a disk as Open does. Close also closes the disk. dir is the path
// of the folder in messages.
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

// Dir returns the path of the folder. With Options.Instances it can be a subfolder of the
// folder given to Open.
func (f *Folder) Dir() string { return filepath.Join(f.dir, f.subfolder()) }

func (f *Folder) subfolder() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sub
}

// path returns the name of a file of the folder on the disk.
func (f *Folder) path(name string) string { return path.Join(f.subfolder(), name) }

// Put stores a batch, and drops the oldest batches if it needs their room. When it returns nil,
// the batch survives a crash of the machine. When it returns an error, nothing was dropped:
// old files are removed only after the new file is durable, so during a write the folder can
// exceed its limit by one batch. Put calls commit when the file is durable. If commit returns
// false, Put removes the file and returns an error.
//
// If the folder cannot be synced and the file cannot be removed either, the batch remains
// in the folder: Put reports the fault and returns nil. A batch that commit has refused and
// that cannot be removed counts as found.
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

// Take returns the oldest file for which choose returns true, nil if there is none. The file
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

// Return ends the caller's use of a file. The file stays in the folder.
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

// Replace replaces the file of a batch with files of its undelivered parts. Without parts, it
// removes the file. The new files are taken, and have the age and the replay state of the
// old file. If Replace returns an error, nothing has changed. If the old file cannot be
// removed, Replace reports a drop without points, and the next process sends its batch again.
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
		part.taken, part.Replay = true, file.Replay
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

// Quarantine moves a file to the quarantine, and reports its points as dropped. If the file
// cannot be moved, Quarantine reports this once, without points, and returns false; the file
// stays taken, and its points are not lost. A file that was lost with the folder is left alone.
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

// Content describes the batches in a folder.
type Content struct {
	Batches int
	Points  int64 // without uncounted points
	Bytes   int64
	Found   int64 // points that Open and Maintain have found
	Removed int64 // points in files that another program has removed, or that were lost with the folder
}

// Content describes the batches that are in the folder now.
func (f *Folder) Content() Content {
	f.mu.Lock()
	defer f.mu.Unlock()
	return Content{Batches: len(f.files), Points: f.points, Bytes: f.bytes, Found: f.found, Removed: f.removed}
}

// Close releases the lock of the folder. The batches stay. Close does not wait for operations
// of the disk that are in progress.
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
