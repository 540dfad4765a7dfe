// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

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

// tap is a transport that takes down what goes over it.
type tap struct {
	base *http.Transport

	mu    sync.Mutex
	dated *exchange // the first whose answer has a date
	last  *exchange
}

// exchange is a request and its answer.
type exchange struct {
	begun, answered time.Time
	authorized      bool
	encoding        string
	point           *point // the only one of a put
	status          int    // 0: no answer
	header          http.Header
}

// point is a point as it is on the wire.
type point struct {
	Metric    string            `json:"metric"`
	Tags      map[string]string `json:"tags"`
	Timestamp int64             `json:"timestamp"`
	Value     json.Number       `json:"value"`
}

// RoundTrip is that of the transport below.
func (t *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	x := &exchange{
		begun: time.Now(), authorized: r.Header.Get("Authorization") != "",
		encoding: r.Header.Get("Content-Encoding"), point: pointOf(r),
	}
	response, err := t.base.RoundTrip(r)
	x.answered = time.Now()
	if err == nil {
		x.status, x.header = response.StatusCode, response.Header
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = x
	if t.dated == nil && x.header.Get("Date") != "" {
		t.dated = x
	}
	return response, err
}

// seen returns the last exchange, and the first that has a date; nil without one.
func (t *tap) seen() (last, dated *exchange) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last, t.dated
}

func (t *tap) close() { t.base.CloseIdleConnections() }

// pointOf returns the first point of a put, behind which target_info may come, nil of
// any other request.
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

// String shows a point as the README does.
func (p *point) String() string {
	tags := make([]string, 0, len(p.Tags))
	for _, k := range slices.Sorted(maps.Keys(p.Tags)) {
		tags = append(tags, k+"="+p.Tags[k])
	}
	return fmt.Sprintf("%s{%s} %d %s", p.Metric, strings.Join(tags, ", "), p.Timestamp, p.Value)
}
