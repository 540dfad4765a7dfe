// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package runtimemetrics reports the CPU time, memory, threads and files of a
// process and the state of its Go runtime, as OpenTelemetry metrics.
//
//	registration, err := runtimemetrics.Start()
//	…
//	defer registration.Unregister() // after the MeterProvider's Shutdown, so that the last export has the metrics
//
// At each collection, the values of the instruments below are read from the kernel and
// from package runtime/metrics. The instruments work with every MeterProvider and every
// exporter, and need only OpenTelemetry's API. [NewProducer] adds histograms, and needs the
// SDK. [NewCompleteProducer] gives all metrics to one reader, without Start.
//
// # Errors
//
// If a file of /proc cannot be read or a system call fails, only the observations
// that depend on it are omitted. The first such error of each source is passed to
// otel.Handle; later ones are not reported. Every collection tries again. An
// instrument that a platform cannot report is not registered there.
//
// # Cost
//
// On Linux, a collection calls getrusage(2) once, reads /proc/self/statm once, and
// calls stat(2) for the number of entries in /proc/self/task and /proc/self/fd, all
// in one callback. It reads a few numbers from runtime/metrics twice: in this
// callback and in contrib's. A collection makes at most 20 allocations, apart from
// those of the SDK. Before Linux 6.2, stat(2) does not return the number of file
// descriptors: there the entries are listed, at a cost that grows with their
// number. /proc/self/stat is read once, by Start. See [WithMinimumInterval]. A
// complete producer allocates the metrics that it returns: some 30 allocations and
// 9 KB more for each collection than Start with NewProducer.
//
// On macOS, a collection calls getrusage(2) and proc_pidinfo once, and lists
// /dev/fd. On Windows, it calls GetProcessTimes, GetProcessMemoryInfo and
// GetProcessHandleCount once. None of it needs cgo.
//
// To measure the cost:
//
//	go test -run '^$' -bench . github.com/apptuitai/apptuit-go/runtimemetrics
//
// # Instruments
//
// Process metrics. Names, units and kinds follow OpenTelemetry's semantic
// conventions. A metric without a list of platforms is reported on Linux, macOS, the
// BSDs and Windows.
//
//	process.cpu.time                     counter, s
//	    cpu.mode=user: getrusage ru_utime; Windows: GetProcessTimes
//	    cpu.mode=system: getrusage ru_stime; Windows: GetProcessTimes
//	process.memory.usage                 updowncounter, By; Linux, macOS, Windows
//	    /proc/self/statm, resident; macOS: proc_pidinfo pti_resident_size; Windows: WorkingSetSize
//	process.memory.virtual               updowncounter, By; Linux, macOS, Windows
//	    /proc/self/statm, size; macOS: proc_pidinfo pti_virtual_size; Windows: PrivateUsage
//	process.paging.faults                counter, {fault}; Linux, macOS, BSD
//	    system.paging.fault.type=major: getrusage ru_majflt
//	    system.paging.fault.type=minor: getrusage ru_minflt
//	process.context_switches             counter, {context_switch}; Linux, macOS, BSD
//	    process.context_switch.type=voluntary: getrusage ru_nvcsw
//	    process.context_switch.type=involuntary: getrusage ru_nivcsw
//	process.disk.io                      counter, By; Linux
//	    disk.io.direction=read: getrusage ru_inblock × 512
//	    disk.io.direction=write: getrusage ru_oublock × 512
//	process.thread.count                 updowncounter, {thread}; Linux, macOS
//	    /proc/self/task, number of entries; macOS: proc_pidinfo pti_threadnum
//	process.unix.file_descriptor.count   updowncounter, {file_descriptor}; Linux, macOS
//	    /proc/self/fd, number of entries; macOS: /dev/fd
//	process.windows.handle.count         updowncounter, {handle}; Windows
//	    GetProcessHandleCount
//	process.uptime                       gauge, s; Linux, macOS, Windows
//	    /proc/self/stat, starttime; macOS: sysctl kern.proc.pid; Windows: GetProcessTimes; read once
//
// On Linux, process.disk.io equals read_bytes and write_bytes of /proc/self/io, from
// which the kernel derives ru_inblock and ru_oublock. 32-bit kernels wrap these
// at 2^32, which is 2 TiB. process.memory.virtual is the size of the address space on
// Linux and macOS, and the committed private memory on Windows. The uptime does not
// count the time during which the system is suspended. There is no
// process.network.io, because /proc/self/net/dev counts for all processes of a
// network namespace. On Windows there is no process.thread.count, because only a list
// of all threads of the system contains it. On iOS, memory and threads are not
// reported.
//
// Process metrics that apptuit-py reported and that the conventions do not name. Linux
// keeps some of these at zero. On Linux, exec does not reset the peak of memory: if a
// larger process starts the program, the peak is at least that of the larger process.
//
//	process.rusage.memory.peak           gauge, By; Linux, macOS, BSD
//	    The largest amount of physical memory that was in use at any time since the process started.
//	    getrusage ru_maxrss
//	process.rusage.memory.integral       counter, KiBy.{tick}; Linux, macOS, BSD
//	    Memory in use, summed over the ticks of execution. Always zero on Linux.
//	    process.rusage.memory.segment=shared_text: getrusage ru_ixrss
//	    process.rusage.memory.segment=unshared_data: getrusage ru_idrss
//	    process.rusage.memory.segment=unshared_stack: getrusage ru_isrss
//	process.rusage.block.operations      counter, {operation}; Linux, macOS, BSD
//	    Number of times the file system had to read or write a block device. On Linux, of 512 bytes each.
//	    disk.io.direction=read: getrusage ru_inblock
//	    disk.io.direction=write: getrusage ru_oublock
//	process.rusage.swaps                 counter, {swap}; Linux, macOS, BSD
//	    Number of times the process was swapped out of main memory. Always zero on Linux.
//	    getrusage ru_nswap
//	process.rusage.messages              counter, {message}; Linux, macOS, BSD
//	    Number of messages of interprocess communication. Always zero on Linux.
//	    process.rusage.message.direction=sent: getrusage ru_msgsnd
//	    process.rusage.message.direction=received: getrusage ru_msgrcv
//	process.rusage.signals               counter, {signal}; Linux, macOS, BSD
//	    Number of signals delivered to the process. Always zero on Linux.
//	    getrusage ru_nsignals
//
// Metrics of the Go runtime, on all platforms, from runtime/metrics.
//
//	go.memory.gc.cycles                  counter, {gc_cycle}
//	    Number of completed GC cycles.
//	    /gc/cycles/total:gc-cycles
//	go.cpu.time                          counter, s
//	    Estimated CPU time spent by the Go runtime.
//	    go.cpu.state=user: /cpu/classes/user:cpu-seconds
//	    go.cpu.state=gc: /cpu/classes/gc/total:cpu-seconds
//	    go.cpu.state=scavenge: /cpu/classes/scavenge/total:cpu-seconds
//	    go.cpu.state=idle: /cpu/classes/idle:cpu-seconds
//	go.memory.heap.live                  updowncounter, By
//	    Heap memory occupied by live objects that were marked by the previous GC.
//	    /gc/heap/live:bytes
//	go.memory.heap.objects               updowncounter, {object}
//	    Number of objects, live or unswept, occupying heap memory.
//	    /gc/heap/objects:objects
//	go.mutex.wait.time                   counter, s
//	    Approximate cumulative time that goroutines have spent blocked on a sync.Mutex, a sync.RWMutex or a lock of the runtime.
//	    /sync/mutex/wait/total:seconds
//	go.memory.gc.cpu.utilization         gauge, 1; after the first GC
//	    Estimated share of the CPU time available to the program that the GC has used since the program started.
//	    go.cpu.time of gc / /cpu/classes/total:cpu-seconds
//
// Metrics of the Go runtime that go.opentelemetry.io/contrib/instrumentation/runtime
// reports, under its own scope. Start and Unregister apply to them as well. The
// environment variable OTEL_GO_X_DEPRECATED_RUNTIME_METRICS of contrib has its usual
// effect.
//
//	go.memory.used                       updowncounter, By
//	    go.memory.type=stack
//	    go.memory.type=other
//	go.memory.limit                      updowncounter, By; if there is a limit
//	go.memory.allocated                  counter, By
//	go.memory.allocations                counter, {allocation}
//	go.memory.gc.goal                    updowncounter, By
//	go.goroutine.count                   updowncounter, {goroutine}
//	go.processor.limit                   updowncounter, {thread}
//	go.config.gogc                       updowncounter, %
//
// Metrics of the Go runtime that [NewProducer] and [NewCompleteProducer] report, and
// Start does not.
//
//	go.schedule.duration                 histogram, s
//	    /sched/latencies:seconds
//	go.memory.gc.pause.duration          histogram, s
//	    /sched/pauses/total/gc:seconds
//
// # What apptuit-py reported
//
// The metrics that ApptuitReporter of apptuit-py 2.4.2 sends with
// collect_process_metrics, and their counterparts here. In apptuit-py, counters end in
// _count and gauges in _value, and the type is a tag. [WithWorkerID] adds its tag
// worker_id.
//
//	python_cpu_time_used_seconds
//	    user                 process.cpu.time user
//	    system               process.cpu.time system
//	python_memory_usage_bytes
//	    main                 process.rusage.memory.peak (process.memory.usage is the memory in use now)
//	    shared               process.rusage.memory.integral shared_text
//	    unshared             process.rusage.memory.integral unshared_data
//	    unshared_stack_size  process.rusage.memory.integral unshared_stack
//	python_page_faults
//	    major                process.paging.faults minor (apptuit-py has ru_minflt here)
//	    minor                process.paging.faults major (apptuit-py has ru_majflt here)
//	python_process_swaps     process.rusage.swaps
//	python_block_operations
//	    input                process.rusage.block.operations read
//	    output               process.rusage.block.operations write
//	python_ipc_messages
//	    sent                 process.rusage.messages sent
//	    received             process.rusage.messages received
//	python_system_signals    process.rusage.signals
//	python_context_switches
//	    voluntary            process.context_switches voluntary
//	    involuntary          process.context_switches involuntary
//	python_thread
//	    alive                process.thread.count (counts all threads; go.goroutine.count counts goroutines)
//	    demon                none, because a Go program ends with main, whatever its threads and goroutines do
//	    dummy                none, because threads that Python did not start have no counterpart
//	python_gc_collection
//	    collection_0, 1, 2   none, because Go's GC has no generations; it counts go.memory.gc.cycles
//	python_gc_threshold
//	    threshold_0, 1, 2    none, because Go's GC has no generations; go.config.gogc and go.memory.gc.goal are its parameters
package runtimemetrics
