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

// The kernel says how often each file of a copy of /proc is opened.
func TestEachFileIsReadOnceACollection(t *testing.T) {
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
		if length == 0 { // The file itself, not one in it.
			opened[name]++
		}
		at += unix.SizeofInotifyEvent + length
	}
	want := map[string]int{"statm": collections, "fd": collections, "task": collections}
	if diff := cmp.Diff(want, opened); diff != "" {
		t.Errorf("opened in %d collections (-want +got):\n%s", collections, diff)
	}
}

// The sources are one system call or file each; all of them are asked once.
func TestEachSourceIsAskedOnce(t *testing.T) {
	asked := make(map[string]int)
	sources := append(processSources("/proc"), goSource(table()))
	for i, s := range sources {
		sources[i].read = func(snap *snapshot) error {
			asked[s.name]++
			return s.read(snap)
		}
	}
	c := newCollector(0, sources, nil)
	if err := c.observe(t.Context(), &countingObserver{}); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{
		"what getrusage gives is":           1,
		"disk I/O is":                       1, // From getrusage.
		"memory is":                         1,
		"the number of threads is":          1,
		"the number of file descriptors is": 1,
		"the uptime is":                     1,
		"what runtime/metrics gives is":     1,
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// One collection of everything, contrib's part too, without what the SDK does
// with the numbers.
func TestAllocations(t *testing.T) {
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
