// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

func processSources(root string) []source {
	sources := []source{rusageSource(1)}
	sources = append(sources, taskSources()...)
	return append(sources,
		source{name: "the number of file descriptors", read: readFileDescriptors},
		uptimeSource(processAge(root)),
	)
}

func processAge(string) (time.Duration, error) {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", os.Getpid())
	if err != nil {
		return 0, os.NewSyscallError("sysctl kern.proc.pid", err)
	}
	return time.Since(time.Unix(0, info.Proc.P_starttime.Nano())), nil
}

// readFileDescriptors counts the entries of /dev/fd, the descriptors of the process that reads it. It reads only names, because stat(2) fails
// for some descriptors, for example a kqueue.
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
	s.setInt(fileDescriptors, int64(len(names))-1) // dir itself is not counted.
	return nil
}
