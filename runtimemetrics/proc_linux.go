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

// clockTick is the unit of times in /proc/PID/stat: USER_HZ is 100 on every
// architecture that Go runs on.
const clockTick = time.Second / 100

var errOutOfRange = errors.New("a number is out of range")

// age reads when the process started, in ticks since the system's boot.
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
		// A process of this very tick may seem to start after now.
		age = max(0, time.Duration(now.Nano())-time.Duration(stat.Starttime)*clockTick)
		return nil
	})
	return age, err
}

// readMemory reads statm, which is in pages.
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

// parse names the file in errors, and makes one of a panic: procfs takes for
// granted that a file has all its fields.
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

// readThreads counts the entries of task. The kernel does so itself for
// stat(2): a folder has two links, and one more for each folder in it.
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

// readFileDescriptors counts the entries of fd. Since Linux 6.2 stat(2) gives
// their number as the size of the folder; procfs would ask it too, with more
// allocations, and else lists them.
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
