// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest

import (
	"fmt"
	"net/http"
	"time"
)

// Fault is what a server does to a request instead of, or besides, answering it. The zero value changes nothing. The
// fields combine: a Delay comes before everything else, then Hang, Reset or an answer, which Truncate cuts
// short and Pause holds up in the middle.
//
// The points of a request are stored when the server gives its own answer in full, however late and with whatever
// headers, and when it rejects some of them. Every other fault stores nothing unless Apply is set.
type Fault struct {
	// Status is the status of a scripted answer, 200 to 999. With Reject it replaces the status of the put answer.
	// Zero leaves the server's own answer, or 200 if there is a Body.
	Status int
	// Body is the body of a scripted answer, sent exactly so; an empty one is sent as no body.
	Body string
	// Repeat sends the Body so many times over, without all of it being in memory; by default once.
	Repeat int
	// ContentType of Body, by default text/plain.
	ContentType string
	// RetryAfter is sent as the Retry-After header when not empty, also with the server's own answer.
	RetryAfter string
	// Header is added to the answer, also to the server's own, and beats the fields above.
	Header http.Header

	// Delay passes before the request is answered. Without Apply nothing is stored of a request whose sender has left
	// in the meantime.
	Delay time.Duration
	// Hang never answers. It ends when the sender leaves or the server is closed; when BeforeBody is set as well, a
	// sender whose body has not been read to its end is not seen leaving.
	Hang bool
	// Reset breaks the connection off instead of answering, with a TCP RST where it is one.
	Reset bool
	// Truncate announces the whole body but sends only its first half and closes the connection, or breaks it off if
	// Reset is set as well. A 204 becomes a 200, and an answer without a body announces one byte.
	Truncate bool
	// Chunked sends the body without announcing its length, the first half of it in HTTP chunks of its own, as a
	// server does that makes its answer up on the way. With Truncate the chunk that ends a body is left out.
	Chunked bool
	// Pause passes in the middle of the body: its first half has been sent then, with a length or Chunked. The second
	// half follows, or with Truncate the end of the connection. It ends early if the sender leaves or the server is
	// closed.
	Pause time.Duration
	// ReadPause passes before each byte of the request's body that is read. What has been read to its end is treated as
	// usual, though the sender may have left.
	ReadPause time.Duration
	// BeforeBody does all this before a byte of the request's body is read, as a proxy does that refuses by the
	// headers; nothing can be stored then. Without Status, Body, Hang and Reset only the Delay comes before the body,
	// and the request goes on as usual.
	BeforeBody bool

	// Apply stores the good points of the request as soon as it is read, whatever the answer: the sender cannot know.
	Apply bool
	// Reject is asked for each point that is good in itself: a text refuses the point with it, in the manner of
	// OpenTSDB; an empty one accepts it. The text "Write timedout" counts the point under timeouts, not under failed.
	Reject func(Point) string

	// Times is the number of requests that meet this fault, by default 1.
	Times int
}

// Status answers one request with the status and no body.
func Status(code int) Fault { return Fault{Status: code} }

// TooManyRequests answers one request with 429 and, when not empty, the Retry-After header: seconds or an HTTP date.
func TooManyRequests(retryAfter string) Fault {
	return Fault{Status: http.StatusTooManyRequests, RetryAfter: retryAfter}
}

// Reject refuses those points of one request for which reason returns a text; the others are stored.
func Reject(reason func(Point) string) Fault { return Fault{Reject: reason} }

// Fail appends faults to the script: each request takes the first one left, and is answered as usual when there is
// none. It panics if a Status is neither 0 nor between 200 and 999.
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

// nextFault takes one request's fault off the script. The caller holds the lock.
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
