// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"runtime"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/semconv/v1.43.0/goconv"
	"go.opentelemetry.io/otel/semconv/v1.43.0/processconv"
)

// instrument is a row of the table that drives registration, the package
// comment, and the tests.
type instrument struct {
	name, unit, description string
	kind                    kind
	number                  number
	group                   group
	platforms               platforms
	condition               string // under which it is reported; empty: always
	points                  []point
}

// point is a series of an instrument.
type point struct {
	attr   attribute.KeyValue // invalid: none
	field  field
	source string // for the package comment; in the group goRuntime, the name of the metric in runtime/metrics
}

type kind string

const (
	counter       kind = "counter"
	upDownCounter kind = "updowncounter"
	gauge         kind = "gauge"
	histogram     kind = "histogram"
)

type number string

const (
	integer number = "int64"
	float   number = "float64"
)

// group distinguishes instruments by the code that reports them.
type group int

const (
	process   group = iota // this package, from the system
	goRuntime              // this package, from runtime/metrics
	contrib                // go.opentelemetry.io/contrib/instrumentation/runtime
	producer               // Producer
)

type platforms uint8

const (
	onLinux platforms = 1 << iota
	onDarwin
	onIOS
	onBSD
	onWindows
	elsewhere

	onApple    = onDarwin | onIOS
	onUnix     = onLinux | onApple | onBSD
	everywhere = onUnix | onWindows | elsewhere
)

// here returns the platform that the program runs on.
func here() platforms {
	switch runtime.GOOS {
	case "linux", "android":
		return onLinux
	case "darwin":
		return onDarwin
	case "ios":
		return onIOS
	case "freebsd", "netbsd", "openbsd", "dragonfly":
		return onBSD
	case "windows":
		return onWindows
	}
	return elsewhere
}

// convention is implemented by the types of instruments in processconv and goconv.
type convention interface {
	Name() string
	Unit() string
	Description() string
}

// conventional returns the row of an instrument that the semantic conventions
// define. The type of c embeds the instrument's interface, which tells its kind.
func conventional(c convention, g group, on platforms, points ...point) instrument {
	row := instrument{
		name: c.Name(), unit: c.Unit(), description: c.Description(),
		group: g, platforms: on, points: points,
	}
	switch c.(type) {
	case metric.Int64ObservableCounter:
		row.kind, row.number = counter, integer
	case metric.Float64ObservableCounter:
		row.kind, row.number = counter, float
	case metric.Int64ObservableUpDownCounter:
		row.kind, row.number = upDownCounter, integer
	case metric.Float64ObservableGauge:
		row.kind, row.number = gauge, float
	case interface {
		Inst() metric.Float64Histogram
	}: // Its Record method has other parameters, so the type does not implement metric.Float64Histogram.
		row.kind, row.number = histogram, float
	}
	return row
}

func (row instrument) when(condition string) instrument {
	row.condition = condition
	return row
}

func from(f field, source string) point { return point{field: f, source: source} }

func (p point) with(attr attribute.KeyValue) point {
	p.attr = attr
	return p
}

// table lists every instrument.
func table() []instrument {
	rows := conventionalProcess()
	rows = append(rows, ownProcess()...)
	rows = append(rows, goInstruments()...)
	rows = append(rows, contribInstruments()...)
	return append(rows, producerInstruments()...)
}

func conventionalProcess() []instrument {
	var (
		cpu      processconv.CPUTime
		faults   processconv.PagingFaultsObservable
		switches processconv.ContextSwitchesObservable
		disk     processconv.DiskIOObservable
	)
	return []instrument{
		conventional(cpu, process, onUnix|onWindows,
			from(cpuUser, "getrusage ru_utime; Windows: GetProcessTimes").with(cpu.AttrCPUMode(processconv.CPUModeUser)),
			from(cpuSystem, "getrusage ru_stime; Windows: GetProcessTimes").with(cpu.AttrCPUMode(processconv.CPUModeSystem))),
		conventional(processconv.MemoryUsageObservable{}, process, onLinux|onDarwin|onWindows,
			from(residentMemory, "/proc/self/statm, resident; macOS: proc_pidinfo pti_resident_size; Windows: WorkingSetSize")),
		conventional(processconv.MemoryVirtualObservable{}, process, onLinux|onDarwin|onWindows,
			from(virtualMemory, "/proc/self/statm, size; macOS: proc_pidinfo pti_virtual_size; Windows: PrivateUsage")),
		conventional(faults, process, onUnix,
			from(majorFaults, "getrusage ru_majflt").with(faults.AttrSystemPagingFaultType(processconv.SystemPagingFaultTypeMajor)),
			from(minorFaults, "getrusage ru_minflt").with(faults.AttrSystemPagingFaultType(processconv.SystemPagingFaultTypeMinor))),
		conventional(switches, process, onUnix,
			from(voluntarySwitches, "getrusage ru_nvcsw").with(switches.AttrContextSwitchType(processconv.ContextSwitchTypeVoluntary)),
			from(involuntarySwitches, "getrusage ru_nivcsw").with(switches.AttrContextSwitchType(processconv.ContextSwitchTypeInvoluntary))),
		conventional(disk, process, onLinux,
			from(diskRead, "getrusage ru_inblock × 512").with(disk.AttrDiskIODirection(processconv.DiskIODirectionRead)),
			from(diskWritten, "getrusage ru_oublock × 512").with(disk.AttrDiskIODirection(processconv.DiskIODirectionWrite))),
		conventional(processconv.ThreadCountObservable{}, process, onLinux|onDarwin,
			from(threads, "/proc/self/task, number of entries; macOS: proc_pidinfo pti_threadnum")),
		conventional(processconv.UnixFileDescriptorCountObservable{}, process, onLinux|onApple,
			from(fileDescriptors, "/proc/self/fd, number of entries; macOS: /dev/fd")),
		conventional(processconv.WindowsHandleCountObservable{}, process, onWindows,
			from(handles, "GetProcessHandleCount")),
		conventional(processconv.UptimeObservable{}, process, onLinux|onApple|onWindows,
			from(uptime, "/proc/self/stat, starttime; macOS: sysctl kern.proc.pid; Windows: GetProcessTimes; read once")),
	}
}

// ownProcess lists the metrics that apptuit-py reported and that the conventions do not name.
func ownProcess() []instrument {
	const (
		segment   = attribute.Key("process.rusage.memory.segment")
		direction = attribute.Key("process.rusage.message.direction")
	)
	var disk processconv.DiskIOObservable
	return []instrument{
		{
			name: "process.rusage.memory.peak", unit: "By", kind: gauge, number: integer, platforms: onUnix,
			description: "The largest amount of physical memory that was in use at any time since the process started.",
			points:      []point{from(peakMemory, "getrusage ru_maxrss")},
		},
		{
			name: "process.rusage.memory.integral", unit: "KiBy.{tick}", kind: counter, number: integer, platforms: onUnix,
			description: "Memory in use, summed over the ticks of execution. Always zero on Linux.",
			points: []point{
				from(integralSharedText, "getrusage ru_ixrss").with(segment.String("shared_text")),
				from(integralData, "getrusage ru_idrss").with(segment.String("unshared_data")),
				from(integralStack, "getrusage ru_isrss").with(segment.String("unshared_stack")),
			},
		},
		{
			name: "process.rusage.block.operations", unit: "{operation}", kind: counter, number: integer, platforms: onUnix,
			description: "Number of times the file system had to read or write a block device. On Linux, of 512 bytes each.",
			points: []point{
				from(blocksIn, "getrusage ru_inblock").with(disk.AttrDiskIODirection(processconv.DiskIODirectionRead)),
				from(blocksOut, "getrusage ru_oublock").with(disk.AttrDiskIODirection(processconv.DiskIODirectionWrite)),
			},
		},
		{
			name: "process.rusage.swaps", unit: "{swap}", kind: counter, number: integer, platforms: onUnix,
			description: "Number of times the process was swapped out of main memory. Always zero on Linux.",
			points:      []point{from(swaps, "getrusage ru_nswap")},
		},
		{
			name: "process.rusage.messages", unit: "{message}", kind: counter, number: integer, platforms: onUnix,
			description: "Number of messages of interprocess communication. Always zero on Linux.",
			points: []point{
				from(messagesSent, "getrusage ru_msgsnd").with(direction.String("sent")),
				from(messagesReceived, "getrusage ru_msgrcv").with(direction.String("received")),
			},
		},
		{
			name: "process.rusage.signals", unit: "{signal}", kind: counter, number: integer, platforms: onUnix,
			description: "Number of signals delivered to the process. Always zero on Linux.",
			points:      []point{from(signals, "getrusage ru_nsignals")},
		},
	}
}

func goInstruments() []instrument {
	var cpu goconv.CPUTimeObservable
	return []instrument{
		conventional(goconv.MemoryGCCyclesObservable{}, goRuntime, everywhere,
			from(gcCycles, "/gc/cycles/total:gc-cycles")),
		conventional(cpu, goRuntime, everywhere,
			from(goCPUUser, "/cpu/classes/user:cpu-seconds").with(cpu.AttrCPUState(goconv.CPUStateUser)),
			from(goCPUGC, "/cpu/classes/gc/total:cpu-seconds").with(cpu.AttrCPUState(goconv.CPUStateGC)),
			from(goCPUScavenge, "/cpu/classes/scavenge/total:cpu-seconds").with(cpu.AttrCPUState(goconv.CPUStateScavenge)),
			from(goCPUIdle, "/cpu/classes/idle:cpu-seconds").with(cpu.AttrCPUState(goconv.CPUStateIdle))),
		{
			name: "go.memory.heap.live", unit: "By", kind: upDownCounter, number: integer, group: goRuntime, platforms: everywhere,
			description: "Heap memory occupied by live objects that were marked by the previous GC.",
			points:      []point{from(heapLive, "/gc/heap/live:bytes")},
		},
		{
			name: "go.memory.heap.objects", unit: "{object}", kind: upDownCounter, number: integer, group: goRuntime, platforms: everywhere,
			description: "Number of objects, live or unswept, occupying heap memory.",
			points:      []point{from(heapObjects, "/gc/heap/objects:objects")},
		},
		{
			name: "go.mutex.wait.time", unit: "s", kind: counter, number: float, group: goRuntime, platforms: everywhere,
			description: "Approximate cumulative time that goroutines have spent blocked on a sync.Mutex, a sync.RWMutex or a lock of the runtime.",
			points:      []point{from(mutexWait, "/sync/mutex/wait/total:seconds")},
		},
		instrument{
			name: "go.memory.gc.cpu.utilization", unit: "1", kind: gauge, number: float, group: goRuntime, platforms: everywhere,
			description: "Estimated share of the CPU time available to the program that the GC has used since the program started.",
			points:      []point{from(gcCPUShare, "go.cpu.time of gc / /cpu/classes/total:cpu-seconds")},
		}.when("after the first GC"),
	}
}

func contribInstruments() []instrument {
	var memory goconv.MemoryUsed
	return []instrument{
		conventional(memory, contrib, everywhere,
			point{attr: memory.AttrMemoryType(goconv.MemoryTypeStack)},
			point{attr: memory.AttrMemoryType(goconv.MemoryTypeOther)}),
		conventional(goconv.MemoryLimit{}, contrib, everywhere).when("if there is a limit"),
		conventional(goconv.MemoryAllocated{}, contrib, everywhere),
		conventional(goconv.MemoryAllocations{}, contrib, everywhere),
		conventional(goconv.MemoryGCGoal{}, contrib, everywhere),
		conventional(goconv.GoroutineCount{}, contrib, everywhere),
		conventional(goconv.ProcessorLimit{}, contrib, everywhere),
		conventional(goconv.ConfigGogc{}, contrib, everywhere),
	}
}

func producerInstruments() []instrument {
	return []instrument{
		conventional(goconv.ScheduleDuration{}, producer, everywhere,
			point{source: "/sched/latencies:seconds"}),
		conventional(goconv.MemoryGCPauseDuration{}, producer, everywhere,
			point{source: "/sched/pauses/total/gc:seconds"}),
	}
}
