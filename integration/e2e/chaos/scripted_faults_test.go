// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chaos_test

import (
	"bytes"
	"compress/gzip"
	"hash/fnv"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// script is a kind of fault of the test server, with its variants.
type script struct {
	name    string
	faults  []apptuittest.Fault
	rejects rejection
	drops   bool // points may be dropped although there is a spool
}

// scripts returns the faults that none of the real servers has.
func scripts() []script {
	const page = "<!DOCTYPE html><html><head><title>Log in</title></head><body>Welcome!</body></html>"
	large := strings.Repeat("all is lost ", 1000)
	refuse := func(text string) func(apptuittest.Point) string {
		return func(p apptuittest.Point) string {
			h := fnv.New32()
			h.Write([]byte(p.String()))
			if h.Sum32()%3 == 0 {
				return text
			}
			return ""
		}
	}
	bomb := func(status int) apptuittest.Fault { // 1 GiB of zeros in 1 MiB
		return apptuittest.Fault{
			Status: status, Body: zeros(1 << 20), Repeat: 1 << 10, ContentType: "application/json",
			Header: http.Header{"Content-Encoding": {"gzip"}},
		}
	}
	return []script{
		{"reset instead of an answer, stored and not", []apptuittest.Fault{{Reset: true}, {Reset: true, Apply: true}}, never, false},
		{"reset in the middle of the answer, stored and not", []apptuittest.Fault{
			{Truncate: true, Reset: true},
			{Truncate: true, Reset: true, Apply: true},
			{Truncate: true, Apply: true},
			{Truncate: true, Chunked: true, Apply: true},
		}, never, false},
		{"no answer, stored and not", []apptuittest.Fault{{Hang: true}, {Hang: true, Apply: true}, {Pause: time.Hour, Apply: true}}, never, false},
		{"500 and 503, stored and not", []apptuittest.Fault{{Status: 500}, {Status: 503}, {Status: 500, Apply: true}, {Status: 408}}, never, false},
		{"an error body that breaks off", []apptuittest.Fault{
			{Status: 500, Body: large, Truncate: true},
			{Status: 503, Body: large, Truncate: true, Reset: true},
			{Status: 502, Body: large, Chunked: true, Truncate: true},
		}, never, false},
		{"an error body of 1 GiB", []apptuittest.Fault{{Status: 503, Body: strings.Repeat("x", 1<<20), Repeat: 1 << 10}}, never, false},
		{"gzip bombs as errors", []apptuittest.Fault{bomb(500), bomb(503)}, never, false},
		{"gzip bombs as success and refusal", []apptuittest.Fault{bomb(200), bomb(400)}, unkept, false},
		{"HTML with 200", []apptuittest.Fault{{Body: page, ContentType: "text/html"}}, unkept, false},
		{"invalid JSON with 200, stored and not", []apptuittest.Fault{
			{Body: `{"success": 12, "failed": `}, {Body: `{"success": 12, "failed": `, Apply: true}, {Body: `{"success":"12"}`},
		}, unkept, false},
		{"points that fail in a 200", []apptuittest.Fault{{Status: 200, Reject: refuse("Unable to parse value")}}, always, false},
		{"points that cannot be stored just then", []apptuittest.Fault{
			{Status: 200, Reject: refuse("Please throttle writes")}, {Reject: refuse("Storage exception: none")},
		}, never, false},
		{"400 with a reason", []apptuittest.Fault{{Status: 400, Body: "no"}, {Status: 422, Body: "no"}}, always, false},
		{"answers that are not about points", []apptuittest.Fault{
			{Status: 404},
			{Status: 405},
			{Status: 410},
			{Status: 501},
			{Status: 505},
			{Status: 418},
			{Status: 400},
			{Status: 407},
			{Body: `{"success":1000,"failed":1}`}, // more points than a batch has
			{Body: `{"success":9223372036854775807,"failed":9223372036854775807}`},
		}, unkept, false},
		{"unknown 5xx, stored and not", []apptuittest.Fault{
			{Status: 520}, {Status: 522, Apply: true}, {Status: 530}, {Status: 561, Apply: true}, {Status: 599}, {Status: 421}, {Status: 425},
		}, never, false},
		{"202 of a gateway", []apptuittest.Fault{{Status: 202, Apply: true}, {Status: 201, Apply: true}}, never, false},
		{"redirects of every kind", redirects(), unkept, false},
		{"the server reads one byte a second", []apptuittest.Fault{{ReadPause: time.Second}}, never, false},
	}
}

// elsewhere is the target of a redirect that must not be followed.
const elsewhere = "http://elsewhere.invalid/api/put"

// redirects returns redirects to the same server, to another server, in a loop, and without a valid
// target.
func redirects() []apptuittest.Fault {
	var all []apptuittest.Fault
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, to := range []string{"/api/put?details", elsewhere, "", ":"} {
			header := http.Header{}
			if to != "" {
				header.Set("Location", to)
			}
			all = append(all, apptuittest.Fault{Status: status, Header: header})
		}
	}
	loop := http.Header{"Location": {"/api/put?details"}}
	return append(all, apptuittest.Fault{Status: 307, Header: loop, Times: 8}, apptuittest.Fault{Status: 308, Header: loop, Times: 2})
}

// zeros compresses n zero bytes.
func zeros(n int) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err1 := z.Write(make([]byte, n))
	err2 := z.Close()
	if err1 != nil || err2 != nil {
		panic("writing to a buffer failed")
	}
	return b.String()
}

func scriptedFaults() []fault {
	var all []fault
	for _, s := range scripts() {
		all = append(all, fault{name: s.name, rejects: s.rejects, drops: s.drops, run: func(w *scenario) { w.scripted(s.faults) }})
	}
	return all
}

// scripted exports during each fault, one after the other.
func (w *scenario) scripted(faults []apptuittest.Fault) {
	s := w.testServer()
	w.start(s.URL)
	w.calm(1)
	for range w.n(1, 5) {
		for _, f := range faults {
			w.meet(s, f)
			w.calm(1)
		}
	}
	w.finish(s.URL, storedIn(s), 0)
}

// testServer starts an apptuittest server.
func (w *scenario) testServer() *apptuittest.Server {
	s := apptuittest.NewServer(apptuittest.WithToken(token))
	w.t.Cleanup(s.Close)
	return s
}

// meet exports until requests have met the fault as often as it occurs.
func (w *scenario) meet(s *apptuittest.Server, f apptuittest.Fault) {
	w.t.Helper()
	w.times += max(f.Times, 1)
	s.Fail(f)
	for deadline := time.Now().Add(4 * generous); ; time.Sleep(5 * time.Millisecond) {
		w.storm(1)
		met := 0
		for _, r := range s.Requests() {
			if r.Faulted {
				met++
			}
		}
		if met == w.times {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%d requests have met one of %d faults", met, w.times)
		}
	}
}

// storedIn returns a function that reads the points of a test server, which keeps all copies of a point.
func storedIn(s *apptuittest.Server) func(testing.TB, ...string) []servers.Point {
	return func(testing.TB, ...string) []servers.Point {
		var all []servers.Point
		for _, p := range s.Points() {
			all = append(all, servers.Point{Metric: p.Metric, Tags: p.Tags, Time: p.Time().UnixMilli(), Value: p.Float()})
		}
		return all
	}
}
