// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitpy_test

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// requestDifferences returns the differences of the area "requests".
func requestDifferences() []difference {
	sent := func(x *exchange) bool { return x.Theirs.Facts["URI"] != "" }
	list := []difference{
		{
			python: "bodies are compressed with zlib: `Content-Encoding: deflate`",
			ours:   "bodies are compressed with gzip; `WithCompression(apptuitclient.CompressionDeflate)` sends zlib",
			reason: "more servers accept gzip: VictoriaMetrics 1.79 and InfluxDB 1.6 refuse deflate",
			source: "apptuit_client.py, `Apptuit.__send`",
			edit: func(x *exchange) {
				if sent(x) && !x.Input.(*sending).deflate {
					x.Theirs.Facts["header Content-Encoding"] = "gzip"
				}
			},
		},
		{
			python: "the headers `Accept: */*` and `Connection: keep-alive` are sent, and answers may be compressed with deflate",
			ours:   "the headers are not sent, and answers may be compressed with gzip",
			reason: "they are added by Python's HTTP library, and mean the defaults",
			source: "the package requests",
			edit: func(x *exchange) {
				if sent(x) {
					delete(x.Theirs.Facts, "header Accept")
					delete(x.Theirs.Facts, "header Connection")
					x.Theirs.Facts["header Accept-Encoding"] = "gzip"
				}
			},
		},
		{
			python: "the User-Agent is `apptuit-py-2.4.2, requests-…, Py-…`",
			ours:   "it is `apptuit-go/… Go/…`",
			reason: "the form of RFC 9110",
			source: "apptuit_client.py, `_get_user_agent`",
			edit: func(x *exchange) {
				if ours := x.Ours.Facts["header User-Agent"]; strings.HasPrefix(x.Theirs.Facts["header User-Agent"], "apptuit-py-2.4.2, ") && strings.HasPrefix(ours, "apptuit-go/"+apptuitclient.Version+" Go/") {
					x.Theirs.Facts["header User-Agent"] = ours
				}
			},
		},
		{
			python: "one slash at the end of the endpoint is removed",
			ours:   "all slashes at the end are removed",
			reason: "no server uses a path with two slashes",
			source: "apptuit_client.py, `Apptuit.__init__`",
			edit: func(x *exchange) {
				if uri, ok := strings.CutPrefix(x.Theirs.Facts["URI"], "//"); ok {
					x.Theirs.Facts["URI"] = "/" + uri
					x.Theirs.delivered()
				}
			},
		},
		{
			python: "white space around a token from the environment is sent",
			ours:   "white space is removed",
			reason: "a file or a secret often ends in a line break, and no token contains white space",
			source: "apptuit_client.py, `Apptuit.__init__`",
			edit: func(x *exchange) {
				if value, ok := x.Theirs.Facts["header Authorization"]; ok && strings.Contains(value, "  ") {
					x.Theirs.Facts["header Authorization"] = strings.Join(strings.Fields(value), " ")
					x.Theirs.delivered()
				}
			},
		},
		{
			python: "a client without a token is refused for every endpoint",
			ours:   "the client is refused only for the default endpoint, and with a user id",
			reason: "other servers with the protocol have no tokens",
			source: "apptuit_client.py, `Apptuit.__init__`",
			edit: func(x *exchange) {
				s := x.Input.(*sending)
				if !s.withoutToken || s.env != nil || s.endpoint == "default" {
					return
				}
				x.Theirs.Facts = map[string]string{
					"requests": "1", "method": http.MethodPost, "URI": "/api/put?details", "length is announced": "true",
					"header Accept-Encoding": "gzip", "header Content-Encoding": "gzip", "header Content-Length": "a number", "header Content-Type": "application/json",
					"header User-Agent": x.Ours.Facts["header User-Agent"],
				}
				x.Theirs.Sent = []point{{"m", map[string]string{"k": "v"}, strconv.Itoa(at), "1.0"}}
				x.Theirs.failure(http.StatusUnauthorized, 0, 1, 0)
			},
		},
		{
			python: "there is no variable for the sanitize mode",
			ours:   "`APPTUIT_SANITIZE_MODE` sets it; an unknown mode is an error of `New`",
			reason: "an exporter that is selected by the environment needs the variable",
			source: "apptuit_client.py, `Apptuit.__init__`",
			edit: func(x *exchange) {
				if x.Input.(*sending).env["APPTUIT_SANITIZE_MODE"] == "nonsense" {
					*x.Theirs = outcome{Facts: map[string]string{"client": "refused"}}
				}
			},
		},
	}
	for i := range list {
		list[i].area = "requests"
	}
	return list
}

// attempts changes the outcome to n attempts with all points.
func (o *outcome) attempts(s *resending, n int) {
	*o = outcome{Facts: map[string]string{"requests": strconv.Itoa(n)}}
	for range n {
		for _, p := range s.points {
			o.Sent = append(o.Sent, point{p.Metric, p.Tags, string(p.Timestamp), "1.0"})
		}
	}
}

// acceptedAfter changes the outcome to n attempts, the last of which is accepted.
func (o *outcome) acceptedAfter(s *resending, n int) {
	o.attempts(s, n)
	o.Stored = o.clone().Sent[(n-1)*len(s.points):]
}

// answerDifferences returns the differences of the area "answers".
func answerDifferences() []difference {
	// first is the case and the first answer.
	first := func(x *exchange) (*resending, apptuittest.Fault) {
		s := x.Input.(*resending)
		if len(s.faults) == 0 {
			return s, apptuittest.Fault{}
		}
		return s, s.faults[0]
	}
	list := []difference{
		{
			python: "only 200 and 204 are successes",
			ours:   "every 2xx with an empty body or a put answer is a success",
			reason: "RFC 9110, section 15, defines the class of statuses",
			source: "apptuit_client.py, `Apptuit.__send`",
			edit: func(x *exchange) {
				if _, f := first(x); f.Apply && f.Status > 200 && f.Status != http.StatusNoContent {
					for _, fact := range []string{"status", "successful", "failed", "listed errors"} {
						delete(x.Theirs.Facts, fact)
					}
				}
			},
		},
		{
			python: "200 is a success, whatever the body has: even failed points, or a login page",
			ours:   "failed points are reported, and a 200 with a body that is not a put answer is an error",
			reason: "points must not be lost without an error",
			source: "apptuit_client.py, `Apptuit.__send`",
			edit: func(x *exchange) {
				if _, f := first(x); f.Status == 200 && strings.Contains(f.Body, `"failed":1`) {
					x.Theirs.failure(200, 1, 1, 1)
				} else if f.Status == 200 && f.Body != "" && !f.Apply {
					x.Theirs.failure(200, 0, 2, 0)
				}
			},
		},
		{
			python: "only the body of a 400 is read",
			ours:   "the body of a 422 is read, too: some servers and proxies answer 422 instead of 400",
			reason: "accepted points must not count as failed",
			source: "apptuit_client.py, `Apptuit.__send`",
			edit: func(x *exchange) {
				if _, f := first(x); f.Status == 422 && strings.HasPrefix(f.Body, "{") {
					x.Theirs.failure(422, 1, 1, 1)
				}
			},
		},
		{
			python: "a 400 without counts raises a `JSONDecodeError` or `KeyError`",
			ours:   "the error is a `SendError` with the status and the server's text",
			reason: "the error describes the unexpected answer",
			source: "apptuit_client.py, `Apptuit.__send`",
			edit: func(x *exchange) {
				if _, f := first(x); f.Status == 400 && x.Theirs.exception("JSONDecodeError KeyError") {
					delete(x.Theirs.Facts, "raised")
					x.Theirs.failure(400, 0, 2, 0)
				}
			},
		},
		{
			python: "after a 413, the program must try fewer points",
			ours:   "the batch is split and sent again, down to single points, which are listed if they are refused",
			reason: "a program cannot know the limit of a server or proxy",
			source: "apptuit_client.py, `Apptuit.__send`",
			edit: func(x *exchange) {
				s, f := first(x)
				if f.Status != http.StatusRequestEntityTooLarge {
					return
				}
				x.Theirs.acceptedAfter(s, 2)
				x.Theirs.Facts["requests"] = "3" // both points, then one by one
				if f.Times > 1 {
					x.Theirs.Stored = nil
					x.Theirs.failure(413, 0, 2, 2)
				}
			},
		},
		{
			python: "after 301, 302 and 303, a GET without the points is sent to the new URL, and its answer counts",
			ours:   "only 307 and 308 are followed, and only to the same server",
			reason: "a GET stores nothing, and another server must not get the token",
			source: "the package requests",
			edit: func(x *exchange) {
				if _, f := first(x); f.Status >= 301 && f.Status <= 303 && f.Header != nil {
					x.Theirs.Facts["requests"] = "1"
					x.Theirs.Facts["status"] = strconv.Itoa(f.Status)
					delete(x.Theirs.Facts, "invalid body")
				}
			},
		},
		{
			python: "without an answer, an exception of the package requests is raised, without the number of points",
			ours:   "the error is a `SendError` without a status, with the number of points",
			reason: "each point is counted in all cases",
			source: "apptuit_client.py, `Apptuit.send`",
			edit: func(x *exchange) {
				if s, _ := first(x); s.retries == 0 && x.Theirs.exception("ConnectionError ReadTimeout ChunkedEncodingError") {
					delete(x.Theirs.Facts, "raised")
					x.Theirs.failure(0, 0, 2, 0)
				}
			},
		},
		{
			python: "only 5xx answers are retried",
			ours:   "408, 421, 425 and 429 are retried, too",
			reason: "these answers ask for a later attempt",
			source: "apptuit_client.py, `Apptuit.send`",
			edit: func(x *exchange) {
				if s, f := first(x); s.retries > 0 && (f.Status == http.StatusRequestTimeout || f.Status == http.StatusTooManyRequests) {
					x.Theirs.acceptedAfter(s, 2)
				}
			},
		},
		{
			python: "501 is retried",
			ours:   "501 and 505 are not",
			reason: "a later attempt has the same answer",
			source: "apptuit_client.py, `Apptuit.send`",
			edit: func(x *exchange) {
				if s, f := first(x); s.retries > 0 && f.Status == http.StatusNotImplemented {
					x.Theirs.attempts(s, 1)
					x.Theirs.failure(501, 0, 2, 0)
				}
			},
		},
		{
			python: "a request without an answer in time is not retried",
			ours:   "the request is retried",
			reason: "a slow server is the most frequent outage",
			source: "apptuit_client.py, `Apptuit.send`: `ReadTimeout` is not a `ConnectionError`",
			edit: func(x *exchange) {
				if s, f := first(x); s.retries > 0 && f.Hang {
					x.Theirs.acceptedAfter(s, 2)
				}
			},
		},
	}
	for i := range list {
		list[i].area = "answers"
	}
	return list
}
