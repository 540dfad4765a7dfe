// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"golang.org/x/sys/unix"
)

// childVariable, an environment variable, turns the test binary into a process that
// is measured. Its value is the folder for the files of the process.
const childVariable = "RUNTIMEMETRICS_TEST_CHILD"

// The child uses these amounts after the command "work".
const (
	childCPU        = 300 * time.Millisecond // in user mode
	childHeap       = 64 << 20
	childFiles      = 25
	childGoroutines = 50
	childThreads    = 6
	childDisk       = 4 << 20
	childSleeps     = 40
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		if err := child(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// child reads commands from stdin, one per line, and answers each with a line of JSON.
// "work" uses known amounts of CPU time, memory, files and threads; "collect" exports.
func child(dir string) error {
	reader := sdkmetric.NewManualReader(sdkmetric.WithProducer(NewProducer()))
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	if _, err := Start(WithMeterProvider(provider)); err != nil {
		return err
	}
	var used []any // Keeps memory and files in use.
	commands, answers := bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout)
	for commands.Scan() {
		var answer any
		switch commands.Text() {
		case "work":
			var err error
			if used, err = work(dir); err != nil {
				return err
			}
			answer = len(used)
		case "collect":
			var rm metricdata.ResourceMetrics
			if err := reader.Collect(context.Background(), &rm); err != nil {
				return err
			}
			answer = values(rm)
		}
		if err := answers.Encode(answer); err != nil {
			return err
		}
	}
	runtime.KeepAlive(used)
	return commands.Err()
}

func work(dir string) (used []any, err error) {
	heap := make([]byte, childHeap)
	for i := 0; i < len(heap); i += os.Getpagesize() {
		heap[i] = 1
	}
	used = append(used, heap)

	for i := range childFiles {
		file, err := os.Create(filepath.Join(dir, fmt.Sprint(i)))
		if err != nil {
			return nil, err
		}
		used = append(used, file)
		if i > 0 {
			continue
		}
		if _, err := file.Write(make([]byte, childDisk)); err != nil {
			return nil, err
		}
		if err := file.Sync(); err != nil {
			return nil, err
		}
	}

	started := make(chan struct{})
	for i := range childGoroutines {
		go func() {
			if i < childThreads {
				runtime.LockOSThread()
			}
			started <- struct{}{}
			select {}
		}()
	}
	for range childGoroutines {
		<-started
	}

	for range childSleeps {
		time.Sleep(time.Millisecond)
	}

	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	sum := uint32(1)
	for end := userTimeOfThread() + childCPU; userTimeOfThread() < end; {
		for range 100_000 {
			sum = sum*1664525 + 1013904223
		}
	}
	used = append(used, sum)
	runtime.GC()
	return used, nil
}

func userTimeOfThread() time.Duration {
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano())
}
