// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// clockTick is the unit of times in /proc/PID/stat. USER_HZ is 100 on every
// architecture that Go supports.
const clockTick = time.Second / 100

var errOutOfRange = errors.New("a number is out of range")

// age returns the age of the process. The kernel tells its start time in ticks since
// boot.
func (d *procDir) age() (age time.Duration, err error) {
	err = d.parse("stat", func() error {
		stat, err := d.proc.Stat()
		if err != nil {
			return err
		}
		if stat.Starttime > math.MaxInt64/uint64(clockTick) {
			return errOutOfRange
		}
		var now unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
			return os.NewSyscallError("clock_gettime", err)
		}
		// The start time is rounded, so that a process that has just started seems to start in the future.
		age = max(0, time.Duration(now.Nano())-time.Duration(stat.Starttime)*clockTick)
		return nil
	})
	return age, err
}

// readMemory reads statm, whose unit is a page.
func (d *procDir) readMemory(s *snapshot) error {
	return d.parse("statm", func() error {
		statm, err := d.proc.Statm()
		if err != nil {
			return err
		}
		page := int64(os.Getpagesize())
		if most := uint64(math.MaxInt64 / page); statm.Resident > most || statm.Size > most {
			return errOutOfRange
		}
		s.setInt(residentMemory, int64(statm.Resident)*page)
		s.setInt(virtualMemory, int64(statm.Size)*page)
		return nil
	})
}

// parse calls read, and adds the name of the file to its error. It recovers from a
// panic, because procfs does not check that a file has all its fields.
func (d *procDir) parse(file string, read func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("malformed: %v", p)
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", d.path(file), err)
		}
	}()
	return read()
}

// readThreads counts the entries of task. In the kernel's /proc, stat(2) tells the
// number: a folder has two links, and one more for each folder in it.
func (d *procDir) readThreads(s *snapshot) error {
	if d.kernel {
		var stat unix.Stat_t
		if err := unix.Stat(d.task, &stat); err != nil {
			return &os.PathError{Op: "stat", Path: d.task, Err: err}
		}
		if stat.Nlink > 2 {
			s.setInt(threads, int64(stat.Nlink)-2)
			return nil
		}
	}
	all, err := d.fs.AllThreads(d.proc.PID)
	if err != nil {
		return err
	}
	s.setInt(threads, int64(len(all)))
	return nil
}

// readFileDescriptors counts the entries of fd. Since Linux 6.2, stat(2) returns their
// number as the size of the folder. procfs does the same with more allocations; it
// lists the entries on older kernels.
func (d *procDir) readFileDescriptors(s *snapshot) error {
	if d.kernel {
		var stat unix.Stat_t
		if err := unix.Stat(d.fd, &stat); err != nil {
			return &os.PathError{Op: "stat", Path: d.fd, Err: err}
		}
		if stat.Size > 0 {
			s.setInt(fileDescriptors, stat.Size)
			return nil
		}
	}
	n, err := d.proc.FileDescriptorsLen()
	if err != nil {
		return err
	}
	s.setInt(fileDescriptors, int64(n))
	return nil
}
