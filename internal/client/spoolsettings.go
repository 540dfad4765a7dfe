// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// SpoolSettings configures a spool.
type SpoolSettings struct {
	Dir            string
	Bytes          Optional[int64]         // of all files
	Age            Optional[time.Duration] // of a batch
	ReplayInterval time.Duration           // between two requests with spooled batches
	Instances      bool                    // several clients may share the folder, see apptuitclient.WithSpoolInstances
	Insecure       bool                    // other users may change the folder, see apptuitclient.WithSpoolInsecureFolder

	openOnFirstSend bool // set by APPTUIT_SPOOL_DIR: a client that only reads must not occupy the folder
}

// NewSpoolSettings returns the default configuration of a spool in a folder.
func NewSpoolSettings(dir string) *SpoolSettings {
	return &SpoolSettings{
		Dir: dir, Bytes: Optional[int64]{Value: 512 << 20}, Age: Optional[time.Duration]{Value: 24 * time.Hour}, ReplayInterval: 100 * time.Millisecond,
	}
}

// parseSize parses a number of bytes, or of a binary unit: KiB, MiB or GiB, or K, M or G for
// the same. KB, MB and GB are refused: some programs read them as powers of 1,000.
func parseSize(s string) (int64, error) {
	digits := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
	n, err := strconv.ParseInt(digits, 10, 64)
	shift, known := sizeShift(strings.TrimSpace(s[len(digits):]))
	if err != nil || !known || n < 1 || n > math.MaxInt64>>shift {
		return 0, fmt.Errorf("%q must be a positive number of bytes, or of KiB, MiB or GiB (or K, M, G for the same), such as 512MiB", s)
	}
	return n << shift, nil
}

// sizeShift returns the binary logarithm of a unit of bytes, in any case.
func sizeShift(unit string) (shift int, known bool) {
	switch strings.ToLower(unit) {
	case "", "b":
		return 0, true
	case "k", "kib":
		return 10, true
	case "m", "mib":
		return 20, true
	case "g", "gib":
		return 30, true
	}
	return 0, false
}
