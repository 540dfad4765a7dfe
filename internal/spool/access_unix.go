// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package spool

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// openFlags are the flags for opening an existing file: a FIFO must not block, and a
// symbolic link must not be followed.
const openFlags = syscall.O_NONBLOCK | syscall.O_NOFOLLOW

// checkAccess returns an error if users other than the user of the process and root can change a
// folder. They could read batches, add batches, or replace files by links. The sticky bit does
// not help, because it lets other users add files.
func checkAccess(dir string, info fs.FileInfo) error {
	const remedy = "or use a subfolder of it, which is created for this user alone, or allow the folder as it is (" + allowances + ")"
	stat, ok := info.Sys().(*syscall.Stat_t)
	if uid := os.Geteuid(); ok && int(stat.Uid) != uid {
		return fmt.Errorf("%w: %s belongs to user %d and the program runs as user %d: change the owner (chown %d %s), %s",
			ErrInsecure, dir, stat.Uid, uid, uid, dir, remedy)
	}
	if mode := info.Mode(); mode.Perm()&0o022 != 0 {
		return fmt.Errorf("%w: other users can write to %s (%v): remove that permission (chmod go-w %s), %s", ErrInsecure, dir, mode, dir, remedy)
	}
	return nil
}
