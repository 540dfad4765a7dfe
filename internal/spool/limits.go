// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/apptuitai/apptuit-go/internal/amount"
)

// Limits are the limits of a folder, without its quarantine.
type Limits struct {
	Bytes int64         // of all batches, with their headers
	Age   time.Duration // of a batch since it was spooled, once the server has answered an attempt (ReplayState.Offered)
	Text  int64         // of one batch before compression; at least minText
}

// minText is the limit of the text of a batch if Limits.Text is smaller, or not set.
const minText = 64 << 20

func (l Limits) text() int64 { return max(l.Text, minText) }

// Drop is the removal of a batch that has not been delivered, or a fault of the folder,
// which has no points.
type Drop struct {
	Points  int  // without uncounted points
	AtLimit bool // the batch was too old, or the folder was full: more drops will follow
	Err     error
}

// evicted is a batch that is no longer in the index, while its file still exists.
type evicted struct {
	file   *File
	reason error
}

// evictNow is evict without a new batch that needs room.
func (f *Folder) evictNow() []evicted {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.evict(0, 0)
}

// evict removes batches that are too old from the index, and then the oldest batches until
// there is room for the given number of files and bytes. The caller must hold f.mu. It must
// then call restore, or release f.mu and call discard.
func (f *Folder) evict(files int, bytes int64) []evicted {
	var out []evicted
	remove := func(fault func(*File) error) {
		f.files = slices.DeleteFunc(f.files, func(file *File) bool {
			if file.taken {
				return false
			}
			reason := fault(file)
			if reason == nil {
				return false
			}
			f.bytes -= file.size
			f.points -= int64(file.points)
			f.pending[file.name] = true
			out = append(out, evicted{file, reason})
			return true
		})
	}
	remove(func(file *File) error { // every file is checked: after a clock change the index is not in the order of age
		if !file.Replay.Offered || time.Since(file.born) <= f.limits.Age {
			return nil
		}
		return fmt.Errorf("older than %v", f.limits.Age)
	})
	files += len(f.files)
	remove(func(*File) error {
		if f.bytes+bytes <= f.limits.Bytes && files <= maxFiles {
			return nil
		}
		files--
		return fmt.Errorf("the spool is full with %d bytes in %s", f.bytes, amount.Of(files, "batch"))
	})
	return out
}

// restore puts evicted batches back into the index. The caller holds f.mu.
func (f *Folder) restore(batches []evicted) {
	for _, e := range batches {
		delete(f.pending, e.file.name)
		f.insert(e.file)
		f.bytes += e.file.size
	}
	if f.lock == nil { // the folder was lost meanwhile
		for _, e := range batches {
			f.removed += int64(e.file.points)
			e.file.gone = true
			f.forget(e.file)
		}
	}
}

// discard removes the files of evicted batches, and reports them as one drop. A batch whose
// file cannot be removed is restored: it would be sent after a restart, and so it is not
// counted as dropped.
func (f *Folder) discard(batches []evicted) {
	if len(batches) == 0 {
		return
	}
	if err := f.enter(); err != nil {
		f.mu.Lock()
		f.restore(batches)
		f.mu.Unlock()
		return
	}
	defer f.exit()
	drops := make([]Drop, 0, len(batches))
	var left []evicted
	for _, e := range batches {
		drop := Drop{Points: e.file.points, AtLimit: true, Err: e.reason}
		if err := f.disk.Remove(f.path(e.file.name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			left = append(left, e)
			drop = Drop{AtLimit: true, Err: errors.Join(e.reason, err)}
		}
		drops = append(drops, drop)
	}
	f.mu.Lock()
	for _, e := range batches {
		delete(f.pending, e.file.name)
	}
	f.restore(left)
	f.mu.Unlock()
	f.report(drops)
}

// report reports drops with a common cause as one.
func (f *Folder) report(drops []Drop) {
	if len(drops) == 0 {
		return
	}
	all := drops[0]
	for _, d := range drops[1:] {
		all.Points += d.Points
	}
	if n := len(drops) - 1; n > 0 {
		all.Err = fmt.Errorf("%w (the first of %d batches)", all.Err, n+1)
	}
	f.dropped(all)
}
