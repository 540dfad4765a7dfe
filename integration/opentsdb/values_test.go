// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package opentsdb_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// Integers and floats come back as they were sent.
func TestValues_ComeBackExactly(t *testing.T) {
	t.Parallel()
	o := shared.opentsdb(t)
	at := time.Now().Truncate(time.Second)
	floats, integers := shared.unique("exact_floats"), shared.unique("exact_integers")
	var sent []apptuitclient.DataPoint
	var want []servers.Point
	for i, v := range []float64{
		0, math.Copysign(0, -1), 1, -1, 0.1, -0.25, 1.0 / 3, 16777217, 1 << 53, 123456789.123, 1e-7, 1e21, -1e-300,
		math.MaxFloat32, math.MaxFloat64, math.SmallestNonzeroFloat32, math.SmallestNonzeroFloat64, math.MaxInt64, math.MinInt64,
	} {
		tags := map[string]string{"number": fmt.Sprint(i)}
		sent = append(sent, apptuitclient.DataPoint{Metric: floats, Tags: tags, Timestamp: at, Value: v})
		want = append(want, servers.Point{Metric: floats, Tags: tags, Time: at.UnixMilli(), Value: v})
	}
	if err := newClient(t, o).Send(within(t, time.Minute), sent); err != nil {
		t.Fatal(err)
	}
	stores(t, o, floats, want)

	texts := []string{"9223372036854775807", "-9223372036854775808", "9007199254740993", "0", "-1"}
	var lines []string
	for _, text := range texts {
		lines = append(lines, line(integers, at, text, fmt.Sprintf(`"n":%q`, text)))
	}
	a, err := o.Put(t, "sync", array(lines...), nil)
	if err != nil || a.Status != http.StatusNoContent {
		t.Fatalf("answer %d %s: %v", a.Status, a.Body, err)
	}
	var series []struct {
		Tags   map[string]string    `json:"tags"`
		Points [][2]json.RawMessage `json:"dps"`
	}
	if err := json.Unmarshal([]byte(o.Query(t, integers).Body), &series); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, s := range series {
		got[s.Tags["n"]] = string(s.Points[0][1])
	}
	want2 := map[string]string{}
	for _, text := range texts {
		want2[text] = text
	}
	if diff := cmp.Diff(want2, got); diff != "" {
		t.Errorf("integers (-want +got):\n%s", diff)
	}
}

// OpenTSDB treats timestamps in seconds above 4,294,967,295, which is in the year 2106, as milliseconds.
// The client accepts times until 2286.
func TestTimes_After2106AreReadAsMilliseconds(t *testing.T) {
	t.Parallel()
	o := shared.opentsdb(t)
	tags := map[string]string{"host": "a"}
	send := func(metric string, at time.Time) {
		t.Helper()
		err := newClient(t, o).Send(within(t, time.Minute), []apptuitclient.DataPoint{{Metric: metric, Tags: tags, Timestamp: at, Value: 1}})
		if err != nil {
			t.Fatal(err)
		}
	}
	early, later := shared.unique("time_last"), shared.unique("time_later")
	last := time.Unix(math.MaxUint32, 0).Add(-2 * time.Hour) // queries do not reach the last hour
	send(early, last)
	for deadline := time.Now().Add(storedTime); ; time.Sleep(50 * time.Millisecond) {
		a := o.Get(t, "/api/query", url.Values{"start": {fmt.Sprint(last.Unix() - 1)}, "end": {fmt.Sprint(last.Unix())}, "m": {"none:" + early}})
		if strings.Contains(a.Body, fmt.Sprintf(`"dps":{"%d":1.0}`, last.Unix())) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("query: %d %s", a.Status, a.Body)
		}
	}
	send(later, time.Unix(math.MaxUint32+1, 0))
	stores(t, o, later, []servers.Point{{Metric: later, Tags: tags, Time: math.MaxUint32 + 1, Value: 1}})
}

// The encodings of two values of a series in one second decide whether the second value is kept or queries
// fail.
func TestDuplicates_DependOnTheEncodings(t *testing.T) {
	t.Parallel()
	o := shared.opentsdb(t)
	fixing := shared.start(t, map[string]string{"tsd.storage.fix_duplicates": "true"})
	at := time.Now().Truncate(time.Second)
	for _, d := range []struct {
		name          string
		first, second string
		milliseconds  bool // of the second
		overwritten   bool
	}{
		{"the same value", "1", "1", false, true},
		{"integers of one length", "1", "2", false, true},
		{"integers of two lengths", "1", "300", false, false},
		{"an integer and a float", "1", "2.5", false, false},
		{"floats of one precision", "0.5", "2.5", false, true},
		{"floats of two precisions", "0.5", "0.1", false, true}, // both are stored as doubles,
		{"seconds and milliseconds", "1", "2", true, false},
	} {
		t.Run(d.name, func(t *testing.T) {
			metric := shared.unique("duplicate")
			second := at
			if d.milliseconds {
				second = time.Unix(at.UnixMilli(), 0)
			}
			for _, body := range [][]byte{array(line(metric, at, d.first, `"h":"a"`)), array(line(metric, second, d.second, `"h":"a"`))} {
				if a, err := o.Put(t, "details&sync", body, nil); err != nil || a.Status != http.StatusOK {
					t.Fatalf("answer %d %s: %v", a.Status, a.Body, err)
				}
			}
			last := fmt.Sprintf(`[%d,%s]`, at.UnixMilli(), d.second)
			a := o.Query(t, metric)
			if d.overwritten {
				if a.Status != http.StatusOK || !strings.Contains(a.Body, `"dps":[`+last+`]`) {
					t.Errorf("query: %d %s, want the second value", a.Status, a.Body)
				}
				return
			}
			if a.Status != http.StatusBadRequest || !strings.Contains(a.Body, "Duplicate timestamp for key=") ||
				!strings.Contains(a.Body, "set tsd.storage.fix_duplicates=true to fix automatically or run Fsck") {
				t.Errorf("query: %d %s, want a failure", a.Status, a.Body)
			}
			a = fixing.Query(t, metric)
			if a.Status != http.StatusOK || !strings.Contains(a.Body, `"dps":[`+last+`]`) {
				t.Errorf("query with tsd.storage.fix_duplicates: %d %s, want the second value", a.Status, a.Body)
			}
		})
	}
}

// Timestamps in milliseconds distinguish two values in one second.
func TestDuplicates_DoNotOccurWithMilliseconds(t *testing.T) {
	t.Parallel()
	o := shared.opentsdb(t)
	at := time.Now().Truncate(time.Second)
	var sent []apptuitclient.DataPoint
	var want []servers.Point
	metric, tags := shared.unique("milliseconds"), map[string]string{"host": "a"}
	for i, v := range []float64{1, 0.1, 300} {
		when := at.Add(time.Duration(i) * time.Millisecond)
		sent = append(sent, apptuitclient.DataPoint{Metric: metric, Tags: tags, Timestamp: when, Value: v})
		want = append(want, servers.Point{Metric: metric, Tags: tags, Time: when.UnixMilli(), Value: v})
	}
	if err := newClient(t, o, apptuitclient.WithTimestampResolution(time.Millisecond)).Send(within(t, time.Minute), sent); err != nil {
		t.Fatal(err)
	}
	stores(t, o, metric, want)
}
