// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix && !solaris && !aix

package spool

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lock takes the lock on a file, which ends with the file and the process. It
// does not wait.
func lock(f *os.File) (held bool, err error) {
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}
