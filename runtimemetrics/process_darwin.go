// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

func processSources(root string) []source {
	return []source{
		rusageSource(1),
		{name: "the number of file descriptors is", read: readFileDescriptors},
		uptimeSource(processAge(root)),
	}
}

func processAge(string) (time.Duration, error) {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", os.Getpid())
	if err != nil {
		return 0, os.NewSyscallError("sysctl kern.proc.pid", err)
	}
	return time.Since(time.Unix(0, info.Proc.P_starttime.Nano())), nil
}

// readFileDescriptors counts the entries of /dev/fd, where each process sees its
// own. It reads names alone: some descriptors have no stat(2).
func readFileDescriptors(s *snapshot) error {
	dir, err := os.Open("/dev/fd")
	if err != nil {
		return err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}
	s.setInt(fileDescriptors, int64(len(names))-1) // Without the one that reads.
	return nil
}
