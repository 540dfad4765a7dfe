// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

func TestProfiles_JudgePoints(t *testing.T) {
	const (
		silent = "" // the answer of a server that does not report the points that it drops
		whole  = "json array decode error\n"
	)
	point := func(tags string) string {
		return `{"metric":"a","timestamp":1700000000,"value":1,"tags":{` + tags + `}}`
	}
	refused := func(reason string) string { return `"error":"` + strings.ReplaceAll(reason, `"`, `\"`) + `"` }
	const stored = "a{%s} 1700000000 1"
	kept := func(tags string) []string { return []string{goodText, fmt.Sprintf(stored, tags)} }
	only := []string{goodText}
	for _, tt := range []struct {
		name    string
		profile apptuittest.Profile
		point   string
		status  int
		answer  string // a part of the answer
		stored  []string
	}{
		{"8 tags", apptuittest.OpenTSDB, strings.Replace(point(""), "{}", manyTags(8), 1), 200, `"success":2`, kept("k0=v, k1=v, k2=v, k3=v, k4=v, k5=v, k6=v, k7=v")},
		{"9 tags", apptuittest.OpenTSDB, strings.Replace(point(""), "{}", manyTags(9), 1), 400, "Too many tags: 9 maximum allowed: 8, tags: {k0=v, ", only},
		{"letters, digits and punctuation", apptuittest.OpenTSDB, point(`"k":"aZ09-_./é東"`), 200, `"success":2`, kept("k=aZ09-_./é東")},
		{"a plus sign", apptuittest.OpenTSDB, point(`"le":"+Inf"`), 400, refused(`Invalid tag value with key [le] ("+Inf"): illegal character: +`), only},
		{"a letter outside the BMP", apptuittest.OpenTSDB, point(`"k":"𝒜"`), 400, refused("Invalid tag value with key [k] (\"𝒜\"): illegal character: \ufffd"), only},
		{"a letter outside the BMP, and a plus sign", apptuittest.Apptuit, point(`"𝒜":"𝒜 +"`), 200, `"success":2`, kept("𝒜=𝒜 +")},

		{"any key", apptuittest.VictoriaMetrics, point(`"h h":"+Inf"`), 204, silent, kept("h h=+Inf")},
		{"an empty value", apptuittest.VictoriaMetrics, point(`"k":"v","e":""`), 204, silent, kept("k=v")},
		{"no tags", apptuittest.VictoriaMetrics, point(``), 204, silent, kept("")},
		{"an invalid value", apptuittest.VictoriaMetrics, `{"metric":"a","timestamp":1,"value":"x","tags":{"k":"v"}}`, 204, silent, only},
		{"an invalid timestamp", apptuittest.VictoriaMetrics, `{"metric":"a","timestamp":10000000000000,"value":1,"tags":{"k":"v"}}`, 204, silent, only},
		{"an empty metric", apptuittest.VictoriaMetrics, `{"metric":"","timestamp":1,"value":1,"tags":{"k":"v"}}`, 204, silent, only},
		{"40 tags", apptuittest.VictoriaMetrics, strings.Replace(point(""), "{}", manyTags(40), 1), 204, silent, only},
		{"cut off", apptuittest.VictoriaMetrics, `{`, 400, "cannot decode opentsdb data: cannot parse HTTP OpenTSDB json: ", nil},

		{"any key", apptuittest.InfluxDB, point(`"h h":"+Inf","e":""`), 204, silent, kept("h h=+Inf")},
		{"the key time", apptuittest.InfluxDB, point(`"time":"noon"`), 500, "write series error: partial write: invalid tag key: input tag \"time\" on measurement \"a\" is invalid dropped=1\n", only},
		{"a backslash at the end", apptuittest.InfluxDB, point(`"a":"1\\","b":"2"`), 204, silent, kept("a=1,b=2")},
		{"a backslash at the end of the last value", apptuittest.InfluxDB, point(`"a":"1","b":"2\\"`), 204, silent, kept(`a=1, b=2\`)},
		{"a quoted value", apptuittest.InfluxDB, `{"metric":"a","timestamp":1,"value":"1","tags":{"k":"v"}}`, 400, whole, nil},
		{"a quoted time", apptuittest.InfluxDB, `{"metric":"a","timestamp":"1","value":1,"tags":{"k":"v"}}`, 400, whole, nil},
		{"a Boolean", apptuittest.InfluxDB, `{"metric":"a","timestamp":1,"value":true,"tags":{"k":"v"}}`, 400, whole, nil},
		{"an empty metric", apptuittest.InfluxDB, `{"metric":"","timestamp":1,"value":1,"tags":{"k":"v"}}`, 204, silent, only},
	} {
		t.Run(fmt.Sprintf("%d, %s", tt.profile, tt.name), func(t *testing.T) {
			s := newServer(t, apptuittest.WithProfile(tt.profile))
			got := put(t, s, "?details", "["+goodPoint+","+tt.point+"]")
			if got.status != tt.status || !strings.Contains(got.body, tt.answer) || tt.answer == silent && got.body != "" {
				t.Errorf("answered %d %s, want %d %s", got.status, got.body, tt.status, tt.answer)
			}
			if diff := cmp.Diff(tt.stored, texts(s.Points())); diff != "" {
				t.Errorf("stored (-want +got):\n%s", diff)
			}
			if r := s.Requests()[0]; r.Accepted != len(tt.stored) || s.Total() != len(tt.stored) {
				t.Errorf("the request has %d accepted points, the total is %d", r.Accepted, s.Total())
			}
		})
	}
}

func TestProfiles_AnswerFaults(t *testing.T) {
	reject := apptuittest.Reject(func(p apptuittest.Point) string {
		if p.Metric == "b" {
			return "no room"
		}
		return ""
	})
	teapot := reject
	teapot.Status = 418
	b := strings.Replace(goodPoint, "cpu.load", "b", 1)
	for _, tt := range []struct {
		profile apptuittest.Profile
		fault   apptuittest.Fault
		status  int
		answer  string
	}{
		{apptuittest.OpenTSDB, reject, 400, `{"success":1,"failed":2}`},
		{apptuittest.VictoriaMetrics, reject, 204, ""},
		{apptuittest.InfluxDB, reject, 500, "write series error: partial write: no room dropped=2\n"},
		{apptuittest.OpenTSDB, teapot, 418, `{"success":1,"failed":2}`},
		{apptuittest.VictoriaMetrics, teapot, 418, ""},
		{apptuittest.InfluxDB, teapot, 418, "write series error: partial write: no room dropped=2\n"},
	} {
		s := newServer(t, apptuittest.WithProfile(tt.profile))
		s.Fail(tt.fault)
		got := put(t, s, "?summary", "["+strings.Join([]string{b, goodPoint, b}, ",")+"]")
		if got.status != tt.status || got.body != tt.answer {
			t.Errorf("profile %d: answered %d %s, want %d %s", tt.profile, got.status, got.body, tt.status, tt.answer)
		}
		if diff := cmp.Diff([]string{goodText}, texts(s.Points())); diff != "" {
			t.Errorf("profile %d: stored (-want +got):\n%s", tt.profile, diff)
		}
	}
}

func TestProfiles_RefuseBodies(t *testing.T) {
	const chunked = "<blockquote>Chunked request not supported.</blockquote>"
	padded := func(n int) string { return goodPoint + strings.Repeat(" ", n-len(goodPoint)) }
	for _, tt := range []struct {
		name    string
		profile apptuittest.Profile
		body    string
		coding  string
		status  int
		answer  string
	}{
		{"the largest body", apptuittest.OpenTSDB, padded(8192), "", 200, `"success":1`},
		{"a body over the limit", apptuittest.OpenTSDB, padded(8193), "", 400, chunked},
		{"a compressed body below the limit", apptuittest.OpenTSDB, gzipped(t, padded(9999)), "gzip", 200, `"success":1`},
		{"a body over the limit", apptuittest.VictoriaMetrics, padded(10_001), "", 400, "cannot decode opentsdb data: too big data size exceeding -opentsdbhttp.maxInsertRequestSize=10000 bytes"},
		{"a body over the limit", apptuittest.InfluxDB, padded(10_001), "", 413, "10000 bytes"},
		{"deflate", apptuittest.VictoriaMetrics, deflated(t, goodPoint), "deflate", 204, ""},
		{"deflate", apptuittest.InfluxDB, deflated(t, goodPoint), "deflate", 400, "expected JSON array or hash"},
		{"no points", apptuittest.OpenTSDB, "[]", "", 400, "No datapoints found in content"},
		{"no points", apptuittest.VictoriaMetrics, "[]", "", 204, ""},
		{"no points", apptuittest.InfluxDB, "[]", "", 204, ""},
	} {
		t.Run(fmt.Sprintf("%d, %s", tt.profile, tt.name), func(t *testing.T) {
			s := newServer(t, apptuittest.WithProfile(tt.profile), apptuittest.WithMaxBodyBytes(10_000))
			got := put(t, s, "?details", tt.body, "Content-Encoding", tt.coding)
			if got.status != tt.status || !strings.Contains(got.body, tt.answer) {
				t.Errorf("answered %d %s, want %d %s", got.status, got.body, tt.status, tt.answer)
			}
		})
	}
}

func TestProfiles_KeepSecondValues(t *testing.T) {
	const duplicate = "Duplicate timestamp"
	for _, tt := range []struct {
		profile       apptuittest.Profile
		first, second string // timestamp and value
		want          string
	}{
		{apptuittest.Apptuit, "1700000000 1", "1700000000 2.5", "[[1700000000,2.5]]"},
		{apptuittest.InfluxDB, "1700000000 1", "1700000000 2.5", "[[1700000000,2.5]]"},
		{apptuittest.VictoriaMetrics, "1700000000 1", "1700000000 2.5", "[[1700000000,1],[1700000000,2.5]]"},
		{apptuittest.OpenTSDB, "1700000000 1", "1700000000 2", "[[1700000000,2]]"},
		{apptuittest.OpenTSDB, "1700000000 1.5", "1700000000 0.1", "[[1700000000,0.1]]"},
		{apptuittest.OpenTSDB, "1700000000 1", "1700000000 2.5", duplicate},
		{apptuittest.OpenTSDB, "1700000000 127", "1700000000 128", duplicate},
		{apptuittest.OpenTSDB, "1700000000 1", "1700000000000 2", duplicate},
		{apptuittest.OpenTSDB, "1700000000 1", "1700000000000 1", "[[1700000000,1]]"},
		{apptuittest.OpenTSDB, "1700000000000 1", "1700000000001 2.5", "[[1700000000,2.5]]"},
	} {
		s := newServer(t, apptuittest.WithProfile(tt.profile))
		for _, p := range []string{tt.first, tt.second} {
			at, value, _ := strings.Cut(p, " ")
			if got := put(t, s, "", fmt.Sprintf(`{"metric":"a","tags":{"k":"v"},"timestamp":%s,"value":%s}`, at, value)); got.status != 204 {
				t.Fatalf("answered %d %s", got.status, got.body)
			}
		}
		got, err := do(t, s.Client(), "GET", s.URL+"/api/query?start=0&q=fetch('a')", "")
		if err != nil {
			t.Fatal(err)
		}
		if failed := got.status == 400; !strings.Contains(got.body, tt.want) || failed != (tt.want == duplicate) {
			t.Errorf("profile %d, %s and %s: answered %d %s, want %s", tt.profile, tt.first, tt.second, got.status, got.body, tt.want)
		}
	}
}

func TestProfiles_UnknownOnePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("NewHandler does not panic")
		}
	}()
	apptuittest.NewHandler(apptuittest.WithProfile(99))
}
