// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package runtimemetrics

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// rusageSource reads getrusage(2) for this process. peakUnit is the unit of
// ru_maxrss in bytes, which depends on the system.
func rusageSource(peakUnit int64) source {
	read := func(s *snapshot) error {
		var usage unix.Rusage
		if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
			return os.NewSyscallError("getrusage", err)
		}
		s.setFloat(cpuUser, seconds(usage.Utime))
		s.setFloat(cpuSystem, seconds(usage.Stime))
		s.setInt(peakMemory, count(usage.Maxrss)*peakUnit)
		s.setInt(integralSharedText, count(usage.Ixrss))
		s.setInt(integralData, count(usage.Idrss))
		s.setInt(integralStack, count(usage.Isrss))
		s.setInt(minorFaults, count(usage.Minflt))
		s.setInt(majorFaults, count(usage.Majflt))
		s.setInt(swaps, count(usage.Nswap))
		s.setInt(blocksIn, count(usage.Inblock))
		s.setInt(blocksOut, count(usage.Oublock))
		s.setInt(messagesSent, count(usage.Msgsnd))
		s.setInt(messagesReceived, count(usage.Msgrcv))
		s.setInt(signals, count(usage.Nsignals))
		s.setInt(voluntarySwitches, count(usage.Nvcsw))
		s.setInt(involuntarySwitches, count(usage.Nivcsw))
		return nil
	}
	return source{name: "resource usage", read: read}
}

func seconds(t unix.Timeval) float64 {
	return time.Duration(t.Nano()).Seconds()
}

// count converts a counter. 32-bit kernels keep it in a signed long, which turns
// negative at 2^31; count returns the unsigned number.
func count[T int32 | int64](n T) int64 {
	if n < 0 {
		return int64(uint32(n))
	}
	return int64(n)
}
