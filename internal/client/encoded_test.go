// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/encoding"
)

// sendBoth sends a point with Send and with SendTimeSeries, and returns the points that
// arrived.
func sendBoth(t testing.TB, p apptuitclient.DataPoint, opts ...apptuitclient.Option) (sentPoint, error) {
	t.Helper()
	f := newFake(t, status(http.StatusNoContent))
	c := f.client(opts...)
	err := c.Send(t.Context(), []apptuitclient.DataPoint{p})
	err2 := c.SendTimeSeries(t.Context(), []apptuitclient.TimeSeries{{
		Metric: p.Metric, Tags: p.Tags, Samples: []apptuitclient.Sample{{Timestamp: p.Timestamp, Value: p.Value}},
	}})
	if fmt.Sprint(err) != fmt.Sprint(err2) {
		t.Errorf("Send says %v, SendTimeSeries %v", err, err2)
	}
	if err != nil {
		return sentPoint{}, err
	}
	calls := f.all()
	if len(calls) != 2 || calls[0].text != calls[1].text {
		t.Fatalf("Send and SendTimeSeries differ, in %d requests", len(calls))
	}
	points := calls[0].points(t)
	if len(points) != 1 {
		t.Fatalf("%d points arrived", len(points))
	}
	return points[0], nil
}

// The tags of an encoded name override the tags of the point, which override the global
// tags, by their sanitized keys.
func TestEncodedNames_MergeTheirTags(t *testing.T) {
	for _, tt := range []struct {
		name   string
		mode   encoding.SanitizeMode
		metric string
		tags   map[string]string
		want   string
		left   map[string]string
	}{
		{"tags of the name", 0, `node.cpu{"core": "0", "type": "idle"}`, nil, "node_cpu", map[string]string{"core": "0", "type": "idle", "zone": "eu"}},
		{"written by a person", 0, ` node.cpu {"core":0,"on":true , "off":null} `, nil, "node_cpu", map[string]string{"core": "0", "on": "true", "zone": "eu"}},
		{"both", 0, `m{"a": "1"}`, map[string]string{"b": "2"}, "m", map[string]string{"a": "1", "b": "2", "zone": "eu"}},
		{"the name wins", 0, `m{"a": "name", "zone": "name"}`, map[string]string{"a": "beside", "zone": "beside"}, "m", map[string]string{"a": "name", "zone": "name"}},
		{"the name wins after sanitizing", 0, `m{"a-b": "name"}`, map[string]string{"a.b": "beside"}, "m", map[string]string{"a_b": "name", "zone": "eu"}},
		{"a tag of the point over a global tag", 0, `m{"a": "name"}`, map[string]string{"zone": "beside"}, "m", map[string]string{"a": "name", "zone": "beside"}},
		{"the name hides", 0, `m{"a": "name", "b": "", "zone": ""}`, map[string]string{"b": "beside"}, "m", map[string]string{"a": "name"}},
		{"an empty tag of the point", 0, `m{"a": "name"}`, map[string]string{"a": "", "zone": ""}, "m", map[string]string{"a": "name"}},
		{"a name without tags", 0, `m{}`, map[string]string{"a": "beside"}, "m", map[string]string{"a": "beside", "zone": "eu"}},
		{"joined within the name", 0, `m{"a-b": "1", "a.b": "2"}`, nil, "m", map[string]string{"a_b": "1;2", "zone": "eu"}},
		{"mode apptuit", encoding.SanitizeApptuit, `node.cpu%{"a.b%": "1"}`, nil, "node.cpu_", map[string]string{"a.b_": "1", "zone": "eu"}},
		{"mode none", encoding.SanitizeNone, `node.cpu{"a.b": "{"}`, nil, "node.cpu", map[string]string{"a.b": "{", "zone": "eu"}},
		{"a plain name", 0, `node.cpu}`, map[string]string{"a": "1"}, "node_cpu_", map[string]string{"a": "1", "zone": "eu"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			given := maps.Clone(tt.tags)
			got, err := sendBoth(t, apptuitclient.DataPoint{Metric: tt.metric, Tags: tt.tags, Timestamp: time.Unix(1, 0)},
				apptuitclient.WithEncodedNames(), apptuitclient.WithSanitizeMode(tt.mode), apptuitclient.WithTags(map[string]string{"zone": "eu"}))
			if err != nil {
				t.Fatal(err)
			}
			if got.Metric != tt.want || !maps.Equal(got.Tags, tt.left) {
				t.Errorf("sent: %s %v, want %s %v", got.Metric, got.Tags, tt.want, tt.left)
			}
			if !maps.Equal(tt.tags, given) {
				t.Errorf("the point's tags have become %v", tt.tags)
			}
		})
	}
}

func TestEncodedNames_AreSanitizedWithoutTheOption(t *testing.T) {
	got, err := sendBoth(t, apptuitclient.DataPoint{Metric: `m{"a": "1"}`, Tags: map[string]string{"k": "v"}, Timestamp: time.Unix(1, 0)})
	if err != nil || got.Metric != "m_a_1_" || len(got.Tags) != 1 {
		t.Errorf("sent: %s %v, %v", got.Metric, got.Tags, err)
	}
}

// If a name cannot be decoded, its points are rejected, and shown as the program passed
// them.
func TestEncodedNames_RejectsInvalidNames(t *testing.T) {
	for _, tt := range []struct {
		name, metric string
		mode         encoding.SanitizeMode
		field        encoding.Field
		rule         error
	}{
		{"no JSON", `m{"k"}`, 0, encoding.FieldEncodedName, encoding.ErrSyntax},
		{"breaks off", `m{`, 0, encoding.FieldEncodedName, encoding.ErrSyntax},
		{"text after the tags", `m{} x`, 0, encoding.FieldEncodedName, encoding.ErrSyntax},
		{"a list", `m{"k": []}`, 0, encoding.FieldTagValue, encoding.ErrNotScalar},
		{"no metric", `{"k": "v"}`, 0, encoding.FieldMetric, encoding.ErrEmpty},
		{"an empty key", `m{"": "v"}`, 0, encoding.FieldTagKey, encoding.ErrEmpty},
		{"an invalid metric", `m m{"k": "v"}`, encoding.SanitizeNone, encoding.FieldMetric, encoding.ErrInvalidName},
		{"an invalid key", `m{"k k": "v"}`, encoding.SanitizeNone, encoding.FieldTagKey, encoding.ErrInvalidName},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, status(http.StatusNoContent))
			c := f.client(apptuitclient.WithEncodedNames(), apptuitclient.WithSanitizeMode(tt.mode))
			broken := apptuitclient.DataPoint{Metric: tt.metric, Tags: map[string]string{"k": "v"}, Timestamp: time.Unix(5, 0), Value: 1.5}
			for range 2 { // the second time from the cache
				e := counted(t, c.Send(t.Context(), []apptuitclient.DataPoint{numbered(0), broken, numbered(1)}), 2, 1)
				if len(e.Errors) != 1 || !errors.Is(&e.Errors[0], tt.rule) {
					t.Fatalf("listed: %v", e.Errors)
				}
				var rule *encoding.Error
				if !errors.As(&e.Errors[0], &rule) || rule.Field != tt.field {
					t.Errorf("got %v, want %v", rule, tt.field)
				}
				if diff := cmp.Diff(broken, e.Errors[0].Point); diff != "" {
					t.Errorf("not as it was given: %s", diff)
				}
			}
			series := apptuitclient.TimeSeries{Metric: tt.metric, Tags: broken.Tags, Samples: make([]apptuitclient.Sample, 3)}
			counted(t, c.SendTimeSeries(t.Context(), []apptuitclient.TimeSeries{series}), 0, 3)
		})
	}
}

// The limit of 25 tags applies to the tags of the name and of the point together.
func TestEncodedNames_LimitTagsOfNameAndPoint(t *testing.T) {
	metric, err := encoding.EncodeName("m", manyTags(20))
	if err != nil {
		t.Fatal(err)
	}
	beside := map[string]string{"k00": "same", "a": "1", "b": "1", "c": "1", "d": "1", "e": "1"}
	p := apptuitclient.DataPoint{Metric: metric, Tags: beside, Timestamp: time.Unix(1, 0)}
	if got, err := sendBoth(t, p, apptuitclient.WithEncodedNames()); err != nil || len(got.Tags) != encoding.MaxTags {
		t.Errorf("%d tags: %v", len(got.Tags), err)
	}
	beside["f"] = "1"
	if _, err := sendBoth(t, p, apptuitclient.WithEncodedNames()); !errors.Is(err, encoding.ErrTooManyTags) {
		t.Errorf("26 tags: %v", err)
	}
}

// A point that the server refuses is shown with the tags that it has on the wire.
func TestEncodedNames_RefusedPointsShowTheirTags(t *testing.T) {
	s, c := newServer(t, apptuitclient.WithEncodedNames())
	s.Fail(apptuittest.Reject(func(p apptuittest.Point) string {
		if p.Tags["core"] == "1" {
			return "no room"
		}
		return ""
	}))
	at := time.Unix(1700000000, 0)
	e := counted(t, c.Send(t.Context(), []apptuitclient.DataPoint{
		{Metric: `cpu{"core": "0"}`, Timestamp: at, Value: 1},
		{Metric: `cpu{"core": "1"}`, Tags: map[string]string{"host": "web1"}, Timestamp: at, Value: 2},
	}), 1, 1)
	want := []apptuitclient.DataPoint{{Metric: "cpu", Tags: map[string]string{"core": "1", "host": "web1"}, Timestamp: at, Value: 2}}
	if diff := cmp.Diff(want, []apptuitclient.DataPoint{e.Errors[0].Point}); diff != "" {
		t.Error(diff)
	}
	contains(t, e, "cpu{core=1, host=web1} at 1700000000: no room")
}

// Concurrent Sends with shared, individual and invalid names.
func TestEncodedNames_Concurrently(t *testing.T) {
	s, c := newServer(t, apptuitclient.WithEncodedNames(), apptuitclient.WithTags(map[string]string{"k": "v"}))
	const sends, each = 8, 200
	var wg sync.WaitGroup
	for i := range sends {
		wg.Go(func() {
			var points []apptuitclient.DataPoint
			for j := range each {
				at := time.Unix(1700000000, 0)
				points = append(points,
					apptuitclient.DataPoint{Metric: fmt.Sprintf(`shared{"i": "%d"}`, j), Timestamp: at, Tags: map[string]string{"send": fmt.Sprint(i)}},
					apptuitclient.DataPoint{Metric: fmt.Sprintf(`own{"i": "%d", "send": "%d"}`, j, i), Timestamp: at},
					apptuitclient.DataPoint{Metric: fmt.Sprintf(`broken%d{`, j%3), Timestamp: at})
			}
			var e *apptuitclient.SendError
			if err := c.Send(t.Context(), points); !errors.As(err, &e) || e.Successful != 2*each || e.Failed != each {
				t.Errorf("send %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	series := map[string]bool{}
	for _, p := range s.Points() {
		series[fmt.Sprint(p.Metric, p.Tags)] = true
	}
	if len(series) != 2*sends*each {
		t.Errorf("%d series of %d", len(series), 2*sends*each)
	}
}

// Looking up a cached name allocates nothing per point.
func TestEncodedNames_CachedNamesAllocateNothing(t *testing.T) {
	const points = 2000
	allocations := func(metric func(i int) string, tags map[string]string) float64 {
		c := newClient(t, apptuitclient.WithEndpoint("http://fake.test"), apptuitclient.WithEncodedNames(),
			apptuitclient.WithHTTPClient(&http.Client{Transport: swallow{}}))
		batch := make([]apptuitclient.DataPoint, points)
		for i := range batch {
			batch[i] = apptuitclient.DataPoint{Metric: metric(i), Tags: tags, Timestamp: time.Unix(1700000000, 0), Value: float64(i)}
		}
		return testing.AllocsPerRun(5, func() {
			if err := c.Send(t.Context(), batch); err != nil {
				t.Fatal(err)
			}
		}) / points
	}
	encoded := allocations(func(i int) string { return fmt.Sprintf(`cpu{"core": "%d", "b-c": "x"}`, i) }, map[string]string{"host": "web1"})
	plain := allocations(func(i int) string { return fmt.Sprintf("cpu%d", i) }, map[string]string{"host": "web1"})
	t.Logf("%.3f allocations a point, %.3f of plain names", encoded, plain)
	if encoded > plain+0.05 {
		t.Errorf("%.3f allocations a point, %.3f of plain names", encoded, plain)
	}
}

// swallow accepts all requests.
type swallow struct{}

func (swallow) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body)
	return status(http.StatusNoContent).response(r), r.Body.Close()
}

// A name from EncodeName results in the same point as the metric and tags given separately.
func FuzzEncodedNames(f *testing.F) {
	f.Add("node.cpu", "type", "idle", "core", "0", uint8(0))
	f.Add(" m ", "", "", "k", "\"\\\b\t\n\x7f", uint8(1))
	f.Add("日本\xff", "\xff", "\xed\xa0\x80", "\ufffd", "😀", uint8(2))
	f.Add("a}", "a-b", "{", "a.b", "}", uint8(0))
	f.Fuzz(func(t *testing.T, metric, k1, v1, k2, v2 string, mode uint8) {
		tags := map[string]string{k1: v1, k2: v2}
		encoded, err := encoding.EncodeName(metric, tags)
		if err != nil {
			return
		}
		name, decoded, err := encoding.DecodeName(encoded)
		if err != nil {
			t.Fatal(err)
		}
		options := []apptuitclient.Option{
			apptuitclient.WithEncodedNames(), apptuitclient.WithSanitizeMode(encoding.SanitizeMode(mode % 3)),
		}
		at := time.Unix(1700000000, 0)
		got, err := sendBoth(t, apptuitclient.DataPoint{Metric: encoded, Timestamp: at, Value: 1}, options...)
		want, wantErr := sendBoth(t, apptuitclient.DataPoint{Metric: name, Tags: decoded, Timestamp: at, Value: 1}, options...)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: %v; each on its own: %v", encoded, err, wantErr)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", encoded, diff)
		}
	})
}
