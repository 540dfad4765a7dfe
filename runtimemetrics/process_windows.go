// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"os"
	"time"

	"golang.org/x/sys/windows"
)

func processSources(root string) []source {
	return []source{
		{name: "CPU time is", read: readTimes},
		uptimeSource(processAge(root)),
	}
}

func readTimes(s *snapshot) error {
	times, err := processTimes()
	if err != nil {
		return err
	}
	s.setFloat(cpuUser, seconds(times.user))
	s.setFloat(cpuSystem, seconds(times.kernel))
	return nil
}

func processAge(string) (time.Duration, error) {
	times, err := processTimes()
	if err != nil {
		return 0, err
	}
	return time.Since(time.Unix(0, times.created.Nanoseconds())), nil
}

type timesOfProcess struct{ created, exited, kernel, user windows.Filetime }

func processTimes() (times timesOfProcess, err error) {
	err = windows.GetProcessTimes(windows.CurrentProcess(), &times.created, &times.exited, &times.kernel, &times.user)
	return times, os.NewSyscallError("GetProcessTimes", err)
}

// seconds converts a duration, which a Filetime holds in units of 100 ns.
func seconds(t windows.Filetime) float64 {
	units := uint64(t.HighDateTime)<<32 | uint64(t.LowDateTime)
	return float64(units) / 1e7
}
