// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// manyTags returns the JSON of n tags.
func manyTags(n int) string {
	tags := make([]string, n)
	for i := range tags {
		tags[i] = fmt.Sprintf(`"k%d":"v"`, i)
	}
	return "{" + strings.Join(tags, ",") + "}"
}

// shown returns the tags of manyTags in the format of the server's reasons.
func shown(n int) string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("k%d", i)
	}
	slices.Sort(keys)
	return "{" + strings.Join(keys, "=v, ") + "=v}"
}

func TestPut_JudgesEachPoint(t *testing.T) {
	const ok = ""
	for _, tt := range []struct{ name, metric, tags, timestamp, value, want string }{
		{"valid", `"a"`, `{"k":"v"}`, `1`, `1`, ok},
		{"every character of a name", `"aZ09-_./é東"`, `{"aZ09-_./é東":"v"}`, `1`, `1`, ok},
		{"any tag value", `"a"`, `{"k":" \u0000\"{}:,\ud800"}`, `1`, `1`, ok},
		{"25 tags", `"a"`, manyTags(25), `1`, `1`, ok},
		{"the last second", `"a"`, `{"k":"v"}`, `9999999999`, `1`, ok},
		{"the last millisecond", `"a"`, `{"k":"v"}`, `9999999999999`, `1`, ok},
		{"quoted numbers", `"a"`, `{"k":"v"}`, `"1"`, `"1.5"`, ok},
		{"the greatest int64", `"a"`, `{"k":"v"}`, `1`, `9223372036854775807`, ok},
		{"the least int64", `"a"`, `{"k":"v"}`, `1`, `-9223372036854775808`, ok},
		{"the greatest float64", `"a"`, `{"k":"v"}`, `1`, `1.7976931348623157e+308`, ok},
		{"a tiny float64", `"a"`, `{"k":"v"}`, `1`, `5E-324`, ok},

		{"empty metric", `""`, `{"k":"v"}`, `1`, `1`, "Metric name was empty"},
		{"null metric", `null`, `{"k":"v"}`, `1`, `1`, "Metric name was empty"},
		{"a space", `"a b"`, `{"k":"v"}`, `1`, `1`, `Invalid metric name ("a b"): illegal character:  `},
		{"a digit that is not ASCII", `"a٣"`, `{"k":"v"}`, `1`, `1`, `Invalid metric name ("a٣"): illegal character: ٣`},
		{"a combining mark", `"e\u0301"`, `{"k":"v"}`, `1`, `1`, "Invalid metric name (\"e\u0301\"): illegal character: \u0301"},
		{"no tags", `"a"`, `{}`, `1`, `1`, "Missing tags"},
		{"null tags", `"a"`, `null`, `1`, `1`, "Missing tags"},
		{"26 tags", `"a"`, manyTags(26), `1`, `1`, "Too many tags: 26 maximum allowed: 25, tags: " + shown(26)},
		{"a key twice", `"a"`, `{"le":"1","x":":\"","le":"2"}`, `1`, `1`, "Duplicate tag"},
		{"empty key", `"a"`, `{"":"v"}`, `1`, `1`, "Invalid tag name with value [v]: empty string"},
		{"an invalid key", `"a"`, `{"k=":"v"}`, `1`, `1`, `Invalid tag name with value [v] ("k="): illegal character: =`},
		{"several invalid tags", `"a"`, `{"z?":"v","y":"","x":"v"}`, `1`, `1`, `Invalid tag value with key [y]: empty string`},
		{"null tag value", `"a"`, `{"k":null}`, `1`, `1`, `Invalid tag value with key [k]: empty string`},
		{"timestamp 0", `"a"`, `{"k":"v"}`, `0`, `1`, "Invalid timestamp"},
		{"timestamp below 0", `"a"`, `{"k":"v"}`, `-1`, `1`, "Invalid timestamp"},
		{"14 digits", `"a"`, `{"k":"v"}`, `10000000000000`, `1`, "Invalid timestamp"},
		{"a fraction of a second", `"a"`, `{"k":"v"}`, `1.5`, `1`, "Invalid timestamp"},
		{"an exponent", `"a"`, `{"k":"v"}`, `1e9`, `1`, "Invalid timestamp"},
		{"a date", `"a"`, `{"k":"v"}`, `"2024-01-01"`, `1`, "Invalid timestamp"},
		{"null timestamp", `"a"`, `{"k":"v"}`, `null`, `1`, "Invalid timestamp"},
		{"null value", `"a"`, `{"k":"v"}`, `1`, `null`, "Empty value"},
		{"an empty value", `"a"`, `{"k":"v"}`, `1`, `""`, "Empty value"},
		{"a Boolean", `"a"`, `{"k":"v"}`, `1`, `true`, "Unable to parse value to a number"},
		{"quoted NaN", `"a"`, `{"k":"v"}`, `1`, `"NaN"`, "Unable to parse value to a number"},
		{"quoted infinity", `"a"`, `{"k":"v"}`, `1`, `"-Inf"`, "Unable to parse value to a number"},
		{"a float above the maximum", `"a"`, `{"k":"v"}`, `1`, `1e309`, "Unable to parse value to a number"},
		{"an integer above the maximum", `"a"`, `{"k":"v"}`, `1`, `9223372036854775808`, "Unable to parse value to a number"},
		{"hexadecimal", `"a"`, `{"k":"v"}`, `1`, `"0x1p-2"`, "Unable to parse value to a number"},
		{"a sign only", `"a"`, `{"k":"v"}`, `1`, `"-"`, "Unable to parse value to a number"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := apptuittest.NewHandler()
			body := fmt.Sprintf(`[%s,{"metric":%s,"tags":%s,"timestamp":%s,"value":%s}]`,
				goodPoint, tt.metric, tt.tags, tt.timestamp, tt.value)
			status, got := serve(t, h, body)
			var reason string
			if len(got.Errors) > 0 {
				reason = got.Errors[0].Error
			}
			if reason != tt.want {
				t.Errorf("refused for %q, want %q", reason, tt.want)
			}
			if good := tt.want == ok; good && (status != 200 || got.Success != 2) ||
				!good && (status != 400 || got.Success != 1 || got.Failed != 1) {
				t.Errorf("answered %d %+v", status, got)
			}
			if h.Total() != got.Success {
				t.Errorf("%d points stored, %d answered", h.Total(), got.Success)
			}
		})
	}
}

// putDetails is the answer to a put request with details.
type putDetails struct {
	Success, Failed int
	Timeouts        *int
	Errors          []struct {
		Datapoint struct {
			Metric    string
			Timestamp any
			Value     string
			Tags      map[string]string
		}
		Error string
	}
}

func serve(t *testing.T, h http.Handler, body string) (int, putDetails) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/put?details", strings.NewReader(body)))
	var v putDetails
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("the answer %q: %v", w.Body, err)
	}
	return w.Code, v
}

// FuzzPut checks that the answer to any body accounts for each point, and that the stored points equal
// the sent points and are accepted again.
func FuzzPut(f *testing.F) {
	f.Add("[" + goodPoint + "," + badPoint + "]")
	f.Add(goodPoint)
	f.Add(`[{"metric":"a","tags":{"k":"v","k":"\ud83d\ude00"},"timestamp":"1","value":"+.5e1"}]`)
	f.Add(`[{"metric":"a","tags":{"k":"` + "\xe2\x82\xac" + `"},"timestamp":1e3,"value":-0}] `)
	f.Add("[" + goodPoint + ",")
	f.Add("\xff")
	f.Fuzz(func(t *testing.T, body string) {
		h := apptuittest.NewHandler()
		status, got := serve(t, h, body)
		points := h.Points()
		if len(points) != got.Success || got.Failed != len(got.Errors) {
			t.Fatalf("%d stored, answered %d %+v", len(points), status, got)
		}
		if r := h.Requests()[0]; r.Accepted != got.Success || r.Status != status {
			t.Fatalf("recorded %+v, answered %d %+v", r, status, got)
		}
		if len(points) == 0 {
			return
		}
		if !json.Valid([]byte(body)) {
			t.Fatalf("%d points of a body that is not JSON were stored", len(points))
		}
		again := make([]map[string]any, len(points))
		for i, p := range points {
			again[i] = map[string]any{
				"metric": p.Metric, "tags": p.Tags, "timestamp": p.Timestamp.String(), "value": p.Value.String(),
			}
		}
		text, err := json.Marshal(again)
		if err != nil {
			t.Fatal(err)
		}
		h.Reset()
		if status, _ := serve(t, h, string(text)); status != 200 {
			t.Fatalf("accepted points are refused when sent again: %d, %s", status, text)
		}
		if diff := cmp.Diff(points, h.Points()); diff != "" {
			t.Fatal(diff)
		}
	})
}
