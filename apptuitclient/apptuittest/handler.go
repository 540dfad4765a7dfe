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

// Handler is the server without a listener, to be used with any HTTP server. Create it with [NewHandler].
type Handler struct {
	cfg      config
	done     chan struct{}
	inFlight sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	script   []Fault
	points   []Point
	total    int
	arrived  chan struct{} // closed and made anew when points are stored
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

// Close aborts delayed and hanging requests, and all later ones. Points and requests that have been received can still be
// read. Close can be called more than once.
func (h *Handler) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.closed = true
		close(h.done)
	}
}

// ServeHTTP handles a request, with the next fault of the queue. To abort a connection it panics with
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
	repeat      int // of the body; 0 is once
}

// halves returns the body in two parts, each to be sent so many times.
func (a *answer) halves() (first, second []byte, firstTimes, secondTimes int) {
	if a.repeat > 1 {
		return a.body, a.body, a.repeat / 2, a.repeat - a.repeat/2
	}
	half := len(a.body) / 2
	return a.body[:half], a.body[half:], 1, 1
}

// begin takes note of a request, or returns nil when the handler is closed.
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

func (e *exchange) serve() {
	f := &e.fault
	scripted, replace := f.scripted()
	if f.BeforeBody {
		e.wait()
		f.Delay = 0
		if replace || f.Reset {
			e.respond(scripted)
			return
		}
	}

	own, points := e.process()
	if f.Apply {
		e.h.store(e.record, points)
	}
	e.wait()
	if replace {
		own = scripted
	}
	if !f.Apply && !replace && !f.Reset && !f.Truncate {
		e.h.store(e.record, points)
	}
	e.respond(own)
}

// process reads the request and gives the server's own answer, and the points that go with it.
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

// wait holds the request up for the fault's delay, or for ever. It does not return if the sender leaves or the server
// is closed meanwhile.
func (e *exchange) wait() {
	if e.fault.Hang {
		e.hold(nil)
	}
	e.sleep(e.fault.Delay)
}

func (e *exchange) sleep(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	e.hold(timer.C)
}

func (e *exchange) hold(over <-chan time.Time) {
	select {
	case <-over:
	case <-e.r.Context().Done():
		panic(http.ErrAbortHandler)
	case <-e.h.done:
		panic(http.ErrAbortHandler)
	}
}

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
		panic(http.ErrAbortHandler) // to return would end the body properly
	}
}

// write sends a part of the body some times. An error means that the sender has left; net/http closes the connection then,
// and after a short body.
func (e *exchange) write(part []byte, times int) {
	for range times {
		if _, err := e.w.Write(part); err != nil {
			return
		}
	}
}

func hasBody(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

// reset closes the connection so that the other end sees it broken rather than closed.
func (e *exchange) reset() {
	conn, _, err := http.NewResponseController(e.w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2 resets the stream upon this
	}
	if t, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = t.NetConn() // beneath TLS, lest it says good-bye
	}
	if l, ok := conn.(interface{ SetLinger(sec int) error }); ok {
		_ = l.SetLinger(0)
	}
	_ = conn.Close()
}
