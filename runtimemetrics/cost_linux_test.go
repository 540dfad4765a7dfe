// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"encoding/binary"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// inotify counts how often each file of a copy of /proc is opened.
func TestCollection_OpensEachFileOfProcOnce(t *testing.T) {
	root, dir := copyOfProc(t, "complete")
	reader := start(t, withProc(root)) // This reads stat.

	watcher, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(watcher)
	watched := make(map[int32]string)
	for _, name := range []string{"stat", "statm", "io", "fd", "task"} {
		descriptor, err := unix.InotifyAddWatch(watcher, filepath.Join(dir, name), unix.IN_OPEN)
		if err != nil {
			t.Fatal(err)
		}
		watched[int32(descriptor)] = name
	}

	const collections = 3
	for range collections {
		collectValues(t, reader)
	}
	opened := make(map[string]int)
	buf := make([]byte, 64<<10)
	n, err := unix.Read(watcher, buf)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < n; {
		event := buf[at:n]
		name := watched[int32(binary.NativeEndian.Uint32(event))]
		length := int(binary.NativeEndian.Uint32(event[12:]))
		if length == 0 { // The watched file or folder itself, not an entry of the folder.
			opened[name]++
		}
		at += unix.SizeofInotifyEvent + length
	}
	want := map[string]int{"statm": collections, "fd": collections, "task": collections}
	if diff := cmp.Diff(want, opened); diff != "" {
		t.Errorf("opened in %d collections (-want +got):\n%s", collections, diff)
	}
}

func TestCollection_ReadsEachSourceOnce(t *testing.T) {
	readings := make(map[string]int)
	sources := append(processSources("/proc"), goSource(table()))
	for i, s := range sources {
		sources[i].read = func(snap *snapshot) error {
			readings[s.name]++
			return s.read(snap)
		}
	}
	c := newCollector(0, sources, nil)
	if err := c.observe(t.Context(), &countingObserver{}); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{
		"resource usage":                 1,
		"disk I/O":                       1, // From getrusage.
		"memory":                         1,
		"the number of threads":          1,
		"the number of file descriptors": 1,
		"the start time of the process":  1,
		"the metrics of the Go runtime":  1,
	}
	if diff := cmp.Diff(want, readings); diff != "" {
		t.Errorf("readings (-want +got):\n%s", diff)
	}
}

// The limit is for the callbacks of this package and of contrib, without the SDK.
func TestCollection_Allocations(t *testing.T) {
	const limit = 20
	provider, _ := newProvider(t)
	c := &catcher{MeterProvider: provider}
	startOn(t, c)
	if len(c.callbacks) != 2 {
		t.Fatalf("%d callbacks, want one of ours and one of contrib", len(c.callbacks))
	}
	var o countingObserver
	allocations := testing.AllocsPerRun(100, func() {
		o.n = 0
		for _, callback := range c.callbacks {
			if err := callback(t.Context(), &o); err != nil {
				t.Error(err)
			}
		}
	})
	t.Logf("%d observations, %v allocations", o.n, allocations)
	if allocations > limit {
		t.Errorf("%v allocations, want at most %d", allocations, limit)
	}
	if o.n < 30 {
		t.Errorf("only %d observations", o.n)
	}
}
