// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// expire takes what is too old out of the folder. The caller has the lock and
// reports the losses without it.
func (f *Folder) expire() []Loss {
	var losses []Loss
	for i := 0; i < len(f.files); {
		file := f.files[i]
		if file.taken || time.Since(file.born) <= f.limits.Age {
			i++ // and further: after a jump of the clock the names are not in the order of age
			continue
		}
		losses = append(losses, f.drop(file, fmt.Errorf("older than %v", f.limits.Age)))
	}
	return losses
}

// makeRoom takes the oldest out of the folder until there is room for more.
func (f *Folder) makeRoom(size int64) []Loss {
	var losses []Loss
	for i := 0; i < len(f.files) && (f.bytes+size > f.limits.Bytes || len(f.files) >= maxFiles); {
		file := f.files[i]
		if file.taken {
			i++
			continue
		}
		losses = append(losses, f.drop(file, fmt.Errorf("the spool is full with %d bytes in %d batches", f.bytes, len(f.files))))
	}
	return losses
}

func (f *Folder) drop(file *File, reason error) Loss {
	f.forget(file)
	if err := os.Remove(filepath.Join(f.dir, file.name)); err != nil {
		reason = errors.Join(reason, err)
	}
	return Loss{Points: file.points, Err: reason}
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
