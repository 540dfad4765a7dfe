// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

func processSources(root string) []source {
	kernel32 := windows.NewLazySystemDLL("kernel32.dll")
	return []source{
		{name: "CPU time", read: readTimes},
		memorySource(kernel32.NewProc("K32GetProcessMemoryInfo")),
		handleSource(kernel32.NewProc("GetProcessHandleCount")),
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

// memorySource reads the working set, and the private bytes: the memory that the system has committed to this process alone.
func memorySource(getProcessMemoryInfo *windows.LazyProc) source {
	read := func(s *snapshot) error {
		if err := getProcessMemoryInfo.Find(); err != nil { // Call would panic.
			return err
		}
		counters := processMemoryCounters{size: uint32(unsafe.Sizeof(processMemoryCounters{}))}
		ok, _, err := getProcessMemoryInfo.Call(uintptr(windows.CurrentProcess()), uintptr(unsafe.Pointer(&counters)), uintptr(counters.size))
		if ok == 0 {
			return os.NewSyscallError(getProcessMemoryInfo.Name, err)
		}
		s.setInt(residentMemory, clamp(uint64(counters.workingSetSize)))
		s.setInt(virtualMemory, clamp(uint64(counters.privateUsage)))
		return nil
	}
	return source{name: "memory", read: read}
}

func handleSource(getProcessHandleCount *windows.LazyProc) source {
	read := func(s *snapshot) error {
		if err := getProcessHandleCount.Find(); err != nil { // Call would panic.
			return err
		}
		var count uint32
		ok, _, err := getProcessHandleCount.Call(uintptr(windows.CurrentProcess()), uintptr(unsafe.Pointer(&count)))
		if ok == 0 {
			return os.NewSyscallError(getProcessHandleCount.Name, err)
		}
		s.setInt(handles, int64(count))
		return nil
	}
	return source{name: "the number of handles", read: read}
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

// seconds converts a duration in units of 100 ns.
func seconds(t windows.Filetime) float64 {
	units := uint64(t.HighDateTime)<<32 | uint64(t.LowDateTime)
	return float64(units) / 1e7
}
