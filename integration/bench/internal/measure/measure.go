// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

// Package measure runs a benchmark in a process of its own, and asks the kernel
// for the CPU time and the memory of a process.
package measure

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/perf/benchfmt"
)

// Run runs one benchmark of the calling test binary in a new process, and prints its
// output. The process gets the default garbage collector, and no variable that configures
// an exporter.
//
// name is the full name, for example "BenchmarkExport/data=sum/peer=apptuit-go".
// benchTime is the -benchtime flag of go test.
func Run(tb testing.TB, name, benchTime string) *benchfmt.Result {
	self, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(name), "/", "$/^") + "$"
	command := exec.CommandContext(tb.Context(), self, "-test.run=^$", "-test.bench="+pattern, "-test.benchtime="+benchTime)
	command.Env = []string{"HOME=" + os.Getenv("HOME"), "PATH=" + os.Getenv("PATH")}
	output, err := command.CombinedOutput()
	fmt.Printf("%s", output)
	if err != nil {
		tb.Fatalf("%s: %v", name, err)
	}
	for results := benchfmt.NewReader(bytes.NewReader(output), name); results.Scan(); {
		if r, ok := results.Result().(*benchfmt.Result); ok {
			return r.Clone()
		}
	}
	tb.Fatalf("%s: the output has no result", name)
	return nil
}

// CPU returns the CPU time that this process has used so far, on all cores.
func CPU() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// ResetPeakMemory returns unused memory to the kernel and sets the peak to the
// memory that is resident now. It needs Linux's /proc.
func ResetPeakMemory() error {
	runtime.GC() // a sync.Pool is empty after two collections
	debug.FreeOSMemory()
	return os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // proc(5)
}

// Memory returns the resident memory of this process and its peak, in bytes.
func Memory() (resident, peak uint64, err error) {
	self, err := procfs.Self()
	if err != nil {
		return 0, 0, err
	}
	status, err := self.NewStatus()
	if err == nil && status.VmHWM == 0 {
		err = errors.New("the kernel does not report the peak of memory")
	}
	return status.VmRSS, status.VmHWM, err
}
