// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

// The structs that Windows and macOS fill. They are in a file for all platforms so that a test checks their layout on each of them.

// processMemoryCounters is PROCESS_MEMORY_COUNTERS_EX of psapi.h.
type processMemoryCounters struct {
	size                       uint32 // of this struct, set by the caller
	pageFaultCount             uint32
	peakWorkingSetSize         uintptr
	workingSetSize             uintptr
	quotaPeakPagedPoolUsage    uintptr
	quotaPagedPoolUsage        uintptr
	quotaPeakNonPagedPoolUsage uintptr
	quotaNonPagedPoolUsage     uintptr
	pagefileUsage              uintptr
	peakPagefileUsage          uintptr
	privateUsage               uintptr
}

// procTaskInfo is struct proc_taskinfo of XNU's bsd/sys/proc_info.h.
type procTaskInfo struct {
	virtualSize      uint64 // in bytes, as is residentSize
	residentSize     uint64
	totalUser        uint64
	totalSystem      uint64
	threadsUser      uint64
	threadsSystem    uint64
	policy           int32
	faults           int32
	pageIns          int32
	copyOnWrites     int32
	messagesSent     int32
	messagesReceived int32
	machSyscalls     int32
	unixSyscalls     int32
	contextSwitches  int32
	threads          int32
	runningThreads   int32
	priority         int32
}
