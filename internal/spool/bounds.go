// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// evicted is a file that has gone out of the index, but not yet of the folder.
type evicted struct {
	file   *File
	reason error
}

// evict takes what is too old out of the index, and then the oldest until there
// is room for so many more files and bytes. The caller has the lock, and calls
// discard without it.
func (f *Folder) evict(files int, bytes int64) []evicted {
	var gone []evicted
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
			gone = append(gone, evicted{file, reason})
			return true
		})
	}
	remove(func(file *File) error { // all of them: after a jump of the clock they are not in the order of age
		if time.Since(file.born) <= f.limits.Age {
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
		return fmt.Errorf("the spool is full with %d bytes in %d batches", f.bytes, files)
	})
	return gone
}

// discard removes files and reports them as one loss.
func (f *Folder) discard(gone []evicted) {
	losses := make([]Loss, 0, len(gone))
	for _, g := range gone {
		if err := os.Remove(filepath.Join(f.dir, g.file.name)); err != nil {
			g.reason = errors.Join(g.reason, err)
		}
		losses = append(losses, Loss{Points: g.file.points, Bound: true, Err: g.reason})
	}
	f.report(losses)
}

// report reports losses that have come together as one.
func (f *Folder) report(losses []Loss) {
	if len(losses) == 0 {
		return
	}
	all := losses[0]
	for _, l := range losses[1:] {
		all.Points += l.Points
	}
	if n := len(losses) - 1; n > 0 {
		all.Err = fmt.Errorf("%w, and so are %d more batches", all.Err, n)
	}
	f.lost(all)
}
