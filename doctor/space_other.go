// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !(linux || darwin || freebsd)

package doctor

// freeSpace reports that the free space is not known.
func freeSpace(string) (bytes uint64, known bool) { return 0, false }
