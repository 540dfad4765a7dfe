// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package decode

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// usage is the memory that a process of its own takes to decode answers which it
// reads from files.
type usage struct {
	Points    int    // decoded
	Peak      uint64 // bytes of the heap, with garbage not yet collected, above what there was before
	Allocated uint64 // bytes in all, also above the Peak that any garbage collector can bring about
	Resident  uint64 // bytes of the process at most, by the kernel; 0 if it does not say
}

// target is how much memory decoding may take, in sizes of the slices that the
// points are in at the end.
const target = 2.5

// TestPeakMemory decodes in child processes, with the garbage collector as it is
// by default. LONG_TESTS=1 is for the size that the README shows, and for the
// decoders of others.
func TestPeakMemory(t *testing.T) {
	if decoder := os.Getenv("BENCH_DECODER"); decoder != "" {
		child(t, decoder)
		return
	}
	long := os.Getenv("LONG_TESTS") != ""
	many, one, split := size{series: 200, points: 1000}, size{series: 1, points: 200_000}, size{series: 10, points: 20_000}
	if long {
		many, one, split = large, size{series: 1, points: 1_000_000}, size{series: 20, points: 50_000}
	}
	for _, c := range []struct {
		decoder string
		size    size
		parts   int     // of the answer; servers give 11,000 points a series at most
		bound   float64 // in sizes of the final slices; 0: for comparison
	}{
		{"native by apptuit-go", many, 1, target},
		{"native by apptuit-go", one, 1, target},
		{"native by encoding-json", many, 1, 0},
		{"native by encoding-json", one, 1, 0},
		{"matrix by apptuit-go", many, 1, target},
		{"matrix by apptuit-go", split, (split.points + 10_999) / 11_000, target},
		{"matrix by client_golang", many, 1, 0},
	} {
		t.Run(fmt.Sprintf("%s/%dx%d", c.decoder, c.size.series, c.size.points), func(t *testing.T) {
			if c.bound == 0 && !long {
				t.Skip("for comparison only: set LONG_TESTS=1")
			}
			u := run(t, c.decoder, c.size, c.parts)
			if u.Points != c.size.total() {
				t.Fatalf("%d points, want %d", u.Points, c.size.total())
			}
			final := float64(c.size.bytes())
			ratio := float64(u.Peak) / final
			t.Logf("of %.1f MB of final slices: heap peak %.2f, allocated %.2f, resident %.2f",
				final/1e6, ratio, float64(u.Allocated)/final, float64(u.Resident)/final)
			if c.bound > 0 && ratio > c.bound {
				t.Errorf("the heap's peak is %.2f of the final slices, more than %.1f", ratio, c.bound)
			}
		})
	}
}

// run decodes in a child process.
func run(t *testing.T, decoder string, s size, parts int) usage {
	t.Helper()
	dir := t.TempDir()
	for i := range parts {
		write(t, filepath.Join(dir, strconv.Itoa(i)), func(w writer) {
			if strings.HasPrefix(decoder, "native") {
				writeNative(w, s)
			} else {
				writeMatrix(w, s.series, s.points*i/parts, s.points*(i+1)/parts)
			}
		})
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), self, "-test.run=^TestPeakMemory$", "-test.count=1")
	command.Env = append(os.Environ(), "GOGC=100", "GOMEMLIMIT=off", "BENCH_DECODER="+decoder, "BENCH_ANSWERS="+dir,
		fmt.Sprintf("BENCH_SIZE=%d %d %d", s.series, s.points, parts))
	text, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var u usage
	line, _, _ := strings.Cut(string(text), "\n")
	if err := json.Unmarshal([]byte(line), &u); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return u
}

func write(t *testing.T, name string, answer func(writer)) {
	t.Helper()
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(file)
	answer(w)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

// child decodes, and prints the usage.
func child(t *testing.T, decoder string) {
	var s size
	var parts int
	if _, err := fmt.Sscan(os.Getenv("BENCH_SIZE"), &s.series, &s.points, &parts); err != nil {
		t.Fatal(err)
	}
	answers := &transport{}
	for i := range parts {
		name := filepath.Join(os.Getenv("BENCH_ANSWERS"), strconv.Itoa(i))
		answers.bodies = append(answers.bodies, func() (io.ReadCloser, error) { return os.Open(name) })
	}
	m := &meter{}
	watched := m.watch(answers)
	decode := map[string]func() (any, int, error){
		"native by apptuit-go": func() (any, int, error) {
			r, err := native(t.Context(), newClient(t, watched), s)
			return r, pointsOf(r), err
		},
		"native by encoding-json": func() (any, int, error) {
			body, err := answers.bodies[0]()
			if err != nil {
				return nil, 0, err
			}
			r, err := nativeByJSONStream(body)
			return r, pointsOf(r), err
		},
		"matrix by apptuit-go": func() (any, int, error) {
			r, err := matrix(t.Context(), newClient(t, watched), s)
			return r, pointsOf(r), err
		},
		"matrix by client_golang": func() (any, int, error) {
			r, err := matrixByPrometheus(t.Context(), newPrometheus(t, watched), s)
			points := 0
			for _, one := range r {
				points += len(one.Values)
			}
			return r, points, err
		},
	}[decoder]

	stop := m.start()
	r, points, err := decode()
	stop()
	if err != nil {
		t.Fatal(err)
	}
	line, err := json.Marshal(usage{Points: points, Peak: m.peak - m.before, Allocated: m.allocated, Resident: resident()})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(string(line))
	runtime.KeepAlive(r)
}

// meter watches the heap: at each read of an answer, so that nothing is missed
// of a decoder that reads as it decodes, and every 200 microseconds, for those
// that read first.
type meter struct {
	before, allocated uint64

	mu   sync.Mutex
	peak uint64
}

func (m *meter) start() (stop func()) {
	runtime.GC()
	objects, allocs := heap()
	m.before = objects
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(200 * time.Microsecond)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				m.sample()
			case <-end:
				return
			}
		}
	}()
	return func() {
		close(end)
		<-ended
		m.sample()
		_, after := heap()
		m.allocated = after - allocs
	}
}

func (m *meter) sample() {
	objects, _ := heap()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.peak = max(m.peak, objects)
}

// heap returns the bytes that objects take, with garbage that has not been
// collected, and the bytes allocated since the process began.
func heap() (objects, allocated uint64) {
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64(), samples[1].Value.Uint64()
}

// watch takes a sample at each read of a body.
func (m *meter) watch(t *transport) http.RoundTripper {
	watched := &transport{}
	for _, open := range t.bodies {
		watched.bodies = append(watched.bodies, func() (io.ReadCloser, error) {
			body, err := open()
			return &watchedBody{body, m}, err
		})
	}
	return watched
}

type watchedBody struct {
	io.ReadCloser
	meter *meter
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.meter.sample()
	return b.ReadCloser.Read(p)
}

// resident returns the most memory that this process had from the kernel.
func resident() uint64 {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		var kilobytes uint64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kilobytes); n == 1 {
			return kilobytes << 10
		}
	}
	return 0
}
