// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package arrow_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/integration/arrow"
	"github.com/apptuitai/apptuit-go/query"
)

func TestRecord_HasTheValuesOfTheFrame(t *testing.T) {
	t.Parallel()
	out := query.Output{Series: []query.Series{
		{
			Metric: "cpu", Tags: map[string]string{"host": "web1", "metric": "a tag", "日本": "ü, \"x\"\n"},
			Timestamps: []int64{1700000000_000, 1700000060_123}, Values: []float64{1.5, -0.1},
		},
		{Metric: "mem", Tags: map[string]string{}, Timestamps: []int64{1700000060_123, 1700000120_000}, Values: []float64{math.Inf(1), nan}},
	}}
	want := read{
		Time: []time.Time{time.UnixMilli(1700000000_000).UTC(), time.UnixMilli(1700000060_123).UTC(), time.UnixMilli(1700000120_000).UTC()},
		Columns: []column{
			{
				Name:     "cpu{host:web1, metric:a tag, 日本:ü, \"x\"\n}",
				Metadata: map[string]string{"metric": "cpu", "tag.host": "web1", "tag.metric": "a tag", "tag.日本": "ü, \"x\"\n"},
				Values:   []any{1.5, -0.1, nil},
			},
			{Name: "mem{}", Metadata: map[string]string{"metric": "mem"}, Values: []any{nil, math.Inf(1), nil}},
		},
	}
	r := record(t, out.Frame())
	diff(t, want, readRecord(t, r))
	if r.NumRows() != 3 || r.Column(0).NullN() != 0 || r.Column(1).NullN() != 1 || r.Column(2).NullN() != 2 {
		t.Errorf("%d rows, nulls %d, %d, %d", r.NumRows(), r.Column(0).NullN(), r.Column(1).NullN(), r.Column(2).NullN())
	}
}

func TestRecord_CopiesTheFrame(t *testing.T) {
	t.Parallel()
	f := query.Output{Series: []query.Series{{Metric: "m", Timestamps: []int64{1000}, Values: []float64{1}}}}.Frame()
	r := record(t, f)
	f.Columns[0].Values[0], f.Index[0] = 2, time.Time{}
	diff(t, read{
		Time:    []time.Time{time.UnixMilli(1000).UTC()},
		Columns: []column{{Name: "m{}", Metadata: map[string]string{"metric": "m"}, Values: []any{1.0}}},
	}, readRecord(t, r))
}

func TestRecord_OfAnEmptyFrame(t *testing.T) {
	t.Parallel()
	f := func(what string, frame *query.Frame, columns int64) {
		t.Helper()
		r := record(t, frame)
		if r.NumRows() != 0 || r.NumCols() != columns {
			t.Errorf("%s: %d rows, %d columns", what, r.NumRows(), r.NumCols())
		}
		if got := r.Schema().Field(0).Type.String(); got != "timestamp[ms, tz=UTC]" {
			t.Errorf("%s: time is %s", what, got)
		}
	}
	f("zero", &query.Frame{}, 1)
	f("of an output without series", query.Output{}.Frame(), 1)
	f("of a series without points", query.Output{Series: []query.Series{{Metric: "m"}}}.Frame(), 2)
}

func TestRecord_HasUniqueNames(t *testing.T) {
	t.Parallel()
	f := func(names []string, want ...string) {
		t.Helper()
		frame := &query.Frame{}
		for _, n := range names {
			frame.Columns = append(frame.Columns, query.Column{Name: n})
		}
		var got []string
		for _, field := range record(t, frame).Schema().Fields() {
			got = append(got, field.Name)
		}
		diff(t, append([]string{"time"}, want...), got)
	}
	f([]string{"a", "b"}, "a", "b")
	f([]string{"a", "a", "a"}, "a", "a#2", "a#3")
	f([]string{"a", "a#2", "a", "a#2"}, "a", "a#2", "a#3", "a#2#2")
	f([]string{"a#2", "a", "a"}, "a#2", "a", "a#3")
	f([]string{"time", "", ""}, "time#2", "", "#2")
}

func TestRecord_HasTheTimeZoneOfTheIndex(t *testing.T) {
	t.Parallel()
	zurich, err := time.LoadLocation("Europe/Zurich")
	if err != nil {
		t.Fatal(err)
	}
	summer, winter := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC), time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	f := func(loc *time.Location, want string, index ...time.Time) {
		t.Helper()
		frame := (&query.Frame{Index: index}).In(loc)
		if got := record(t, frame).Schema().Field(0).Type.String(); got != "timestamp[ms, tz="+want+"]" {
			t.Errorf("%v: %s, want %s", loc, got, want)
		}
	}
	f(time.UTC, "UTC", summer)
	f(zurich, "Europe/Zurich", summer, winter)
	f(time.FixedZone("IST", 5*3600+1800), "+05:30", summer, winter)
	f(time.FixedZone("", -3600), "-01:00", summer)
	f(time.FixedZone("", -1800), "-00:30", summer)
	f(time.FixedZone("old", 61), "UTC", summer)
	f(time.FixedZone("Europe/Zurich", 3600), "Europe/Zurich", winter)
	f(time.FixedZone("Europe/Zurich", 3600), "+01:00", winter, summer)
	f(time.FixedZone("GMT", 0), "GMT", winter)
	f(time.FixedZone("my own", 0), "UTC", winter)
}

// The zone of the machine has the name "Local", which means another zone on another machine.
func TestRecord_ReplacesTheLocalZone(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1700000000_123)
	r := record(t, (&query.Frame{Index: []time.Time{at}}).In(time.Local))
	if got := r.Schema().Field(0).Type.String(); strings.Contains(got, "Local") {
		t.Error(got)
	}
	if got := readRecord(t, r).Time; len(got) != 1 || !got[0].Equal(at) {
		t.Errorf("time %v, want %v", got, at)
	}
}

func TestRecord_RefusesAContradictoryFrame(t *testing.T) {
	t.Parallel()
	f := func(frame *query.Frame, want ...string) {
		t.Helper()
		r, err := arrow.Record(frame, arrow.WithAllocator(checked(t)))
		if err == nil {
			r.Release()
			t.Fatalf("no error for %v", frame)
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("error %q, want %q in it", err, w)
			}
		}
	}
	f(nil, "the frame is nil")
	f(&query.Frame{Index: make([]time.Time, 2), Columns: []query.Column{
		{Name: "a", Values: []float64{1}}, {Name: "b", Values: []float64{1, 2}}, {Name: "c", Values: []float64{1, 2, 3}},
	}}, "column 0, a, has 1 values for 2 times", "column 2, c, has 3 values for 2 times")
}

func TestOptions_MayBeNil(t *testing.T) {
	t.Parallel()
	r, err := arrow.Record(&query.Frame{}, nil, arrow.WithAllocator(nil))
	if err != nil {
		t.Fatal(err)
	}
	r.Release()
}
