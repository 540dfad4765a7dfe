// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build darwin && !ios

package runtimemetrics

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

// procPIDTaskInfo is PROC_PIDTASKINFO of <sys/proc_info.h>: proc_pidinfo fills a proc_taskinfo.
const procPIDTaskInfo = 4

// Packages syscall and golang.org/x/sys/unix call libSystem in the same way, with and without cgo: the linker binds proc_pidinfo, the
// trampoline in taskinfo_darwin.s jumps to it, and syscall.syscall6 calls the trampoline. A raw system call would depend on numbers that
// Apple may change.

//go:cgo_import_dynamic libc_proc_pidinfo proc_pidinfo "/usr/lib/libSystem.B.dylib"

//go:linkname syscall6 syscall.syscall6
func syscall6(fn, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2 uintptr, err syscall.Errno)

// procPIDInfoTrampoline is the address of the trampoline. It is in read-only memory.
var procPIDInfoTrampoline uintptr //nolint:gochecknoglobals // Defined by the assembly, and constant.

// taskSources returns the source of memory and threads. It reuses one struct on the heap, which does not move during the call.
func taskSources() []source {
	pid, info := os.Getpid(), new(procTaskInfo)
	read := func(s *snapshot) error {
		size := unsafe.Sizeof(*info)
		n, _, errno := syscall6(procPIDInfoTrampoline, uintptr(pid), procPIDTaskInfo, 0, uintptr(unsafe.Pointer(info)), size, 0)
		if errno != 0 {
			return os.NewSyscallError("proc_pidinfo", errno)
		}
		if int32(n) != int32(size) { // 0 is an error, too.
			return fmt.Errorf("proc_pidinfo wrote %d bytes, want %d", int32(n), size)
		}
		s.setInt(residentMemory, clamp(info.residentSize))
		s.setInt(virtualMemory, clamp(info.virtualSize))
		s.setInt(threads, int64(info.threads))
		return nil
	}
	return []source{{name: "memory and threads", read: read}}
}
