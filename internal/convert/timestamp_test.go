// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// after returns the time that is d after stamp.
func after(d time.Duration) Time { return Time{At: stamp*1e9 + uint64(d)} }

// timestamps exports a series once for each time. It returns the timestamp of each point that was
// sent, and the error of each point that was rejected.
func (h *harness) timestamps(times ...time.Duration) (got []string) {
	for _, t := range times {
		r := h.export(func() { h.point(h.instrument("n", Sum), "k=v").Number(after(t), model.Int(1), h.next()) })
		for _, p := range r.points {
			_, text, _ := strings.Cut(p+" @"+fmt.Sprint(stamp), "@")
			text, _, _ = strings.Cut(text, " ")
			got = append(got, text)
		}
		for _, j := range r.rejects {
			switch {
			case j.Reported:
				got = append(got, "reported")
			default:
				got = append(got, j.Err.Error())
			}
		}
	}
	return got
}

func TestPoint_Timestamp(t *testing.T) {
	const (
		ms       = time.Millisecond
		crowded  = "timestamp: the series has more data points than timestamps: export less often, or use millisecond timestamps"
		overtook = "timestamp: a later data point of the series has this timestamp: use millisecond timestamps"
	)
	text := func(seconds ...int64) (texts []string) {
		for _, s := range seconds {
			texts = append(texts, fmt.Sprint(stamp+s))
		}
		return texts
	}
	for _, tt := range []struct {
		name  string
		times []time.Duration
		want  []string
	}{
		{"later seconds", []time.Duration{0, time.Second, 3 * time.Second}, text(0, 1, 3)},
		{"within a second", []time.Duration{200 * ms, 500 * ms, 900 * ms}, text(0, 1, 2)},
		{"within a second and later", []time.Duration{200 * ms, 500 * ms, 900 * ms, 1100 * ms, 5000 * ms}, text(0, 1, 2, 3, 5)},
		{"repeated data points", []time.Duration{200 * ms, 200 * ms, 500 * ms, 500 * ms}, text(0, 0, 1, 1)},
		{"late", []time.Duration{8000 * ms, 6000 * ms, 8100 * ms}, text(8, 6, 9)},
		{"late, and already exported", []time.Duration{200 * ms, 500 * ms, 200 * ms, 600 * ms}, text(0, 1, 0, 2)},
		{"late, with the timestamp of a later data point", []time.Duration{500 * ms, 200 * ms, 300 * ms}, append(text(0), overtook, "reported")},
		{"the clock is set back", []time.Duration{time.Hour, time.Hour + 1, 200 * ms, 500 * ms}, text(3600, 3601, 0, 1)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, newHarness(t, Config{}).timestamps(tt.times...)); diff != "" {
				t.Errorf("timestamps (-want +got):\n%s", diff)
			}
		})
	}

	for _, tt := range []struct {
		resolution Resolution
		fits       int // data points within one unit
	}{{Seconds, 11}, {Milliseconds, 251}} {
		var times []time.Duration
		for i := range tt.fits + 3 {
			times = append(times, time.Duration(i))
		}
		h := newHarness(t, Config{Resolution: tt.resolution})
		got := h.timestamps(times...)
		if !slices.Equal(got[tt.fits:], []string{crowded, "reported", "reported"}) {
			t.Errorf("resolution %d: after %d data points: %q", tt.resolution, tt.fits, got[tt.fits:])
		}
		if n := len(slices.Compact(slices.Sorted(slices.Values(got[:tt.fits])))); n != tt.fits {
			t.Errorf("resolution %d: %d data points have %d timestamps", tt.resolution, tt.fits, n)
		}
		if later := h.timestamps(time.Minute); strings.HasPrefix(later[0], "timestamp") {
			t.Errorf("resolution %d: a minute later: %v", tt.resolution, later)
		}
	}
}

// All lines of a histogram have the same timestamp, and are rejected together.
func TestPoint_Timestamp_IsTheSameInAllLinesOfAHistogram(t *testing.T) {
	h := newHarness(t, Config{})
	for i := range 13 {
		r := h.export(func() {
			h.point(h.instrument("h", Histogram), "k=v").Histogram(after(time.Duration(i)), &HistogramPoint{
				Count: 3, Sum: set(model.Float(1)), Bounds: []float64{1, 2}, Buckets: []uint64{1, 1, 1},
			}, h.next())
		})
		if len(r.points)+len(r.rejects) != 5 {
			t.Errorf("export %d: %d points and %d rejections, want 5", i, len(r.points), len(r.rejects))
		}
		if rejected := i > 10; rejected != (len(r.rejects) == 5) {
			t.Errorf("export %d: %d rejections", i, len(r.rejects))
		}
		for _, p := range r.points {
			if i > 0 && !strings.HasSuffix(p, fmt.Sprint(" @", stamp+i)) {
				t.Errorf("export %d: %s", i, p)
			}
		}
	}
}

// reserve begins an export of one series. The returned function ends the export, and returns its
// points.
func reserve(t *testing.T, p *Pool[string, int], at Time, attributes string) func() []string {
	r := newRecorder(t)
	x := p.Begin(r, time.Now())
	l := x.Lease("r", noResourceTags)
	l.Reserve(at.At)
	return func() []string {
		if at.At > 0 {
			i := l.Scope("scope", "", "", "", noTags).Instrument(InstrumentSpec{Name: "n"}, 1)
			point, ok := i.Lookup(attributes)
			if !ok {
				point = i.Add(attributes, parseTags(attributes), false)
			}
			point.Number(at, model.Int(1), 1)
			i.Done()
		}
		l.End()
		x.Close()
		r.builder.Flush()
		return r.points
	}
}

// Concurrent exports of a resource reserve different timestamps, even for series for which the
// budget has no room.
func TestLease_Reserve_SeparatesConcurrentExports(t *testing.T) {
	for _, limit := range []int64{0, 1 << 20} {
		p := NewPool[string, int](Config{}, limit)
		first := reserve(t, p, after(100), "k=v")
		second := reserve(t, p, after(200), "k=v")
		got := append(second(), first()...)
		for _, at := range []Time{after(300), after(300), after(time.Minute)} {
			got = append(got, reserve(t, p, at, "k=v")()...)
		}
		want := []string{
			fmt.Sprintf("n{k=v} 1 @%d", stamp+1), "n{k=v} 1", fmt.Sprintf("n{k=v} 1 @%d", stamp+2), fmt.Sprintf("n{k=v} 1 @%d", stamp+2),
			fmt.Sprintf("n{k=v} 1 @%d", stamp+60),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("limit %d: points (-want +got):\n%s", limit, diff)
		}
	}
}

// A reserved timestamp that has a value is not released by another export of the same data, or by
// an export without data. If the clock is set back, timestamps are reserved from the new time on.
func TestLease_Reserve_KeepsTimestampsThatHaveAValue(t *testing.T) {
	points := []string{"n{k=v} 1", fmt.Sprintf("n{k=v} 1 @%d", stamp+1), fmt.Sprintf("n{k=v} 1 @%d", stamp+2)}
	for _, tt := range []struct {
		name   string
		before []Time
		want   []string
	}{
		{"the same data", []Time{after(100), after(100)}, points[1:]},
		{"no data", []Time{after(100), {}}, points[1:]},
		{"the clock is set back", []Time{after(time.Hour)}, points[:2]},
	} {
		for _, limit := range []int64{0, 1 << 20} {
			p := NewPool[string, int](Config{}, limit)
			for _, at := range tt.before {
				reserve(t, p, at, "k=v")()
			}
			first := reserve(t, p, after(200), "k=v")
			second := reserve(t, p, after(300), "k=v")
			if got := append(first(), second()...); !slices.Equal(got, tt.want) {
				t.Errorf("%s, limit %d: points %q, want %q", tt.name, limit, got, tt.want)
			}
		}
	}
}

// The timestamps of series for which the budget has no room are advanced by no more than the
// timestamps of other series.
func TestLease_Reserve_AdvancesByALimitedTime(t *testing.T) {
	p := NewPool[string, int](Config{}, 0)
	seen := map[string]bool{}
	for i := range 30 {
		for _, point := range reserve(t, p, after(time.Duration(i)), "k=v")() {
			seen[point] = true
		}
	}
	if last := fmt.Sprintf("n{k=v} 1 @%d", stamp+10); len(seen) != 11 || !seen[last] {
		t.Errorf("points %v, want 11 up to %s", seen, last)
	}
}

// Sequential exports do not advance the timestamps of each other's series.
func TestLease_Reserve_DoesNotAdvanceSequentialExports(t *testing.T) {
	p := NewPool[string, int](Config{}, 1<<20)
	for i := range 5 {
		attributes := fmt.Sprint("k=", i)
		got := reserve(t, p, after(time.Duration(i)), attributes)()
		if want := []string{"n{" + attributes + "} 1"}; !slices.Equal(got, want) {
			t.Errorf("points %q, want %q", got, want)
		}
	}
}
