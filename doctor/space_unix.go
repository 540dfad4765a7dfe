// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin || freebsd

package doctor

import "golang.org/x/sys/unix"

// freeSpace returns how many bytes this user may still write to a folder.
func freeSpace(dir string) (bytes uint64, known bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return product(s.Bavail, s.Bsize), true
}

// product multiplies the fields of unix.Statfs_t, whose types differ between systems.
func product[A, B ~int32 | ~int64 | ~uint32 | ~uint64](a A, b B) uint64 {
	return uint64(max(a, 0)) * uint64(b)
}
