// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// measured is a child process that the test measures from outside.
type measured struct {
	t       *testing.T
	pid     int
	command func(line string, answer any)
}

func startChild(t *testing.T) *measured {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // Longer than the test, which ends the child by closing stdin.
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+t.TempDir(), "GOMAXPROCS=2")
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		defer cancel()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the child: %v", err)
		}
	})
	answers := bufio.NewReader(stdout)
	command := func(line string, answer any) {
		t.Helper()
		if _, err := fmt.Fprintln(stdin, line); err != nil {
			t.Fatalf("telling the child to %s: %v", line, err)
		}
		text, err := answers.ReadBytes('\n')
		if err != nil {
			t.Fatalf("the child's answer to %s: %v", line, err)
		}
		if err := json.Unmarshal(text, answer); err != nil {
			t.Fatalf("the child's answer to %s is %q: %v", line, text, err)
		}
	}
	return &measured{t: t, pid: cmd.Process.Pid, command: command}
}

func (m *measured) collect() map[string]float64 {
	m.t.Helper()
	var exported map[string]float64
	m.command("collect", &exported)
	return exported
}

func (m *measured) file(name string) string {
	m.t.Helper()
	data, err := os.ReadFile(m.path(name))
	if err != nil {
		m.t.Fatal(err)
	}
	return string(data)
}

func (m *measured) path(name string) string {
	return filepath.Join("/proc", strconv.Itoa(m.pid), name)
}

func (m *measured) entries(name string) []string {
	m.t.Helper()
	entries, err := os.ReadDir(m.path(name))
	if err != nil {
		m.t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// fromStat returns a field of /proc/PID/stat by its number in proc(5).
func (m *measured) fromStat(number int) float64 {
	m.t.Helper()
	text := m.file("stat")
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:]) // The fields from the third on.
	return m.number(fields[number-3])
}

// labelled returns the number after "label:" in a file of /proc/PID.
func (m *measured) labelled(file, label string) float64 {
	m.t.Helper()
	for line := range strings.Lines(m.file(file)) {
		if rest, ok := strings.CutPrefix(line, label+":"); ok {
			return m.number(strings.Fields(rest)[0])
		}
	}
	m.t.Fatalf("%s has no %s", file, label)
	return 0
}

func (m *measured) number(text string) float64 {
	m.t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		m.t.Fatal(err)
	}
	return v
}

// ofThreads returns the sum over the threads. It is right as long as no thread has ended.
func (m *measured) ofThreads(label string) (sum float64) {
	m.t.Helper()
	for _, thread := range m.entries("task") {
		sum += m.labelled("task/"+thread+"/status", label)
	}
	return sum
}

// uptime returns the age of the process by the kernel's clock since boot, the clock of starttime.
func (m *measured) uptime() float64 {
	m.t.Helper()
	data, err := os.ReadFile("/proc/uptime")
	if err != nil {
		m.t.Fatal(err)
	}
	return m.number(strings.Fields(string(data))[0]) - m.fromStat(22)/100
}

const mebibyte = 1 << 20

// Each exported value lies between the kernel's values for the child just before and
// just after the export, within the tolerance.
func TestStart_ValuesEqualTheKernels(t *testing.T) {
	m := startChild(t)
	idle := m.collect()
	var used int
	m.command("work", &used)

	const tick = 0.01 // The kernel's unit of CPU time and start time, in seconds.
	checks := []struct {
		series    string
		outside   func() float64
		tolerance float64
	}{
		{"process.cpu.time{cpu.mode=user}", func() float64 { return m.fromStat(14) * tick }, tick},
		{"process.cpu.time{cpu.mode=system}", func() float64 { return m.fromStat(15) * tick }, tick},
		// The kernel counts per CPU, and its sum for statm is less exact than its sum for status.
		{"process.memory.usage", func() float64 { return m.labelled("status", "VmRSS") * 1024 }, 2 * mebibyte},
		{"process.memory.virtual", func() float64 { return m.labelled("status", "VmSize") * 1024 }, 0},
		{"process.rusage.memory.peak", func() float64 { return m.labelled("status", "VmHWM") * 1024 }, 2 * mebibyte},
		{"process.paging.faults{system.paging.fault.type=minor}", func() float64 { return m.fromStat(10) }, 0},
		{"process.paging.faults{system.paging.fault.type=major}", func() float64 { return m.fromStat(12) }, 0},
		{"process.context_switches{process.context_switch.type=voluntary}", func() float64 { return m.ofThreads("voluntary_ctxt_switches") }, 0},
		{"process.context_switches{process.context_switch.type=involuntary}", func() float64 { return m.ofThreads("nonvoluntary_ctxt_switches") }, 0},
		{"process.disk.io{disk.io.direction=read}", func() float64 { return m.labelled("io", "read_bytes") }, 0},
		{"process.disk.io{disk.io.direction=write}", func() float64 { return m.labelled("io", "write_bytes") }, 0},
		{"process.rusage.block.operations{disk.io.direction=write}", func() float64 { return m.labelled("io", "write_bytes") / 512 }, 0},
		{"process.thread.count", func() float64 { return m.fromStat(20) }, 0},
		{"process.unix.file_descriptor.count", func() float64 { return float64(len(m.entries("fd"))) }, 0},
		{"process.uptime", m.uptime, 2 * tick},
	}

	before := make([]float64, len(checks))
	for i, check := range checks {
		before[i] = check.outside()
	}
	exported := m.collect()
	for i, check := range checks {
		after := check.outside()
		value, ok := exported[check.series]
		if !ok {
			t.Errorf("%s is not exported: %v", check.series, sortedKeys(exported))
			continue
		}
		t.Logf("%s: %v, from outside %v to %v", check.series, value, before[i], after)
		if value < min(before[i], after)-check.tolerance || value > max(before[i], after)+check.tolerance {
			t.Errorf("%s is %v, from outside %v to %v, tolerance %v", check.series, value, before[i], after, check.tolerance)
		}
	}

	// The values have grown by the amounts that the child has used.
	sum := func(values map[string]float64, name string) (sum float64) {
		for series, value := range values {
			if series == name || strings.HasPrefix(series, name+"{") {
				sum += value
			}
		}
		return sum
	}
	for _, check := range []struct {
		name         string
		more, excess float64
	}{
		{"process.cpu.time{cpu.mode=user}", childCPU.Seconds() * 0.95, 2}, // The kernel splits CPU time into user and system time separately for a process and a thread.
		{"process.memory.usage", childHeap, 128 * mebibyte},               // The race detector doubles it.
		{"go.memory.used", childHeap, 64 * mebibyte},
		{"go.memory.heap.live", childHeap, 8 * mebibyte},
		{"go.memory.allocated", childHeap, 64 * mebibyte},
		{"go.goroutine.count", childGoroutines, 3},
		{"go.memory.gc.cycles", 1, 20},
		{"process.unix.file_descriptor.count", childFiles, 2}, // The runtime opens an epoll descriptor as well.
		{"process.context_switches", childSleeps, 1e6},
		{"process.uptime", childCPU.Seconds(), 600},
	} {
		got := sum(exported, check.name) - sum(idle, check.name)
		if got < check.more || got > check.more+check.excess {
			t.Errorf("%s grew by %v, want %v to %v", check.name, got, check.more, check.more+check.excess)
		}
	}
	if got := exported["process.thread.count"]; got < childThreads+1 || got > childThreads+16 { // The runtime starts some threads of its own.
		t.Errorf("process.thread.count is %v, with %d threads locked", got, childThreads)
	}
	if got := sum(exported, "go.cpu.time"); got <= 0 {
		t.Errorf("go.cpu.time is %v", got)
	}
	if got := sum(exported, "process.uptime"); got < (childSleeps * time.Millisecond).Seconds() {
		t.Errorf("process.uptime is %v", got)
	}
}
