// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"fmt"
	"strings"
	"time"
)

// The names in a folder. All other files are foreign: they are left alone.
const (
	batchSuffix     = ".batch"
	temporarySuffix = ".tmp"
	lockName        = "lock"
	quarantineName  = "quarantine"
)

// batchName returns the name of a batch: its time in nanoseconds and a number, in
// hexadecimal, for example "17979cfe3d85cd15-0000002a.batch".
func batchName(at time.Time, sequence uint32) string {
	return fmt.Sprintf("%016x-%08x%s", uint64(at.UnixNano()), sequence, batchSuffix)
}

// isBatch reports whether a name has the form of batchName.
func isBatch(name string) bool {
	at, rest, _ := strings.Cut(name, "-")
	sequence, suffix, _ := strings.Cut(rest, ".")
	return suffix == batchSuffix[1:] && isHex(at, 16) && isHex(sequence, 8)
}

// isTemporary reports whether a name is the temporary name of a batch that is being written.
func isTemporary(name string) bool {
	batch, ok := strings.CutSuffix(name, temporarySuffix)
	return ok && isBatch(batch)
}

// isHex reports whether a text consists of n hexadecimal digits, as fmt prints them.
func isHex(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789abcdef") == ""
}
