// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest

import (
	"fmt"
	"net/http"
	"time"
)

// Fault is a failure of the server for one or more requests. The zero value changes nothing. Fields can be combined: the
// Delay comes first, then Hang, Reset or an answer, which Truncate cuts off and Pause interrupts in the middle.
//
// Points are stored if the server gives its own complete answer, however late and with whatever headers, and if
// Reject is set: then those that it accepts. With any other fault, points are stored only if Apply is set.
type Fault struct {
	// Status is the status of a scripted answer, 200 to 999. With Reject it replaces the status of the put answer.
	// Zero leaves the server's own answer, or 200 if there is a Body.
	Status int
	// Body is the body of a scripted answer. An empty Body is no body.
	Body string
	// Repeat is the number of times the Body is sent, by default 1. The repeated body is not kept in memory.
	Repeat int
	// ContentType is that of Body, by default text/plain.
	ContentType string
	// RetryAfter is the Retry-After header, unless it is empty, also of the server's own answer.
	RetryAfter string
	// Header is added to the answer, also to the server's own. It overrides the fields above.
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
	// BeforeBody applies the fault before the request's body is read, as a proxy does that rejects a request by its
	// headers. No points are stored. Without Status, Body, Hang and Reset only the Delay comes before the body, and the
	// request is then handled as usual.
	BeforeBody bool

	// Apply stores the valid points of the request when it has been read, whatever the answer.
	Apply bool
	// Reject is called for each valid point. If it returns a text, the point is rejected with that reason; if the text is
	// empty, the point is accepted. The reason "Write timedout" counts the point as a timeout, as OpenTSDB does.
	Reject func(Point) string

	// Times is the number of requests with this fault, by default 1.
	Times int
}

// Status returns a fault that answers one request with a status and no body.
func Status(code int) Fault { return Fault{Status: code} }

// TooManyRequests returns a fault that answers one request with 429 and the Retry-After header (seconds or an HTTP date),
// unless it is empty.
func TooManyRequests(retryAfter string) Fault {
	return Fault{Status: http.StatusTooManyRequests, RetryAfter: retryAfter}
}

// Reject returns a fault that rejects the points of one request for which reason returns a text. The others are stored.
func Reject(reason func(Point) string) Fault { return Fault{Reject: reason} }

// Fail appends faults to the queue. Each request takes the first fault of the queue; if the queue is empty, it is handled
// as usual. Fail panics if a Status is neither 0 nor between 200 and 999.
func (h *Handler) Fail(faults ...Fault) {
	for _, f := range faults {
		if f.Status != 0 && (f.Status < 200 || f.Status > 999) {
			panic(fmt.Sprintf("apptuittest: a fault with status %d", f.Status))
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range faults {
		f.Times = max(f.Times, 1)
		f.Header = f.Header.Clone()
		h.script = append(h.script, f)
	}
}

// nextFault removes the fault of one request from the queue. The caller holds the lock.
func (h *Handler) nextFault() (Fault, bool) {
	if len(h.script) == 0 {
		return Fault{}, false
	}
	f := h.script[0]
	h.script[0].Times--
	if h.script[0].Times == 0 {
		h.script = h.script[1:]
	}
	return f, true
}

// scripted returns the answer that replaces the server's own, if the fault has one.
func (f *Fault) scripted() (answer, bool) {
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
