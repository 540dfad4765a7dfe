// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"fmt"
	"path"

	"github.com/apptuitai/apptuit-go/internal/amount"
)

// A folder can be lost while it is open: a program that removes old files removes the lock,
// or somebody renames the folder and makes a new one. Another client can then take the lock
// of that name. Before each operation that reads, writes, moves or removes a file, a Folder
// therefore checks that its lock and its folder have their names. If not, it takes the lock
// again and brings its index up to date. If another client has the lock by then, the index
// becomes empty, and operations return ErrInUse until Maintain gets the lock.

// enter begins an operation that uses the disk. It returns an error if the folder is closed
// or belongs to another client. Otherwise the caller must call exit.
func (f *Folder) enter() error {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return ErrClosed
	}
	f.active++
	f.mu.Unlock()
	err := f.own()
	if err != nil {
		f.exit()
	}
	return err
}

// enterFor begins an operation with a file, as enter does. It returns ErrGone if the file was
// lost with the folder.
func (f *Folder) enterFor(file *File) error {
	err := f.enter()
	f.mu.Lock()
	gone := file.gone
	f.mu.Unlock()
	if err == nil && gone {
		f.exit()
	}
	if gone {
		return ErrGone
	}
	return err
}

// exit ends an operation. The last operation after Close closes the disk.
func (f *Folder) exit() {
	f.mu.Lock()
	f.active--
	last := f.closed && f.active == 0
	f.mu.Unlock()
	if last {
		_ = f.disk.Close()
	}
}

// Held reports whether the folder belonged to this client at the last check.
func (f *Folder) Held() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lock != nil
}

// own makes sure that the folder belongs to this client. If the lock or the folder was removed
// or replaced, it locks the folder again.
func (f *Folder) own() error {
	f.owning <- struct{}{}
	defer func() { <-f.owning }()
	f.mu.Lock()
	lock := f.lock
	f.mu.Unlock()
	if lock == nil {
		return ErrInUse
	}
	if valid, err := lock.Valid(); valid || err != nil {
		return err
	}
	f.mu.Lock()
	f.lock = nil
	f.mu.Unlock()
	_ = lock.Close() // which has no effect on the lock of that name
	const lost = "the lock or the folder was removed or replaced, perhaps by a program that removes old files"
	if err := f.recover(); err != nil {
		f.abandon()
		f.dropped(Drop{Err: fmt.Errorf("%s: %s, and the folder cannot be locked again, so there is no spool for now: %w", f.Dir(), lost, err)})
		return err
	}
	f.dropped(Drop{Err: fmt.Errorf("%s: %s: the folder is locked again, with %s", f.Dir(), lost, amount.Of(f.Content().Batches, "batch"))})
	return nil
}

// recover takes the lock of the folder again, and brings the index up to date. The caller
// has entered f.owning.
func (f *Folder) recover() error {
	if err := f.disk.Reopen(); err != nil {
		return err
	}
	sub := f.subfolder()
	if err := makeSubfolder(f.disk, sub); err != nil {
		return err
	}
	lock, err := f.disk.Lock(path.Join(sub, lockName), true)
	if err != nil {
		return err
	}
	if lock == nil {
		return ErrInUse
	}
	drops, err := f.reindex()
	if err == nil {
		err = f.setLock(lock)
	}
	if err != nil {
		return errors.Join(err, lock.Close())
	}
	f.reportFaults(drops)
	return nil
}

// setLock sets the lock, unless the folder has been closed meanwhile.
func (f *Folder) setLock(lock DiskLock) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return ErrClosed
	}
	f.lock = lock
	return nil
}

// abandon removes all files from the index: they belong to another client.
func (f *Folder) abandon() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, file := range f.files {
		f.lose(file)
	}
	f.files = nil
}

// Maintain must be called from time to time. It detects that the lock or the folder was removed
// or replaced, and takes the lock again if another client had it and has ended. With
// Options.Instances it takes over the batches of instances that have ended. It reports whether
// the folder belongs to this client.
func (f *Folder) Maintain() bool {
	err := f.enter()
	if errors.Is(err, ErrInUse) && !f.Held() {
		err = f.regain()
	}
	if err != nil {
		return f.Held()
	}
	defer f.exit()
	if f.instances {
		f.takeOver()
	}
	f.discard(f.evictNow())
	return true
}

// regain takes the lock of a folder that was lost. After it has returned nil, the caller must
// call exit.
func (f *Folder) regain() error {
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return ErrClosed
	}
	f.active++
	f.mu.Unlock()
	f.owning <- struct{}{}
	defer func() { <-f.owning }()
	if err := f.recover(); err != nil {
		f.exit()
		return err
	}
	f.dropped(Drop{Err: fmt.Errorf("%s is the spool again, with %s: the other client has released it", f.Dir(), amount.Of(f.Content().Batches, "batch"))})
	return nil
}
