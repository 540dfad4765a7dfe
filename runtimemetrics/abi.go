// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

// The structs that Windows and macOS fill. They are in a file for all platforms so that a test checks their layout on each of them.

// processMemoryCounters is PROCESS_MEMORY_COUNTERS_EX of psapi.h.
type processMemoryCounters struct {
	size           uint32 // of this struct, set by the caller
	pageFaultCount uint32
	_              uintptr // PeakWorkingSetSize
	workingSetSize uintptr
	_              uintptr // QuotaPeakPagedPoolUsage
	_              uintptr // QuotaPagedPoolUsage
	_              uintptr // QuotaPeakNonPagedPoolUsage
	_              uintptr // QuotaNonPagedPoolUsage
	_              uintptr // PagefileUsage
	_              uintptr // PeakPagefileUsage
	privateUsage   uintptr
}

// procTaskInfo is struct proc_taskinfo of XNU's bsd/sys/proc_info.h.
type procTaskInfo struct {
	virtualSize  uint64 // in bytes, as is residentSize
	residentSize uint64
	_            uint64 // pti_total_user
	_            uint64 // pti_total_system
	_            uint64 // pti_threads_user
	_            uint64 // pti_threads_system
	policy       int32
	_            int32 // pti_faults
	_            int32 // pti_pageins
	_            int32 // pti_cow_faults
	_            int32 // pti_messages_sent
	_            int32 // pti_messages_received
	_            int32 // pti_syscalls_mach
	_            int32 // pti_syscalls_unix
	_            int32 // pti_csw
	threads      int32
	_            int32 // pti_numrunning
	_            int32 // pti_priority
}
