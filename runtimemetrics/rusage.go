// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package runtimemetrics

import (
	"time"

	"golang.org/x/sys/unix"
)

// rusageSource asks getrusage(2) of this process. The kernel's unit of ru_maxrss
// is peakUnit bytes.
func rusageSource(peakUnit int64) source {
	read := func(s *snapshot) error {
		var usage unix.Rusage
		if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
			return err
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
	return source{name: "what getrusage gives is", read: read}
}

func seconds(t unix.Timeval) float64 {
	return time.Duration(t.Nano()).Seconds()
}

// count undoes that 32-bit kernels count in a signed long.
func count[T int32 | int64](n T) int64 {
	if n < 0 {
		return int64(uint32(n))
	}
	return int64(n)
}
