// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import "time"

// Expire makes a file older than the limit by d.
func (f *Folder) Expire(file *File, d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	file.born = time.Now().Add(-f.limits.Age - d)
}
