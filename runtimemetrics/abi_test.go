// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"testing"
	"unsafe"
)

// The offsets are those of the C structs: DWORD and int32_t take 4 bytes, uint64_t 8, SIZE_T as many as a pointer.
func TestABI_StructsHaveTheLayoutOfTheSystem(t *testing.T) {
	const word = unsafe.Sizeof(uintptr(0))
	var windows processMemoryCounters
	var darwin procTaskInfo
	for _, check := range []struct {
		name      string
		got, want uintptr
	}{
		{"PROCESS_MEMORY_COUNTERS_EX.cb", unsafe.Offsetof(windows.size), 0},
		{"PROCESS_MEMORY_COUNTERS_EX.PageFaultCount", unsafe.Offsetof(windows.pageFaultCount), 4},
		{"PROCESS_MEMORY_COUNTERS_EX.WorkingSetSize", unsafe.Offsetof(windows.workingSetSize), 8 + word},
		{"PROCESS_MEMORY_COUNTERS_EX.PrivateUsage", unsafe.Offsetof(windows.privateUsage), 8 + 8*word},
		{"the size of PROCESS_MEMORY_COUNTERS_EX", unsafe.Sizeof(windows), 8 + 9*word},
		{"proc_taskinfo.pti_virtual_size", unsafe.Offsetof(darwin.virtualSize), 0},
		{"proc_taskinfo.pti_resident_size", unsafe.Offsetof(darwin.residentSize), 8},
		{"proc_taskinfo.pti_policy", unsafe.Offsetof(darwin.policy), 48},
		{"proc_taskinfo.pti_threadnum", unsafe.Offsetof(darwin.threads), 84},
		{"the size of proc_taskinfo", unsafe.Sizeof(darwin), 96},
	} {
		if check.got != check.want {
			t.Errorf("%s is %d, want %d", check.name, check.got, check.want)
		}
	}
}
