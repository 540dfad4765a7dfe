// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest

import (
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Handler is the server without a listener, for use with any HTTP server. Create it with [NewHandler]. Its methods are
// safe for concurrent use.
type Handler struct {
	cfg      config
	done     chan struct{}
	inFlight sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	faults   []Fault // the queue of Fail
	points   []Point
	total    int
	arrived  chan struct{} // closed and replaced when points are stored
	requests []*Request
}

// NewHandler returns a handler without points. To use it in a testing/synctest bubble, call NewHandler inside the bubble.
func NewHandler(opts ...Option) *Handler {
	return &Handler{
		cfg:     newConfig(opts),
		done:    make(chan struct{}),
		arrived: make(chan struct{}),
	}
}

// Close aborts delayed and hanging requests, and all later ones. Points and requests that have been received remain
// available. Close can be called more than once.
func (h *Handler) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.closed = true
		close(h.done)
	}
}

// ServeHTTP handles a request and applies the next fault of the queue. To abort the connection, it panics with
// http.ErrAbortHandler, as net/http specifies.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := h.begin(w, r)
	if e == nil {
		panic(http.ErrAbortHandler)
	}
	defer h.inFlight.Done()
	e.serve()
}

// exchange is one request and its answer.
type exchange struct {
	h      *Handler
	w      http.ResponseWriter
	r      *http.Request
	fault  Fault
	record *Request
}

// answer is a response that has not been written yet.
type answer struct {
	status      int
	contentType string
	header      http.Header
	body        []byte
	repeat      int // number of times the body is sent; 0 means once
}

// halves returns the two halves of the answer's body, and the number of times each is sent.
func (a *answer) halves() (first, second []byte, firstTimes, secondTimes int) {
	if a.repeat > 1 {
		return a.body, a.body, a.repeat / 2, a.repeat - a.repeat/2
	}
	half := len(a.body) / 2
	return a.body[:half], a.body[half:], 1, 1
}

// begin records a request and takes its fault from the queue. It returns nil if the handler is closed.
func (h *Handler) begin(w http.ResponseWriter, r *http.Request) *exchange {
	record := &Request{
		Time:          time.Now(),
		Method:        r.Method,
		Path:          r.URL.Path,
		Query:         r.URL.Query(),
		RawQuery:      r.URL.RawQuery,
		Header:        r.Header.Clone(),
		ContentLength: r.ContentLength,
		Encoding:      r.Header.Get("Content-Encoding"),
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil
	}
	h.inFlight.Add(1)
	e := &exchange{h: h, w: w, r: r, record: record}
	e.fault, record.Faulted = h.nextFault()
	if len(h.requests) < maxRequests {
		h.requests = append(h.requests, record)
	}
	return e
}

// serve applies the fault, handles the request and answers it.
func (e *exchange) serve() {
	f := &e.fault
	replacement, replaced := f.replacement()
	if f.BeforeBody {
		e.wait()
		f.Delay = 0
		if replaced || f.Reset {
			e.respond(replacement)
			return
		}
	}

	own, points := e.process()
	if f.Apply {
		e.h.store(e.record, points)
	}
	e.wait()
	if replaced {
		own = replacement
	}
	if !f.Apply && !replaced && !f.Reset && !f.Truncate {
		e.h.store(e.record, points)
	}
	e.respond(own)
}

// process reads the request. It returns the server's own answer, and the points that the answer accepts.
func (e *exchange) process() (answer, []Point) {
	body := e.body()
	defer body.drain()
	if !e.authorized() {
		a := errorAnswer(http.StatusUnauthorized, "Unauthorized", "The request carries no accepted credentials")
		a.header = http.Header{"Www-Authenticate": {`Bearer realm="apptuittest"`}}
		return a, nil
	}
	switch strings.TrimSuffix(e.r.URL.Path, "/") {
	case "/api/put":
		return e.put(body)
	case "/api/query":
		return e.query(), nil
	default:
		return errorAnswer(http.StatusNotFound, "Endpoint not found", "There is nothing at this path"), nil
	}
}

// wait waits for the fault's Delay, or for ever with Hang. If the sender disconnects or the server is closed, it does not
// return, but aborts the request.
func (e *exchange) wait() {
	if e.fault.Hang {
		e.waitFor(nil)
	}
	e.sleep(e.fault.Delay)
}

// sleep waits for d, like wait.
func (e *exchange) sleep(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	e.waitFor(timer.C)
}

// waitFor waits for the channel, like wait.
func (e *exchange) waitFor(over <-chan time.Time) {
	select {
	case <-over:
	case <-e.r.Context().Done():
		panic(http.ErrAbortHandler)
	case <-e.h.done:
		panic(http.ErrAbortHandler)
	}
}

// respond sends the answer, changed by the fault.
func (e *exchange) respond(a answer) {
	f := &e.fault
	if f.Reset && !f.Truncate {
		e.reset()
		return
	}
	first, rest, firstTimes, restTimes := a.halves()
	announced := len(first)*firstTimes + len(rest)*restTimes
	if f.Truncate {
		restTimes, announced = 0, max(announced, 1)
		if !hasBody(a.status) {
			a.status = http.StatusOK
		}
	}

	header := e.w.Header()
	maps.Copy(header, a.header)
	if a.contentType != "" {
		header.Set("Content-Type", a.contentType)
	}
	if f.RetryAfter != "" {
		header.Set("Retry-After", f.RetryAfter)
	}
	if hasBody(a.status) && !f.Chunked {
		header.Set("Content-Length", strconv.Itoa(announced))
	}
	for key, values := range f.Header {
		header[http.CanonicalHeaderKey(key)] = slices.Clone(values)
	}

	e.h.note(func() { e.record.Status = a.status })
	e.w.WriteHeader(a.status)
	if hasBody(a.status) {
		e.write(first, firstTimes)
		if f.Chunked || f.Pause > 0 || f.Reset {
			_ = http.NewResponseController(e.w).Flush()
		}
		e.sleep(f.Pause)
		e.write(rest, restTimes)
	}
	switch {
	case f.Reset:
		e.reset()
	case f.Truncate && f.Chunked:
		panic(http.ErrAbortHandler) // a return would send the last, empty chunk
	}
}

// write sends a part of the body as many times as given. An error means that the sender has disconnected. In that case,
// and after a body that is too short, net/http closes the connection.
func (e *exchange) write(part []byte, times int) {
	for range times {
		if _, err := e.w.Write(part); err != nil {
			return
		}
	}
}

// hasBody reports whether an answer with the status has a body.
func hasBody(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

// reset aborts the connection, so that the sender sees a reset instead of an orderly end.
func (e *exchange) reset() {
	conn, _, err := http.NewResponseController(e.w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // with HTTP/2, this resets the stream
	}
	if t, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = t.NetConn() // the connection below TLS, which would send close_notify
	}
	if l, ok := conn.(interface{ SetLinger(sec int) error }); ok {
		_ = l.SetLinger(0)
	}
	_ = conn.Close()
}
