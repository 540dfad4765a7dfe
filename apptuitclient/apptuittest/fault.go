// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest

import (
	"fmt"
	"net/http"
	"time"
)

// Fault is a failure of the server for one or more requests. The zero value changes nothing. Fields can be combined:
// first, the Delay passes; then the server hangs (Hang), aborts the connection (Reset) or answers. Pause interrupts the
// answer in the middle, and Truncate ends it there.
//
// The valid points of the request are stored if the server sends its own answer completely, even if Delay, RetryAfter or
// Header is set. With Reject, the points that it accepts are stored. With any other fault, points are stored only if Apply
// is set.
type Fault struct {
	// Status, from 200 to 999, replaces the server's own answer with an answer that has this status. With Reject, it replaces
	// only the status of the answer to a put. With 0, the server sends its own answer, or 200 if there is a Body.
	Status int
	// Body is the body of the answer that replaces the server's own. If it is empty, that answer has no body.
	Body string
	// Repeat is the number of times the Body is sent, by default 1. The repeated body is not kept in memory.
	Repeat int
	// ContentType is the Content-Type of Body, by default text/plain.
	ContentType string
	// RetryAfter, unless it is empty, is the Retry-After header of the answer, even if this is the server's own answer.
	RetryAfter string
	// Header contains further headers of the answer, even if this is the server's own answer. They override the fields above.
	Header http.Header

	// Delay is the time before the request is answered. If the sender disconnects in the meantime, its points are stored
	// only if Apply is set.
	Delay time.Duration
	// Hang sends no answer. It ends when the sender disconnects or the server is closed. With BeforeBody, the server does
	// not notice that a sender disconnects before its body has been read.
	Hang bool
	// Reset aborts the connection instead of answering, with a TCP RST on a TCP connection.
	Reset bool
	// Truncate announces the whole body, sends its first half and closes the connection, or aborts it with Reset. The
	// status 204 becomes 200, and an answer without a body announces one byte.
	Truncate bool
	// Chunked sends the body with chunked transfer encoding, without a length. With Truncate the last, empty chunk is not
	// sent.
	Chunked bool
	// Pause is the time between the first and the second half of the body, or with Truncate between the first half and
	// the end of the connection. It ends early if the sender disconnects or the server is closed.
	Pause time.Duration
	// ReadPause is the time before each byte of the request's body is read. A request whose body has been read completely
	// is handled as usual, even if the sender has disconnected.
	ReadPause time.Duration
	// BeforeBody applies the fault before the request's body is read, like a proxy that rejects a request because of its
	// headers. No points are stored. Without Status, Body, Hang and Reset, only the Delay passes before the body is read;
	// the request is then handled as usual.
	BeforeBody bool

	// Apply stores the valid points of the request after it has been read, regardless of the answer.
	Apply bool
	// Reject is called for each valid point. It returns the reason for which the point is rejected, or an empty string to
	// accept the point. Points with the reason "Write timedout" are counted as timeouts, as OpenTSDB does.
	Reject func(Point) string

	// Times is the number of requests with this fault, by default 1.
	Times int
}

// Status returns a fault that answers one request with the status code and no body.
func Status(code int) Fault { return Fault{Status: code} }

// TooManyRequests returns a fault that answers one request with the status 429. Unless retryAfter is empty, it is the
// Retry-After header: a number of seconds or an HTTP date.
func TooManyRequests(retryAfter string) Fault {
	return Fault{Status: http.StatusTooManyRequests, RetryAfter: retryAfter}
}

// Reject returns a fault that rejects the points of one request for which reason returns a non-empty string. The other
// points are stored.
func Reject(reason func(Point) string) Fault { return Fault{Reject: reason} }

// Fail appends faults to the queue. Each request takes the first fault of the queue. If the queue is empty, the request is
// handled as usual. Fail panics if a Status is neither 0 nor between 200 and 999.
func (h *Handler) Fail(faults ...Fault) {
	for _, f := range faults {
		if f.Status != 0 && (f.Status < 200 || f.Status > 999) {
			panic(fmt.Sprintf("apptuittest: the status of a fault must be 0 or between 200 and 999, not %d", f.Status))
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range faults {
		f.Times = max(f.Times, 1)
		f.Header = f.Header.Clone()
		h.faults = append(h.faults, f)
	}
}

// nextFault takes the fault for one request from the queue. The caller holds h.mu.
func (h *Handler) nextFault() (Fault, bool) {
	if len(h.faults) == 0 {
		return Fault{}, false
	}
	f := h.faults[0]
	h.faults[0].Times--
	if h.faults[0].Times == 0 {
		h.faults = h.faults[1:]
	}
	return f, true
}

// replacement returns the answer that replaces the server's own, if the fault contains one.
func (f *Fault) replacement() (answer, bool) {
	if f.Reject != nil && !f.BeforeBody || f.Status == 0 && f.Body == "" {
		return answer{}, false
	}
	a := answer{status: f.Status, contentType: f.ContentType, body: []byte(f.Body), repeat: f.Repeat}
	if a.status == 0 {
		a.status = http.StatusOK
	}
	if a.contentType == "" && f.Body != "" {
		a.contentType = "text/plain; charset=utf-8"
	}
	return a, true
}
