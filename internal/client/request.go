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

// putURL returns the URL of put requests.
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

// allHeaders returns the headers of all requests, apart from Authorization.
func (s *Settings) allHeaders() *http.Header {
	h := http.Header{}
	for k, v := range s.Connection.headers {
		h.Set(k, v)
	}
	h.Set("User-Agent", "apptuit-go/"+s.Version+" Go/"+strings.TrimPrefix(runtime.Version(), "go"))
	return &h
}

// newRequest returns a request with the common headers and the current token. It also
// returns the token, for the case that the server refuses it.
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

// do makes a request. GetBody must return its body, if it has one. If the server has closed
// a reused connection before it read the request, do makes the request once more: any
// server may close an idle connection at any moment.
func (c *Client) do(request *http.Request) (*http.Response, error) {
	for again := false; ; again = true {
		if request.GetBody != nil {
			request.Body, _ = request.GetBody()
		}
		var conn connectionTrace
		response, err := c.settings.Connection.http.Do(request.WithContext(httptrace.WithClientTrace(request.Context(), conn.hooks())))
		switch {
		case err == nil:
			if response.Request == nil { // a custom transport may not set it
				response.Request = request
			}
			response.Body = closeOnDone(request.Context(), response.Body)
			return response, nil
		case again || request.Context().Err() != nil || !conn.reused.Load() || conn.answered.Load() || isTimeout(err) || isStreamError(err):
			if !conn.connected.Load() {
				err = c.nameProxy(request, err)
			}
			return nil, conn.error(err)
		}
	}
}

// connectionTrace records the progress of a request on its connection.
type connectionTrace struct {
	connected atomic.Bool // the request got a connection
	reused    atomic.Bool // another request had used the connection before
	answered  atomic.Bool // the first byte of an answer has arrived
}

func (t *connectionTrace) hooks() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GotConn:              func(info httptrace.GotConnInfo) { t.connected.Store(true); t.reused.Store(info.Reused) },
		GotFirstResponseByte: func() { t.answered.Store(true) },
	}
}

// error wraps the error of a request in a [cutOffError] if its connection was established
// and then broke.
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

// cutOffError is the error of a request whose connection broke. The server may be down, or
// it may have closed the connection because the request is too large.
type cutOffError struct{ error }

func (e *cutOffError) Unwrap() error { return e.error }

// isStreamError reports whether an HTTP/2 server has reset a single request. net/http does
// not export the type of this error.
func isStreamError(err error) bool { return strings.Contains(err.Error(), "stream error: stream ID ") }

// bodyGrace is how long a body may take to notice that the context of its request has
// ended.
const bodyGrace = 200 * time.Millisecond

// closeOnDone returns a body that is closed bodyGrace after ctx has ended, in case that
// reading does not end by itself, as with the body of a 101 or of a custom transport. Other
// bodies return an error before that, and need not support a concurrent Close.
func closeOnDone(ctx context.Context, body io.ReadCloser) io.ReadCloser {
	b := &guardedBody{ReadCloser: body, closed: make(chan struct{})}
	b.stop = context.AfterFunc(ctx, func() {
		select {
		case <-b.closed:
		case <-time.After(bodyGrace):
			_ = body.Close()
		}
	})
	return b
}

// guardedBody tells closeOnDone when its reader has closed it.
type guardedBody struct {
	io.ReadCloser
	stop   func() bool
	closed chan struct{}
}

func (b *guardedBody) Close() error {
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
