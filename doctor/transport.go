// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// recorder records the requests of clients, and their answers. It is safe for concurrent use.
type recorder struct {
	secrets *secrets

	mu    sync.Mutex
	dated *exchange // the first exchange whose answer has a Date header
	last  *exchange
}

// around returns a transport that sends requests with base, and records them.
func (r *recorder) around(base http.RoundTripper) http.RoundTripper {
	return &recordingTransport{base, r}
}

type recordingTransport struct {
	http.RoundTripper
	recorder *recorder
}

// exchange is a request and its answer.
type exchange struct {
	begun, answered time.Time
	authorized      bool
	encoding        string
	point           *point // the first point of a put request; nil for other requests
	status          int    // 0 without an answer
	header          http.Header
}

// point is a point as it is on the wire.
type point struct {
	Metric    string            `json:"metric"`
	Tags      map[string]string `json:"tags"`
	Timestamp int64             `json:"timestamp"`
	Value     json.Number       `json:"value"`
}

// RoundTrip implements http.RoundTripper.
func (t *recordingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	authorization := r.Header.Get("Authorization")
	x := &exchange{
		begun: time.Now(), authorized: authorization != "",
		encoding: r.Header.Get("Content-Encoding"), point: pointOf(r),
	}
	t.recorder.learn(authorization)
	response, err := t.RoundTripper.RoundTrip(r)
	x.answered = time.Now()
	if err == nil {
		x.status, x.header = response.StatusCode, response.Header
	}
	t.recorder.add(x)
	return response, err
}

// CloseIdleConnections is called by http.Client.CloseIdleConnections.
func (t *recordingTransport) CloseIdleConnections() {
	if base, ok := t.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

// learn adds the token of a request to the secrets, because an option may set the token without a
// source.
func (r *recorder) learn(authorization string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, token, ok := strings.Cut(authorization, " "); ok {
		r.secrets.keep(token)
	}
}

func (r *recorder) add(x *exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = x
	if r.dated == nil && x.header.Get("Date") != "" {
		r.dated = x
	}
}

// seen returns the last exchange, and the first exchange whose answer has a Date header. Each is nil
// if there is none.
func (r *recorder) seen() (last, dated *exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last, r.dated
}

// pointOf returns the first point of a put request. It returns nil for other requests. The other
// point of the request can only be target_info.
func pointOf(r *http.Request) *point {
	if r.GetBody == nil {
		return nil
	}
	body, err := r.GetBody()
	if err != nil {
		return nil
	}
	defer body.Close()
	var text io.Reader = body
	switch r.Header.Get("Content-Encoding") {
	case "gzip":
		text, err = gzip.NewReader(body)
	case "deflate":
		text, err = zlib.NewReader(body)
	}
	var points []point
	if err != nil || json.NewDecoder(text).Decode(&points) != nil || len(points) == 0 {
		return nil
	}
	return &points[0]
}

// String returns the point in the form of the documentation: metric{tags} timestamp value.
func (p *point) String() string {
	tags := make([]string, 0, len(p.Tags))
	for _, k := range slices.Sorted(maps.Keys(p.Tags)) {
		tags = append(tags, k+"="+p.Tags[k])
	}
	return fmt.Sprintf("%s{%s} %d %s", p.Metric, strings.Join(tags, ", "), p.Timestamp, p.Value)
}
