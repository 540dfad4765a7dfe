// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitpy_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// token is the token that the recorder expects, and both sides send.
const token = "secret"

// point is a point of a body. Numbers have their text, and NaN and infinities, which are not JSON, have
// Python's text. A tag value that is not a string is its JSON text in parentheses.
type point struct {
	Metric    string
	Tags      map[string]string
	Timestamp string
	Value     string
}

// series returns the metric and the tags as text.
func (p point) series() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q{", p.Metric)
	for i, key := range slices.Sorted(maps.Keys(p.Tags)) {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q=%q", key, p.Tags[key])
	}
	b.WriteByte('}')
	return b.String()
}

// request is a put request.
type request struct {
	Header  http.Header
	URI     string
	Method  string
	Length  int64
	Points  []point
	Invalid string // why the body cannot be read
}

// recorder is a server that records the points of put requests, whether or not they
// are valid, before the test server of this library judges and answers them.
type recorder struct {
	*apptuittest.Handler
	URL string

	mu       sync.Mutex
	requests []request
	watch    func(request) // called with each request, unless nil
	asked    int           // requests of the test server that queries has returned
}

// newRecorder returns a recorder that is reached only as a RoundTripper.
func newRecorder() *recorder {
	return &recorder{Handler: apptuittest.NewHandler(apptuittest.WithToken(token)), URL: "http://127.0.0.1:0"}
}

// startRecorder starts a recorder on a free port. It ends with the test.
func startRecorder(t *testing.T) *recorder {
	t.Helper()
	r := newRecorder()
	server := httptest.NewServer(r)
	r.URL = server.URL
	t.Cleanup(func() {
		r.Close()
		server.Close()
	})
	return r
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	if strings.HasSuffix(q.URL.Path, "/api/put") {
		body, err := io.ReadAll(q.Body)
		q.Body = io.NopCloser(bytes.NewReader(body))
		recorded := request{Header: q.Header.Clone(), URI: q.RequestURI, Method: q.Method, Length: q.ContentLength}
		if err == nil {
			recorded.Points, err = readPoints(body, q.Header.Get("Content-Encoding"))
		}
		if err != nil {
			recorded.Invalid = err.Error()
		}
		r.mu.Lock()
		r.requests = append(r.requests, recorded)
		if r.watch != nil {
			r.watch(recorded)
		}
		r.mu.Unlock()
	}
	r.Handler.ServeHTTP(w, q)
}

// take returns the put requests and the accepted points since the last call.
func (r *recorder) take() (requests []request, stored []point) {
	for _, p := range r.Take() {
		stored = append(stored, point{p.Metric, p.Tags, p.Timestamp.String(), p.Value.String()})
	}
	r.Reset()
	r.mu.Lock()
	defer r.mu.Unlock()
	requests, r.requests = r.requests, nil
	return requests, stored
}

// queries returns the requests since the last call, whether or not they are puts. The
// points stay.
func (r *recorder) queries() []apptuittest.Request {
	all := r.Requests()
	r.mu.Lock()
	defer r.mu.Unlock()
	fresh := all[r.asked:]
	r.asked = len(all)
	return fresh
}

// RoundTrip serves a request without a network, for clients in a synctest bubble.
func (r *recorder) RoundTrip(q *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	served := q.Clone(q.Context())
	served.RequestURI = (&url.URL{Path: q.URL.Path, RawQuery: q.URL.RawQuery}).RequestURI()
	if served.Body == nil {
		served.Body = http.NoBody
	}
	r.ServeHTTP(answer, served)
	return answer.Result(), nil
}

// readPoints reads a body, including NaN and infinities in the form of Python, which are not JSON.
func readPoints(body []byte, encoding string) ([]point, error) {
	var text io.Reader = bytes.NewReader(body)
	var err error
	switch encoding {
	case "gzip":
		text, err = gzip.NewReader(text)
	case "deflate":
		text, err = zlib.NewReader(text)
	}
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(text)
	if err != nil {
		return nil, err
	}
	plain = regexp.MustCompile(`("value": )(NaN|-?Infinity)([,}])`).ReplaceAll(plain, []byte(`$1"$2"$3`))
	var rows []struct {
		Metric    string
		Tags      map[string]json.RawMessage
		Timestamp json.RawMessage
		Value     json.RawMessage
	}
	if err := json.Unmarshal(plain, &rows); err != nil {
		return nil, fmt.Errorf("%w: %.200s", err, plain)
	}
	var points []point
	for _, row := range rows {
		p := point{Metric: row.Metric, Tags: map[string]string{}, Timestamp: string(row.Timestamp), Value: strings.Trim(string(row.Value), `"`)}
		for key, raw := range row.Tags {
			var value string
			if raw[0] == '"' {
				if err := json.Unmarshal(raw, &value); err != nil {
					return nil, err
				}
			} else {
				value = "(" + string(raw) + ")"
			}
			p.Tags[key] = value
		}
		points = append(points, p)
	}
	return points, nil
}
