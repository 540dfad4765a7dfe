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

func TestPackageComment(t *testing.T) {
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
		t.Errorf("%s is not what the tables say; go test -run TestPackageComment -update writes it (-want +got):\n%s", file, diff)
	}
}

// commented makes each line one of a comment.
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

// instrumentsSection has an entry for each row of the table.
func instrumentsSection() string {
	var b strings.Builder
	b.WriteString(`Of the process. Names, units and kinds are those of OpenTelemetry's semantic
conventions. Where no platform is named, it is reported on all of Linux, macOS,
the BSDs and Windows.

`)
	all := table()
	own := func(row instrument) bool { return strings.HasPrefix(row.name, "process.rusage.") }
	write := func(p part, accept func(instrument) bool) {
		for _, row := range all {
			if row.part == p && accept(row) {
				b.WriteString(entry(row))
			}
		}
	}
	conventional := func(row instrument) bool { return !own(row) }
	write(process, conventional)
	b.WriteString(`
On Linux, process.disk.io says the same as read_bytes and write_bytes of
/proc/self/io, from which the kernel derives ru_inblock and ru_oublock. 32-bit
kernels wrap these at 2^32, that is at 2 TiB. Uptime does not count while
the system is suspended. There is no process.network.io: /proc/self/net/dev
counts for all processes of a network namespace.

Of the process, what apptuit-py reported and the conventions do not name. Linux
keeps some of these at zero.

`)
	write(process, own)
	b.WriteString(`
Of the Go runtime, on all platforms, from runtime/metrics.

`)
	write(goRuntime, conventional)
	b.WriteString(`
Of the Go runtime, by go.opentelemetry.io/contrib/instrumentation/runtime, under
its own scope, started and stopped together with the above. Its environment
variable OTEL_GO_X_DEPRECATED_RUNTIME_METRICS works as there.

`)
	write(contrib, conventional)
	b.WriteString(`
Of the Go runtime, by [NewProducer] and [NewCompleteProducer], not by Start.

`)
	write(producer, conventional)
	return b.String()
}

// entry describes a row in some lines.
func entry(row instrument) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\t%-36s %s, %s", row.name, row.kind, row.unit)
	if row.part == process && row.on != onUnix|onWindows {
		fmt.Fprintf(&b, "; %s", row.on)
	}
	if row.sometimes != "" {
		fmt.Fprintf(&b, "; %s", row.sometimes)
	}
	b.WriteString("\n")
	if row.part != contrib && row.part != producer && !strings.HasPrefix(row.name, "process.") || strings.Contains(row.name, ".rusage.") {
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

// python says what became of a metric of apptuit-py.
type python struct {
	name, kind string
	ours, attr string
	because    string // there is none of ours, or what is to be known
}

// pythonMetrics lists what the reporter of apptuit-py 2.4.2 sends with
// collect_process_metrics. Its type tag is called kind.
func pythonMetrics() []python {
	return []python{
		{"python_cpu_time_used_seconds", "user", "process.cpu.time", "user", ""},
		{"python_cpu_time_used_seconds", "system", "process.cpu.time", "system", ""},
		{"python_memory_usage_bytes", "main", "process.rusage.memory.peak", "", "process.memory.usage is what is in use now"},
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
		{"python_thread", "alive", "process.thread.count", "", "all threads; of goroutines, go.goroutine.count"},
		{"python_thread", "demon", "", "", "a Go program does not wait for any thread or goroutine, but for main"},
		{"python_thread", "dummy", "", "", "threads that Python did not start have no counterpart"},
		{"python_gc_collection", "collection_0, 1, 2", "", "", "Go's GC has no generations; it counts go.memory.gc.cycles"},
		{"python_gc_threshold", "threshold_0, 1, 2", "", "", "Go's GC has no generations; go.config.gogc and go.memory.gc.goal steer it"},
	}
}

func pythonSection() string {
	var b strings.Builder
	b.WriteString(`ApptuitReporter of apptuit-py 2.4.2, with collect_process_metrics, and where it
is found here. Its counters end in _count, its gauges in _value, and the type is
a tag. Its tag worker_id comes with [WithWorkerID].

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

func TestPythonMetricsAreMapped(t *testing.T) {
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
