// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"
)

var errClosed = errors.New("the server is closed")

// Request is a request as it was seen.
type Request struct {
	Time   time.Time // of its arrival
	Method string
	Path   string
	Query  url.Values  // without what cannot be read
	Header http.Header // with Authorization

	RawQuery string // the query string as sent, in its quoting

	ContentLength int64  // as announced; -1 for a chunked body
	Encoding      string // its Content-Encoding
	BodyBytes     int64  // read of the body, as sent
	DecodedBytes  int64  // read of the body, decompressed

	Points   int // in the body, as far as it could be read
	Accepted int // of these stored

	Faulted bool // a fault of the script applied
	Status  int  // answered; 0 when nothing was, or not yet
}

// Points returns the accepted points in order of arrival. They are the caller's.
func (h *Handler) Points() []Point {
	h.mu.Lock()
	defer h.mu.Unlock()
	points := make([]Point, len(h.points))
	for i, p := range h.points {
		points[i] = p.clone()
	}
	return points
}

// Take returns the accepted points as Points does, and forgets them. Total stays.
func (h *Handler) Take() []Point {
	h.mu.Lock()
	defer h.mu.Unlock()
	points := h.points
	h.points = nil
	return points
}

// Total returns the number of points accepted so far, also of those no longer or never kept.
func (h *Handler) Total() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.total
}

// Requests returns the requests in order of arrival, those still under way included. The first 10,000 are kept. They
// are the caller's.
func (h *Handler) Requests() []Request {
	h.mu.Lock()
	defer h.mu.Unlock()
	requests := make([]Request, len(h.requests))
	for i, r := range h.requests {
		requests[i] = *r
		requests[i].Header = r.Header.Clone()
		requests[i].Query = maps.Clone(r.Query)
		for key, values := range r.Query {
			requests[i].Query[key] = slices.Clone(values)
		}
	}
	return requests
}

// Reset forgets points, requests and what is left of the script of faults, and sets Total to 0. Requests under way are
// not touched.
func (h *Handler) Reset() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.points, h.requests, h.script, h.total = nil, nil, nil, 0
}

// WaitPoints waits until Total is at least n. Its error says how many points have arrived and wraps the context's, or
// tells that the server is closed.
func (h *Handler) WaitPoints(ctx context.Context, n int) error {
	for {
		h.mu.Lock()
		total, arrived := h.total, h.arrived
		h.mu.Unlock()
		if total >= n {
			return nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return fmt.Errorf("apptuittest: %d of %d points arrived: %w", total, n, ctx.Err())
		case <-h.done:
			return fmt.Errorf("apptuittest: %d of %d points arrived: %w", total, n, errClosed)
		}
	}
}

// store accepts the points of a request.
func (h *Handler) store(r *Request, points []Point) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r.Accepted = len(points)
	if len(points) == 0 {
		return
	}
	h.total += len(points)
	h.points = append(h.points, points[:min(len(points), max(h.cfg.maxPoints-len(h.points), 0))]...)
	close(h.arrived)
	h.arrived = make(chan struct{})
}

// note changes a request's record.
func (h *Handler) note(change func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change()
}
