// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// countedSource counts its readings. It fails while err is set.
type countedSource struct {
	readings int
	err      error
}

func (c *countedSource) source() source {
	return source{name: "the counter", read: func(s *snapshot) error {
		c.readings++
		if c.err != nil {
			return c.err
		}
		s.setInt(threads, int64(c.readings))
		return nil
	}}
}

// collectorOf returns a function that collects from c, and tells how often c has been
// read and how many values were observed. Of two instruments, c knows one.
func collectorOf(t *testing.T, c *countedSource, interval time.Duration) func() (readings, observed int) {
	t.Helper()
	rows := slices.DeleteFunc(table(), func(row instrument) bool {
		return row.name != "process.thread.count" && row.name != "process.rusage.swaps"
	})
	provider, _ := newProvider(t)
	observations, _, err := createAll(provider.Meter("test"), rows, nil)
	if err != nil || len(observations) != 2 {
		t.Fatalf("%d observations, %v", len(observations), err)
	}
	collector := newCollector(interval, []source{c.source()}, observations)
	return func() (int, int) {
		var o countingObserver
		if err := collector.observe(t.Context(), &o); err != nil {
			t.Errorf("the callback failed: %v", err)
		}
		return c.readings, o.n
	}
}

func TestCollector_RepeatsValuesWithinMinimumInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		read := collectorOf(t, &countedSource{}, 10*time.Second)
		for _, step := range []struct {
			after    time.Duration
			readings int
		}{{0, 1}, {0, 1}, {9 * time.Second, 1}, {time.Second, 2}, {time.Second, 2}, {time.Minute, 3}} {
			time.Sleep(step.after)
			readings, observed := read()
			if readings != step.readings {
				t.Errorf("%v later there were %d readings, want %d", step.after, readings, step.readings)
			}
			if observed != 1 {
				t.Errorf("%d observations, want 1: the other instrument has no value", observed)
			}
		}
	})
}

func TestCollector_ReadsAtEveryCollectionByDefault(t *testing.T) {
	read := collectorOf(t, &countedSource{}, 0)
	for want := range 3 {
		if readings, _ := read(); readings != want+1 {
			t.Errorf("%d readings after %d collections", readings, want+1)
		}
	}
}

func TestCollector_OmitsFailingSourceAndReportsItOnce(t *testing.T) {
	log := handledErrors(t)
	c := &countedSource{err: errors.New("out of order")}
	read := collectorOf(t, c, 0)
	for range 3 {
		if _, observed := read(); observed != 0 {
			t.Errorf("%d observations of a source that fails", observed)
		}
	}
	c.err = nil
	if _, observed := read(); observed != 1 {
		t.Errorf("%d observations of a source that works again, want 1", observed)
	}
	c.err = errors.New("out of order again")
	read()
	errs := log.all()
	if len(errs) != 1 || !strings.Contains(errs[0].Error(), "cannot read the counter: out of order (reported once)") {
		t.Errorf("reported: %v", errs)
	}
}

func TestClamp_LimitsToInt64(t *testing.T) {
	for in, want := range map[uint64]int64{0: 0, 1: 1, 1<<63 - 1: 1<<63 - 1, 1 << 63: 1<<63 - 1, 1<<64 - 1: 1<<63 - 1} {
		if got := clamp(in); got != want {
			t.Errorf("clamp(%d) is %d", in, got)
		}
	}
}

func TestGoSource_OmitsMetricsThatGoDoesNotHave(t *testing.T) {
	source := goSource([]instrument{{group: goRuntime, points: []point{
		from(heapLive, "/gc/heap/live:bytes"),
		from(gcCycles, "/gc/cycles/of/the/future:gc-cycles"),
	}}})
	var s snapshot
	if err := source.read(&s); err != nil {
		t.Fatal(err)
	}
	if !s.known[heapLive] || s.known[gcCycles] || s.known[gcCPUShare] {
		t.Errorf("known: %v", s.known)
	}
}

// By default, contrib repeats its values for 15 s.
func TestStart_PassesMinimumIntervalToContrib(t *testing.T) {
	f := func(want float64, opts ...Option) {
		t.Helper()
		reader := start(t, opts...)
		const name = "go.goroutine.count"
		before := collectValues(t, reader)[name]
		stop := make(chan struct{})
		defer close(stop)
		for range 100 {
			go func() { <-stop }()
		}
		// Goroutines of other tests may begin or end meanwhile.
		if got := collectValues(t, reader)[name] - before; got < want-5 || got > want+5 {
			t.Errorf("%s grew by %v, want %v", name, got, want)
		}
	}
	f(100)
	f(0, WithMinimumInterval(time.Hour))
}
