// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/encoding"
)

func manyTags(n int) map[string]string {
	tags := make(map[string]string, n)
	for i := range n {
		tags[fmt.Sprintf("k%02d", i)] = "v"
	}
	return tags
}

// An invalid point does not affect the others, and the error says why it is invalid.
func TestClient_Send_RejectsInvalidPoints(t *testing.T) {
	at := time.Unix(1700000000, 0)
	tags := map[string]string{"k": "v"}
	for _, tt := range []struct {
		name  string
		mode  encoding.SanitizeMode
		point apptuitclient.DataPoint
		field encoding.Field
		rule  error
	}{
		{"NaN", 0, apptuitclient.DataPoint{Metric: "m", Tags: tags, Timestamp: at, Value: math.NaN()}, encoding.FieldValue, encoding.ErrNotFinite},
		{"infinite", 0, apptuitclient.DataPoint{Metric: "m", Tags: tags, Timestamp: at, Value: math.Inf(1)}, encoding.FieldValue, encoding.ErrNotFinite},
		{"negative infinite", 0, apptuitclient.DataPoint{Metric: "m", Tags: tags, Timestamp: at, Value: math.Inf(-1)}, encoding.FieldValue, encoding.ErrNotFinite},
		{"no time", 0, apptuitclient.DataPoint{Metric: "m", Tags: tags, Value: 1}, encoding.FieldTimestamp, encoding.ErrTimestamp},
		{"1970", 0, apptuitclient.DataPoint{Metric: "m", Tags: tags, Timestamp: time.Unix(0, 999), Value: 1}, encoding.FieldTimestamp, encoding.ErrTimestamp},
		{"the year 3000", 0, apptuitclient.DataPoint{Metric: "m", Tags: tags, Timestamp: at.AddDate(977, 0, 0), Value: 1}, encoding.FieldTimestamp, encoding.ErrTimestamp},
		{"no metric", 0, apptuitclient.DataPoint{Tags: tags, Timestamp: at}, encoding.FieldMetric, encoding.ErrEmpty},
		{"no tags", 0, apptuitclient.DataPoint{Metric: "m", Timestamp: at}, encoding.FieldTags, encoding.ErrNoTags},
		{"only empty tags", 0, apptuitclient.DataPoint{Metric: "m", Tags: map[string]string{"a": "", "b": ""}, Timestamp: at}, encoding.FieldTags, encoding.ErrNoTags},
		{"an empty key", 0, apptuitclient.DataPoint{Metric: "m", Tags: map[string]string{"": "v"}, Timestamp: at}, encoding.FieldTagKey, encoding.ErrEmpty},
		{"26 tags", 0, apptuitclient.DataPoint{Metric: "m", Tags: manyTags(26), Timestamp: at}, encoding.FieldTags, encoding.ErrTooManyTags},
		{"an invalid metric", encoding.SanitizeNone, apptuitclient.DataPoint{Metric: "a b", Tags: tags, Timestamp: at}, encoding.FieldMetric, encoding.ErrInvalidName},
		{"an invalid key", encoding.SanitizeNone, apptuitclient.DataPoint{Metric: "m", Tags: map[string]string{"a b": "v"}, Timestamp: at}, encoding.FieldTagKey, encoding.ErrInvalidName},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, status(http.StatusNoContent))
			c := f.client(apptuitclient.WithSanitizeMode(tt.mode))
			err := c.Send(t.Context(), []apptuitclient.DataPoint{numbered(0), tt.point, numbered(1)})
			e := counted(t, err, 2, 1)
			var rule *encoding.Error
			if !errors.As(err, &rule) || rule.Field != tt.field || !errors.Is(err, tt.rule) {
				t.Errorf("got %v, want %v of %v", err, tt.rule, tt.field)
			}
			if len(e.Errors) != 1 || !errors.Is(&e.Errors[0], tt.rule) || e.Errors[0].Reason != rule.Error() {
				t.Fatalf("listed: %v", e.Errors)
			}
			p := e.Errors[0].Point
			if p.Metric != tt.point.Metric || len(p.Tags) != len(tt.point.Tags) || !p.Timestamp.Equal(tt.point.Timestamp) {
				t.Errorf("the point is not shown as it was given: %v", p)
			}
			if e.StatusCode != 0 || apptuitclient.Retryable(err) {
				t.Errorf("status %d, may be sent again: %v", e.StatusCode, apptuitclient.Retryable(err))
			}
			contains(t, err, "apptuit: 2 points sent, 1 failed: ", tt.rule.Error())
			if diff := cmp.Diff([]int{0, 1}, f.all()[0].numbers(t)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestClient_Send_WithoutValidPointsMakesNoRequest(t *testing.T) {
	f := newFake(t, status(http.StatusNoContent))
	p := numbered(0)
	p.Value = math.NaN()
	counted(t, f.client().Send(t.Context(), []apptuitclient.DataPoint{p, p}), 0, 2)
	if len(f.all()) != 0 {
		t.Error("a request without points")
	}
}

func TestClient_Send_WithoutPointsMakesNoRequest(t *testing.T) {
	f := newFake(t, status(http.StatusNoContent))
	c := f.client()
	if err := errors.Join(c.Send(t.Context(), nil), c.SendTimeSeries(t.Context(), nil), c.SendTimeSeries(t.Context(), []apptuitclient.TimeSeries{{}})); err != nil {
		t.Error(err)
	}
	if len(f.all()) != 0 {
		t.Error("a request without points")
	}
}

// Tags of a point override global ones, and suppress them if they are empty. Keys are
// sanitized before they are compared.
func TestClient_Send_MergesTags(t *testing.T) {
	for _, tt := range []struct {
		name              string
		global, own, want map[string]string
	}{
		{"only global", map[string]string{"host": "web1"}, nil, map[string]string{"host": "web1"}},
		{"both", map[string]string{"host": "web1"}, map[string]string{"k": "v"}, map[string]string{"host": "web1", "k": "v"}},
		{"own wins", map[string]string{"host": "web1"}, map[string]string{"host": "web2"}, map[string]string{"host": "web2"}},
		{"own wins after sanitizing", map[string]string{"a.b": "global"}, map[string]string{"a-b": "own"}, map[string]string{"a_b": "own"}},
		{"joined within the point", nil, map[string]string{"a.b": "2", "a-b": "1", "a_b": "3"}, map[string]string{"a_b": "1;2;3"}},
		{"joined among the global ones", map[string]string{"a.b": "2", "a-b": "1"}, map[string]string{"k": "v"}, map[string]string{"a_b": "1;2", "k": "v"}},
		{"hidden", map[string]string{"host": "web1", "k": "v"}, map[string]string{"host": ""}, map[string]string{"k": "v"}},
		{"empty and global", map[string]string{"host": ""}, map[string]string{"k": "v"}, map[string]string{"k": "v"}},
		{"25 with one hidden", map[string]string{"hidden": "x"}, func() map[string]string { m := manyTags(25); m["hidden"] = ""; return m }(), manyTags(25)},
		{"any value", nil, map[string]string{"k": "a:b, {\"c\"}\n日本\x00"}, map[string]string{"k": "a:b, {\"c\"}\n日本\x00"}},
		{"invalid UTF-8", nil, map[string]string{"k": "a\xffb"}, map[string]string{"k": "a\uFFFDb"}},
	} {
		f := newFake(t, status(http.StatusNoContent))
		c := f.client(apptuitclient.WithTags(tt.global))
		point := apptuitclient.DataPoint{Metric: "m", Tags: tt.own, Timestamp: time.Unix(1, 0)}
		series := apptuitclient.TimeSeries{Metric: "m", Tags: tt.own}
		series.AddPoint(time.Unix(1, 0), 0)
		if err := errors.Join(c.Send(t.Context(), []apptuitclient.DataPoint{point}), c.SendTimeSeries(t.Context(), []apptuitclient.TimeSeries{series})); err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		for _, call := range f.all() {
			if diff := cmp.Diff(tt.want, call.points(t)[0].Tags); diff != "" {
				t.Errorf("%s: %s", tt.name, diff)
			}
		}
	}
}

func TestClient_SendTimeSeries(t *testing.T) {
	f := newFake(t, status(http.StatusServiceUnavailable), status(http.StatusNoContent))
	c := f.client(apptuitclient.WithTags(map[string]string{"zone": "eu"}),
		apptuitclient.WithRetry(apptuitclient.RetryConfig{Enabled: true, InitialInterval: time.Nanosecond}))
	good := apptuitclient.TimeSeries{Metric: "cpu.load", Tags: map[string]string{"host-name": "web1"}}
	good.AddPoint(time.Unix(1700000000, 0), 1)
	good.AddPoint(time.Unix(1700000060, 0), math.NaN())
	good.AddPoint(time.Unix(1700000120, 0), 2.5)
	bad := apptuitclient.TimeSeries{Metric: "", Samples: good.Samples[:2]}
	err := c.SendTimeSeries(t.Context(), []apptuitclient.TimeSeries{bad, good})
	e := counted(t, err, 2, 3)
	if len(e.Errors) != 3 || e.Errors[1].Point.Timestamp.Unix() != 1700000060 || e.Errors[2].Point.Metric != "cpu.load" {
		t.Errorf("listed: %v", e.Errors)
	}
	want := []sentPoint{
		{Metric: "cpu_load", Tags: map[string]string{"host_name": "web1", "zone": "eu"}, Timestamp: "1700000000", Value: "1.0"},
		{Metric: "cpu_load", Tags: map[string]string{"host_name": "web1", "zone": "eu"}, Timestamp: "1700000120", Value: "2.5"},
	}
	for _, call := range f.all() {
		if diff := cmp.Diff(want, call.points(t)); diff != "" {
			t.Error(diff)
		}
	}
	if len(f.all()) != 2 {
		t.Errorf("%d requests", len(f.all()))
	}
}

func TestClient_Send_LimitsPointsOfABatch(t *testing.T) {
	f := newFake(t, status(http.StatusNoContent))
	series := make([]apptuitclient.TimeSeries, 12)
	for i := range series {
		series[i] = apptuitclient.TimeSeries{Metric: "m", Tags: map[string]string{"i": fmt.Sprint(i)}}
		for j := range 10_000 {
			series[i].AddPoint(time.Unix(int64(1700000000+j), 0), float64(j))
		}
	}
	if err := f.client().SendTimeSeries(t.Context(), series); err != nil {
		t.Fatal(err)
	}
	var got []int
	next := 0
	for _, call := range f.all() {
		lines := strings.Split(strings.TrimSuffix(strings.TrimPrefix(call.text, "[\n"), "\n]"), "\n")
		got = append(got, len(lines))
		for _, line := range lines {
			want := fmt.Sprintf(`{"metric":"m","tags":{"i":"%d"},"timestamp":%d,"value":%d.0}`, next/10_000, 1700000000+next%10_000, next%10_000)
			if strings.TrimSuffix(line, ",") != want {
				t.Fatalf("point %d is %s", next, line)
			}
			next++
		}
	}
	if diff := cmp.Diff([]int{50_000, 50_000, 20_000}, got); diff != "" {
		t.Error(diff)
	}
}

func TestClient_Send_LimitsBytesOfABatch(t *testing.T) {
	s, c := newServer(t, apptuitclient.WithMaxBatchBytes(1000))
	points := numberedPoints(100)
	points[50].Tags["large"] = strings.Repeat("x", 5000)
	if err := c.Send(t.Context(), points); err != nil {
		t.Fatal(err)
	}
	alone := 0
	for _, r := range s.Requests() {
		switch {
		case r.DecodedBytes > 1000 && r.Points == 1:
			alone++
		case r.DecodedBytes > 1000:
			t.Errorf("%d points of %d bytes", r.Points, r.DecodedBytes)
		}
	}
	if alone != 1 || s.Total() != 100 || len(s.Requests()) > 20 {
		t.Errorf("%d points, %d requests, %d too large", s.Total(), len(s.Requests()), alone)
	}
}

// Send does not modify the points, which the program may share.
func TestClient_Send_DoesNotModifyPoints(t *testing.T) {
	points := []apptuitclient.DataPoint{{
		Metric: "a.b", Tags: map[string]string{"x-y": "1", "x.y": "2", "empty": ""}, Timestamp: time.Unix(1, 0), Value: 1,
	}}
	f := newFake(t, status(http.StatusNoContent))
	c := f.client(apptuitclient.WithTags(map[string]string{"zone": "eu"}))
	if err := c.Send(context.Background(), points); err != nil {
		t.Fatal(err)
	}
	want := []apptuitclient.DataPoint{{
		Metric: "a.b", Tags: map[string]string{"x-y": "1", "x.y": "2", "empty": ""}, Timestamp: time.Unix(1, 0), Value: 1,
	}}
	if diff := cmp.Diff(want, points); diff != "" {
		t.Error(diff)
	}
}
