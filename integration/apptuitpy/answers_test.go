// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitpy_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// TestRequests compares method, URI and headers of requests, and the settings that a client requires.
func TestRequests(t *testing.T) {
	py := startPython(t)
	server := startRecorder(t)
	c := compareArea(t, "requests")
	type env = map[string]string
	point := []given{one("m", map[string]string{"k": "v"})}
	for _, s := range []sending{
		{name: "defaults"},
		{name: "a slash at the end of the endpoint", endpoint: "/"},
		{name: "a path in the endpoint", endpoint: "/opentsdb"},
		{name: "a path with a slash at the end", endpoint: "/a/b/"},
		{name: "two slashes at the end", endpoint: "//"},
		{name: "the token of APPTUIT_API_TOKEN", withoutToken: true, env: env{"APPTUIT_API_TOKEN": token}},
		{name: "the token of APPTUIT_PY_TOKEN", withoutToken: true, env: env{"APPTUIT_PY_TOKEN": token}},
		{name: "both variables", withoutToken: true, env: env{"APPTUIT_API_TOKEN": token, "APPTUIT_PY_TOKEN": "old"}},
		{name: "an empty variable and the old one", withoutToken: true, env: env{"APPTUIT_API_TOKEN": "", "APPTUIT_PY_TOKEN": token}},
		{name: "a token over the variables", env: env{"APPTUIT_API_TOKEN": "other", "APPTUIT_PY_TOKEN": "old"}},
		{name: "a token with white space around it", withoutToken: true, env: env{"APPTUIT_API_TOKEN": " " + token + " "}},
		{name: "another token", withoutToken: true, env: env{"APPTUIT_API_TOKEN": "other"}},
		{name: "no token", withoutToken: true},
		{name: "no token for the default endpoint", withoutToken: true, endpoint: "default"},
		{name: "zlib", deflate: true},
		{name: "an endpoint over APPTUIT_ENDPOINT", env: env{"APPTUIT_ENDPOINT": server.URL + "/other"}},
		{name: "the mode of APPTUIT_SANITIZE_MODE", env: env{"APPTUIT_SANITIZE_MODE": "nonsense"}},
	} {
		s.points = point
		theirs := requested(t, server, func() *outcome { return s.inPython(t, py, server) })
		var ours *outcome
		t.Run(s.name, func(t *testing.T) {
			ours = requested(t, server, func() *outcome { return s.inGo(t, server) })
		})
		if ours == nil {
			c.partial = true
			continue
		}
		c.check(s.name, &s, theirs, ours)
	}
}

// requested adds the request to the facts of an outcome.
func requested(t *testing.T, server *recorder, send func() *outcome) *outcome {
	t.Helper()
	var last *request
	server.mu.Lock()
	server.watch = func(r request) { last = &r }
	server.mu.Unlock()
	o := send()
	server.mu.Lock()
	server.watch = nil
	server.mu.Unlock()
	if last == nil {
		return o
	}
	o.Facts["method"] = last.Method
	o.Facts["URI"] = last.URI
	o.Facts["length is announced"] = fmt.Sprint(last.Length > 0)
	for name := range last.Header {
		value := last.Header.Get(name)
		if name == "Content-Length" {
			value = "a number"
		}
		o.Facts["header "+name] = value
	}
	return o
}

// TestAnswers compares the results of sending two points, for each answer of the server.
func TestAnswers(t *testing.T) {
	py := startPython(t)
	server := startRecorder(t)
	c := compareArea(t, "answers")
	two := []given{one("good", map[string]string{"k": "v"}), one("bad", map[string]string{"k": "v"})}
	run := func(name string, retries int, faults ...apptuittest.Fault) {
		s := sending{name: name, points: two, faults: faults, retries: retries, timeout: 2 * time.Second}
		for _, f := range faults {
			if f.Hang || f.Delay > 0 {
				s.timeout = 500 * time.Millisecond
			}
		}
		s.run(t, c, py, server)
	}
	const json, html = "application/json", "text/html"
	answer := func(status int, contentType, body string) apptuittest.Fault {
		return apptuittest.Fault{Status: status, ContentType: contentType, Body: body}
	}
	stored := func(f apptuittest.Fault) apptuittest.Fault {
		f.Apply = true
		return f
	}
	reject := apptuittest.Reject(func(p apptuittest.Point) string {
		if p.Metric == "bad" {
			return "no such metric"
		}
		return ""
	})
	rejectAll := apptuittest.Reject(func(apptuittest.Point) string { return "no" })
	const details = `{"success":1,"failed":1,"errors":[{"datapoint":{"metric":"bad","tags":{"k":"v"},"timestamp":1700000000,"value":"1.0"},"error":"no"}]}`
	const page = "<html><title>Login</title></html>"
	to := func(status int, location string) apptuittest.Fault {
		return apptuittest.Fault{Status: status, Header: http.Header{"Location": {location}}}
	}

	run("accepted", 0)
	run("204", 0, stored(apptuittest.Status(204)))
	run("200 without a body", 0, stored(apptuittest.Status(200)))
	run("200 with counts", 0, stored(answer(200, json, `{"success":2,"failed":0,"errors":[]}`)))
	run("200 with a failed point", 0, answer(200, json, details))
	run("200 with a page", 0, answer(200, html, page))
	run("200 with other JSON", 0, answer(200, json, `{"ok":true}`))
	for _, status := range []int{201, 202, 203, 206} {
		run(fmt.Sprint(status), 0, stored(apptuittest.Status(status)))
	}
	run("one point is rejected", 0, reject)
	run("all points are rejected", 0, rejectAll)
	run("422 with details", 0, answer(422, json, details))
	run("400 without a body", 0, apptuittest.Status(400))
	run("400 with text", 0, answer(400, "text/plain", "bad request"))
	run("400 with a page", 0, answer(400, html, page))
	run("400 with an error object", 0, answer(400, json, `{"error":{"code":400,"message":"Unable to parse the given JSON"}}`))
	for _, status := range []int{401, 403, 404, 405, 406, 407, 408, 410, 422, 425, 429, 451, 500, 501, 502, 503, 504, 505, 507, 599} {
		run(fmt.Sprint(status), 0, apptuittest.Status(status))
		run(fmt.Sprintf("%d with text", status), 0, answer(status, "text/plain", "explanation"))
	}
	run("413", 0, apptuittest.Status(413))
	run("413 to each request", 0, apptuittest.Fault{Status: 413, Times: 5})
	for _, status := range []int{301, 302, 303, 307, 308} {
		run(fmt.Sprintf("%d to the same server", status), 0, to(status, server.URL+"/api/put?details&again"))
	}
	run("301 without a location", 0, apptuittest.Status(301))
	run("the connection is closed", 0, apptuittest.Fault{Reset: true})
	run("no answer in time", 0, apptuittest.Fault{Hang: true})
	run("the answer is cut off", 0, apptuittest.Fault{Truncate: true})

	for _, status := range []int{429, 500, 502, 503, 504, 408, 401, 403, 404, 501, 400} {
		run(fmt.Sprintf("%d, then accepted, with 3 retries", status), 3, apptuittest.Status(status))
	}
	run("503 twice, then accepted, with 3 retries", 3, apptuittest.Fault{Status: 503, Times: 2})
	run("a closed connection, then accepted, with 3 retries", 3, apptuittest.Fault{Reset: true})
	run("no answer in time, then accepted, with 3 retries", 3, apptuittest.Fault{Hang: true})
	run("503, then a rejected point, with 3 retries", 3, apptuittest.Status(503), reject)
	run("a rejected point, with 3 retries", 3, reject)
}

// exception reports whether apptuit-py ends with an exception other than its own.
func (o *outcome) exception(names string) bool {
	return o.Facts["raised"] != "" && strings.Contains(names, o.Facts["raised"])
}
