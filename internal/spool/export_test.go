// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import "time"

// Expire sets the age of a file to the limit plus d.
func (f *Folder) Expire(file *File, d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	file.born = time.Now().Add(-f.limits.Age - d)
}
