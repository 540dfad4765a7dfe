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

// Request describes a request that the server has received.
type Request struct {
	Time   time.Time // time of arrival
	Method string
	Path   string
	Query  url.Values  // parameters of the URL, without malformed ones
	Header http.Header // all headers, including Authorization

	RawQuery string // query string of the URL, unchanged

	ContentLength int64  // -1 for a chunked body
	Encoding      string // Content-Encoding
	BodyBytes     int64  // bytes of the body that were read, before decompression
	DecodedBytes  int64  // bytes of the body that were read, after decompression

	Points   int // number of points in the body, as far as it could be read
	Accepted int // number of points that were accepted and stored

	Faulted bool // whether a fault was applied
	Status  int  // status of the answer, 0 if there is none (yet)
}

// Points returns a copy of the accepted points, in order of arrival. It does not include points that the server drops
// silently. It includes points whose values a later point overwrites.
func (h *Handler) Points() []Point {
	h.mu.Lock()
	defer h.mu.Unlock()
	points := make([]Point, len(h.points))
	for i, p := range h.points {
		points[i] = p.clone()
	}
	return points
}

// Take returns the accepted points, in order of arrival, and removes them. Total does not change.
func (h *Handler) Take() []Point {
	h.mu.Lock()
	defer h.mu.Unlock()
	points := h.points
	h.points = nil
	return points
}

// Total returns the number of points that have been accepted, including points that are not kept ([WithMaxPoints]).
func (h *Handler) Total() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.total
}

// Requests returns a copy of the first 10,000 requests, in order of arrival. It includes requests that are still being
// handled.
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

// Reset removes all points, requests and queued faults, and sets Total to 0. It does not affect requests that are being
// handled.
func (h *Handler) Reset() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.points, h.requests, h.faults, h.total = nil, nil, nil, 0
}

// WaitPoints waits until Total is at least n. If ctx ends or the server is closed before that, it returns an error with the
// number of points. The error wraps that of ctx.
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

// store adds the accepted points of a request.
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

// note calls change, which updates the record of a request, with the lock held.
func (h *Handler) note(change func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change()
}
