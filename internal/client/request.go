// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// putURL returns the address of puts.
func (s *Settings) putURL() string {
	u := *s.Connection.endpoint
	u.Path += "/api/put"
	if u.RawPath != "" {
		u.RawPath += "/api/put"
	}
	u.RawQuery = "details"
	if s.Connection.Sync > 0 {
		u.RawQuery += "&sync&sync_timeout=" + strconv.FormatInt(s.Connection.Sync.Milliseconds(), 10)
	}
	return u.String()
}

// allHeaders returns the headers of every request.
func (s *Settings) allHeaders() *http.Header {
	h := http.Header{}
	for k, v := range s.Connection.Headers {
		h.Set(k, v)
	}
	h.Set("User-Agent", "apptuit-go/"+s.Version+" Go/"+strings.TrimPrefix(runtime.Version(), "go"))
	return &h
}

// newRequest returns a request with the headers of all, and the token it has.
func (c *Client) newRequest(ctx context.Context, method, address string) (*http.Request, string, error) {
	token, err := c.settings.creds.lookup(ctx)
	if err != nil {
		return nil, "", err
	}
	request, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return nil, "", err
	}
	request.Header = c.headers.Clone()
	c.settings.creds.set(request.Header, token)
	return request, token, nil
}

// do makes a request, whose body GetBody gives. If the server had closed the connection
// before the request came, the request is made once more: a connection that was kept for
// it may be closed at any moment, which says nothing about the server.
func (c *Client) do(request *http.Request) (*http.Response, error) {
	for again := false; ; again = true {
		if request.GetBody != nil {
			request.Body, _ = request.GetBody()
		}
		var conn connectionTrace
		response, err := c.settings.Connection.http.Do(request.WithContext(httptrace.WithClientTrace(request.Context(), conn.hooks())))
		switch {
		case err == nil:
			if response.Request == nil { // a transport that is not net/http's may forget it
				response.Request = request
			}
			response.Body = endWith(request.Context(), response.Body)
			return response, nil
		case again || request.Context().Err() != nil || !conn.reused.Load() || conn.answered.Load() || isTimeout(err) || isStreamError(err):
			return nil, conn.error(err)
		}
	}
}

// connectionTrace notes how far a request came.
type connectionTrace struct {
	connected atomic.Bool // there was a connection
	reused    atomic.Bool // which another request had used before
	answered  atomic.Bool // a byte of an answer came
}

func (t *connectionTrace) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GotConn:              func(info httptrace.GotConnInfo) { t.connected.Store(true); t.reused.Store(info.Reused) },
		GotFirstResponseByte: func() { t.answered.Store(true) },
	}
}

// error wraps the error of a request with a [cutOffError] if the connection was there
// and broke.
func (t *connectionTrace) error(err error) error {
	if isTimeout(err) || errors.Is(err, context.Canceled) {
		return err
	}
	broken := t.connected.Load() && !t.answered.Load()
	for _, cause := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE} {
		broken = broken || errors.Is(err, cause)
	}
	if !broken {
		return err
	}
	return &cutOffError{err}
}

// cutOffError is the error of a request whose connection broke: the server may have
// gone, or have found the request too large.
type cutOffError struct{ error }

func (e *cutOffError) Unwrap() error { return e.error }

// isStreamError reports whether an HTTP/2 server has reset a request, and not closed the
// connection: the error has no type that could be asked for.
func isStreamError(err error) bool { return strings.Contains(err.Error(), "stream error: stream ID ") }

// bodyGrace is the time in which a body has to notice that the context of its request has
// ended.
const bodyGrace = 200 * time.Millisecond

// endWith closes a body when a context has ended and the body goes on all the same, as that
// of a 101, or of a transport which is not net/http's. Other bodies end by themselves: they
// may not expect to be closed while they are read.
func endWith(ctx context.Context, body io.ReadCloser) io.ReadCloser {
	b := &endingBody{ReadCloser: body, closed: make(chan struct{})}
	b.stop = context.AfterFunc(ctx, func() {
		select {
		case <-b.closed:
		case <-time.After(bodyGrace):
			_ = body.Close()
		}
	})
	return b
}

// endingBody is closed once, by its reader.
type endingBody struct {
	io.ReadCloser
	stop   func() bool
	closed chan struct{}
}

func (b *endingBody) Close() error {
	if b.stop() {
		return b.ReadCloser.Close()
	}
	select {
	case <-b.closed:
	default:
		close(b.closed)
	}
	return b.ReadCloser.Close()
}

func isTimeout(err error) bool {
	var network net.Error
	return errors.As(err, &network) && network.Timeout()
}
