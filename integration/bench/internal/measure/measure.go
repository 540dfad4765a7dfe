// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package measure runs a benchmark in a process of its own, and asks the kernel
// for the CPU time and the memory of a process.
package measure

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/prometheus/procfs"
	"golang.org/x/perf/benchfmt"
)

// Run runs one benchmark of the calling test binary in a new process. The process
// gets the default garbage collector, and no variable that configures an exporter.
//
// name is the full name, for example "BenchmarkExport/data=sum/peer=apptuit-go".
// benchTime is the -benchtime flag of go test. Run returns the result and the line
// of output that it was read from.
func Run(ctx context.Context, name, benchTime string) (*benchfmt.Result, string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(name), "/", "$/^") + "$"
	command := exec.CommandContext(ctx, self, "-test.run=^$", "-test.bench="+pattern, "-test.benchtime="+benchTime)
	command.Env = []string{"HOME=" + os.Getenv("HOME"), "PATH=" + os.Getenv("PATH")}
	output, err := command.CombinedOutput()
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w\n%s", name, err, output)
	}
	results := benchfmt.NewReader(bytes.NewReader(output), "")
	for results.Scan() {
		if r, ok := results.Result().(*benchfmt.Result); ok {
			_, number := r.Pos()
			return r.Clone(), strings.Split(string(output), "\n")[number-1], nil
		}
	}
	return nil, "", fmt.Errorf("%s: the output has no result\n%s", name, output)
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
