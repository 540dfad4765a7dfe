// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the generated sections of the package comment")

const (
	instrumentsHeading = "// # Instruments\n"
	pythonHeading      = "// # What apptuit-py reported\n"
	packageClause      = "package runtimemetrics\n"
)

func TestPackageComment_MatchesTables(t *testing.T) {
	const file = "doc.go"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	comment, _, found := strings.Cut(string(text), instrumentsHeading)
	if !found {
		t.Fatalf("%s has no heading %q", file, instrumentsHeading)
	}
	want := comment + instrumentsHeading + commented(instrumentsSection()) + "//\n" +
		pythonHeading + commented(pythonSection()) + packageClause
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(string(text), "\n")); diff != "" {
		t.Errorf("%s differs from the tables; go test -run TestPackageComment -update writes it (-want +got):\n%s", file, diff)
	}
}

// commented turns each line into a line of a comment.
func commented(section string) string {
	var b strings.Builder
	for line := range strings.Lines("\n" + section) {
		switch {
		case line == "\n":
			b.WriteString("//\n")
		case strings.HasPrefix(line, "\t"):
			b.WriteString("//" + line)
		default:
			b.WriteString("// " + line)
		}
	}
	return b.String()
}

// instrumentsSection returns the section that lists each row of the table.
func instrumentsSection() string {
	var b strings.Builder
	b.WriteString(`Process metrics. Names, units and kinds follow OpenTelemetry's semantic
conventions. A metric without a list of platforms is reported on Linux, macOS, the
BSDs and Windows.

`)
	all := table()
	own := func(row instrument) bool { return strings.HasPrefix(row.name, "process.rusage.") }
	write := func(g group, accept func(instrument) bool) {
		for _, row := range all {
			if row.group == g && accept(row) {
				b.WriteString(entry(row))
			}
		}
	}
	conventional := func(row instrument) bool { return !own(row) }
	write(process, conventional)
	b.WriteString(`
On Linux, process.disk.io equals read_bytes and write_bytes of /proc/self/io, from
which the kernel derives ru_inblock and ru_oublock. 32-bit kernels wrap these
at 2^32, which is 2 TiB. process.memory.virtual is the size of the address space on
Linux and macOS, and the committed private memory on Windows. The uptime does not
count the time during which the system is suspended. There is no
process.network.io, because /proc/self/net/dev counts for all processes of a
network namespace. On Windows there is no process.thread.count, because only a list
of all threads of the system contains it. On iOS, memory and threads are not
reported.

Process metrics that apptuit-py reported and that the conventions do not name. Linux
keeps some of these at zero. On Linux, exec does not reset the peak of memory: if a
larger process starts the program, the peak is at least that of the larger process.

`)
	write(process, own)
	b.WriteString(`
Metrics of the Go runtime, on all platforms, from runtime/metrics.

`)
	write(goRuntime, conventional)
	b.WriteString(`
Metrics of the Go runtime that go.opentelemetry.io/contrib/instrumentation/runtime
reports, under its own scope. Start and Unregister apply to them as well. The
environment variable OTEL_GO_X_DEPRECATED_RUNTIME_METRICS of contrib has its usual
effect.

`)
	write(contrib, conventional)
	b.WriteString(`
Metrics of the Go runtime that [NewProducer] and [NewCompleteProducer] report, and
Start does not.

`)
	write(producer, conventional)
	return b.String()
}

// entry returns the lines that describe a row.
func entry(row instrument) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\t%-36s %s, %s", row.name, row.kind, row.unit)
	if row.group == process && row.platforms != onUnix|onWindows {
		fmt.Fprintf(&b, "; %s", row.platforms)
	}
	if row.condition != "" {
		fmt.Fprintf(&b, "; %s", row.condition)
	}
	b.WriteString("\n")
	if row.group != contrib && row.group != producer && !strings.HasPrefix(row.name, "process.") || strings.Contains(row.name, ".rusage.") {
		fmt.Fprintf(&b, "\t    %s\n", row.description)
	}
	for _, p := range row.points {
		label := ""
		if p.attr.Valid() {
			label = fmt.Sprintf("%s=%s", p.attr.Key, p.attr.Value.AsString())
		}
		switch {
		case label == "":
			fmt.Fprintf(&b, "\t    %s\n", p.source)
		case p.source == "":
			fmt.Fprintf(&b, "\t    %s\n", label)
		default:
			fmt.Fprintf(&b, "\t    %s: %s\n", label, p.source)
		}
	}
	return b.String()
}

func (on platforms) String() string {
	var names []string
	for _, p := range []struct {
		platform platforms
		name     string
	}{{onLinux, "Linux"}, {onDarwin, "macOS"}, {onBSD, "BSD"}, {onWindows, "Windows"}} {
		if on&p.platform != 0 {
			names = append(names, p.name)
		}
	}
	return strings.Join(names, ", ")
}

// python maps a metric of apptuit-py to ours.
type python struct {
	name, kind string
	ours, attr string
	because    string // a note, or the reason why there is no counterpart
}

// pythonMetrics lists the metrics that the reporter of apptuit-py 2.4.2 sends with
// collect_process_metrics. kind is the value of its tag type.
func pythonMetrics() []python {
	return []python{
		{"python_cpu_time_used_seconds", "user", "process.cpu.time", "user", ""},
		{"python_cpu_time_used_seconds", "system", "process.cpu.time", "system", ""},
		{"python_memory_usage_bytes", "main", "process.rusage.memory.peak", "", "process.memory.usage is the memory in use now"},
		{"python_memory_usage_bytes", "shared", "process.rusage.memory.integral", "shared_text", ""},
		{"python_memory_usage_bytes", "unshared", "process.rusage.memory.integral", "unshared_data", ""},
		{"python_memory_usage_bytes", "unshared_stack_size", "process.rusage.memory.integral", "unshared_stack", ""},
		{"python_page_faults", "major", "process.paging.faults", "minor", "apptuit-py has ru_minflt here"},
		{"python_page_faults", "minor", "process.paging.faults", "major", "apptuit-py has ru_majflt here"},
		{"python_process_swaps", "", "process.rusage.swaps", "", ""},
		{"python_block_operations", "input", "process.rusage.block.operations", "read", ""},
		{"python_block_operations", "output", "process.rusage.block.operations", "write", ""},
		{"python_ipc_messages", "sent", "process.rusage.messages", "sent", ""},
		{"python_ipc_messages", "received", "process.rusage.messages", "received", ""},
		{"python_system_signals", "", "process.rusage.signals", "", ""},
		{"python_context_switches", "voluntary", "process.context_switches", "voluntary", ""},
		{"python_context_switches", "involuntary", "process.context_switches", "involuntary", ""},
		{"python_thread", "alive", "process.thread.count", "", "counts all threads; go.goroutine.count counts goroutines"},
		{"python_thread", "demon", "", "", "a Go program ends with main, whatever its threads and goroutines do"},
		{"python_thread", "dummy", "", "", "threads that Python did not start have no counterpart"},
		{"python_gc_collection", "collection_0, 1, 2", "", "", "Go's GC has no generations; it counts go.memory.gc.cycles"},
		{"python_gc_threshold", "threshold_0, 1, 2", "", "", "Go's GC has no generations; go.config.gogc and go.memory.gc.goal are its parameters"},
	}
}

func pythonSection() string {
	var b strings.Builder
	b.WriteString(`The metrics that ApptuitReporter of apptuit-py 2.4.2 sends with
collect_process_metrics, and their counterparts here. In apptuit-py, counters end in
_count and gauges in _value, and the type is a tag. [WithWorkerID] adds its tag
worker_id.

`)
	last := ""
	for _, m := range pythonMetrics() {
		switch {
		case m.kind == "":
			fmt.Fprintf(&b, "\t%-24s ", m.name)
		case m.name != last:
			fmt.Fprintf(&b, "\t%s\n", m.name)
			fallthrough
		default:
			fmt.Fprintf(&b, "\t    %-20s ", m.kind)
		}
		last = m.name
		if m.ours == "" {
			fmt.Fprintf(&b, "none, because %s\n", m.because)
			continue
		}
		b.WriteString(strings.TrimSpace(m.ours + " " + m.attr))
		if m.because != "" {
			fmt.Fprintf(&b, " (%s)", m.because)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestPythonMetrics_HaveCounterpartsOrReasons(t *testing.T) {
	series := make(map[string][]string)
	for _, row := range table() {
		series[row.name] = nil
		for _, p := range row.points {
			series[row.name] = append(series[row.name], p.attr.Value.AsString())
		}
	}
	for _, m := range pythonMetrics() {
		if m.ours == "" {
			if m.because == "" {
				t.Errorf("%s %s: none, and no reason", m.name, m.kind)
			}
			continue
		}
		if !slices.Contains(series[m.ours], m.attr) {
			t.Errorf("%s %s: there is no %s %s", m.name, m.kind, m.ours, m.attr)
		}
	}
}
