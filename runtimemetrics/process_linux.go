// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"fmt"
	"os"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// ioUnit is the unit of ru_inblock and ru_oublock in bytes. The kernel derives both
// from read_bytes and write_bytes of /proc/PID/io, so that file is not read.
const ioUnit = 512

func processSources(root string) []source {
	sources := []source{rusageSource(1024)}
	dir, err := openProc(root)
	if err != nil {
		// One error for all values from /proc.
		return append(sources, source{name: "values from " + root, read: func(*snapshot) error { return err }})
	}
	age, err := dir.age()
	return append(sources,
		diskSource(dir.path("io")),
		source{name: "memory", read: dir.readMemory},
		source{name: "the number of threads", read: dir.readThreads},
		source{name: "the number of file descriptors", read: dir.readFileDescriptors},
		uptimeSource(age, err),
	)
}

// diskSource computes bytes from the blocks that rusageSource has read before. A
// kernel without CONFIG_TASK_IO_ACCOUNTING counts no blocks. It does not have file,
// /proc/PID/io.
func diskSource(file string) source {
	_, err := os.Stat(file)
	read := func(s *snapshot) error {
		if err == nil && s.known[blocksIn] && s.known[blocksOut] {
			s.setInt(diskRead, s.int(blocksIn)*ioUnit)
			s.setInt(diskWritten, s.int(blocksOut)*ioUnit)
		}
		return err
	}
	return source{name: "disk I/O", read: read}
}

// processAge returns the age of this process.
func processAge(root string) (time.Duration, error) {
	dir, err := openProc(root)
	if err != nil {
		return 0, err
	}
	return dir.age()
}

// procDir is the folder of this process in /proc, or in a copy of /proc.
type procDir struct {
	fs     procfs.FS
	proc   procfs.Proc
	root   string
	task   string
	fd     string
	kernel bool // root is the kernel's /proc, not a copy
}

func openProc(root string) (*procDir, error) {
	fs, err := procfs.NewFS(root)
	if err != nil {
		return nil, err
	}
	// Not os.Getpid: /proc may belong to another PID namespace.
	proc, err := fs.Self()
	if err != nil {
		return nil, err
	}
	var stat unix.Statfs_t
	if err := unix.Statfs(root, &stat); err != nil {
		return nil, &os.PathError{Op: "statfs", Path: root, Err: err}
	}
	d := &procDir{fs: fs, proc: proc, root: root, kernel: stat.Type == unix.PROC_SUPER_MAGIC}
	d.task, d.fd = d.path("task"), d.path("fd")
	return d, nil
}

func (d *procDir) path(name string) string {
	return fmt.Sprintf("%s/%d/%s", d.root, d.proc.PID, name)
}
