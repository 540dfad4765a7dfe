// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build (!unix && !windows) || solaris || aix

package spool

import (
	"errors"
	"os"
)

// lock fails: without a lock two processes would send each batch twice.
func lock(*os.File) (held bool, err error) { return false, errors.ErrUnsupported }
