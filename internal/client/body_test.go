// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// endless is a body of 1 GB that counts the bytes that are read.
type endless struct {
	read   *atomic.Int64
	closed *atomic.Bool
}

func newEndless() endless { return endless{new(atomic.Int64), new(atomic.Bool)} }

func (e endless) Read(p []byte) (int, error) {
	if e.read.Add(int64(len(p))) > 1<<30 {
		return 0, io.EOF
	}
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func (e endless) Close() error {
	e.closed.Store(true)
	return nil
}

func TestClient_Send_LimitsAnswers(t *testing.T) {
	for _, code := range []int{200, 204, 302, 400, 401, 403, 413, 500, 503} {
		body := newEndless()
		f := &fake{t: t, answer: func(*call) (answer, error) {
			r := status(code)
			r.stream = body
			return r, nil
		}}
		err := f.client(withoutRetry()).Send(t.Context(), numberedPoints(1))
		if (err == nil) != (code == 204) { // without its complete body, a 200 is not a success
			t.Errorf("%d: %v", code, err)
		}
		if n := body.read.Load(); n > 4<<20 {
			t.Errorf("%d: %d bytes have been read", code, n)
		}
		if !body.closed.Load() {
			t.Errorf("%d: the body is left open", code)
		}
	}
}

// An answer that names each of many points is read completely.
func TestClient_Send_ReadsLargePutAnswers(t *testing.T) {
	s, c := newServer(t)
	const n = 3500
	s.Fail(apptuittest.Reject(func(p apptuittest.Point) string {
		if p.Float() >= n/4 {
			return "Storage of this point was refused: " + strings.Repeat("long reasons ", 40)
		}
		return ""
	}))
	err := c.Send(t.Context(), numberedPoints(n))
	counted(t, err, n/4, n-n/4)
	if strings.Contains(err.Error(), "not named") {
		t.Errorf("not all were found: %v", err)
	}
}

func TestClient_Send_LimitsCompressedAnswers(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	spaces := bytes.Repeat([]byte(" "), 1<<20)
	for range 8 {
		z.Write(spaces)
	}
	z.Close()
	for _, code := range []int{200, 500} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(code)
			w.Write(bomb.Bytes())
		}))
		transport := &counting{RoundTripper: http.DefaultTransport}
		c := newClient(t, apptuitclient.WithEndpoint(s.URL), apptuitclient.WithHTTPClient(&http.Client{Transport: transport}), withoutRetry())
		err := c.Send(t.Context(), numberedPoints(1))
		if n := transport.read.Load(); n > 4<<20 || n == 0 {
			t.Errorf("%d: %d bytes have been read: %v", code, n, err)
		}
		s.Close()
	}
}

// counting counts the bytes that are read of bodies, after decompression by the transport.
type counting struct {
	http.RoundTripper
	read atomic.Int64
}

func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := c.RoundTripper.RoundTrip(r)
	if response != nil {
		body := response.Body
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.TeeReader(body, writer(func(p []byte) { c.read.Add(int64(len(p))) })), body}
	}
	return response, err
}

type writer func([]byte)

func (w writer) Write(p []byte) (int, error) {
	w(p)
	return len(p), nil
}

// Bodies are drained, so that connections are reused after errors.
func TestClient_Send_ReusesConnectionsAfterErrors(t *testing.T) {
	h := apptuittest.NewHandler()
	s := httptest.NewUnstartedServer(h)
	var connections atomic.Int64
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	c := newClient(t, apptuitclient.WithEndpoint(s.URL), withoutRetry())
	for _, size := range []int{0, 10, 10_000, 200_000} {
		for _, code := range []int{200, 302, 400, 401, 403, 413, 429, 500, 503} {
			h.Fail(apptuittest.Fault{Status: code, Body: strings.Repeat("x", size)})
			_ = c.Send(t.Context(), numberedPoints(1))
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections for %d requests", n, len(h.Requests()))
	}
}

// If a server refuses a request by its headers and then resets the connection, the answer
// may be incomplete.
func TestClient_Send_JudgesIncompleteAnswers(t *testing.T) {
	for _, tt := range []struct {
		code     int
		requests int // with one retry or two halves, all of which succeed
		fails    bool
	}{
		{200, 2, false}, {400, 2, false}, {503, 2, false}, {413, 3, false}, {403, 1, true}, {302, 1, true},
	} {
		f := &fake{t: t, answer: func(c *call) (answer, error) {
			if c.n > 0 {
				return status(http.StatusNoContent), nil
			}
			r := status(tt.code)
			r.stream = io.NopCloser(io.MultiReader(strings.NewReader("refused "), broken{}))
			return r, nil
		}}
		err := f.client(apptuitclient.WithRetry(apptuitclient.RetryConfig{Enabled: true, InitialInterval: 1})).Send(t.Context(), numberedPoints(2))
		if (err != nil) != tt.fails || len(f.all()) != tt.requests {
			t.Errorf("%d: %d requests, %v", tt.code, len(f.all()), err)
		}
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// If a server answers 413 before it reads the body, the transport may still be reading the
// batch, which must not be released.
func TestClient_Send_KeepsTheBatchDuringAnEarly413(t *testing.T) {
	s, c := newServer(t,
		apptuitclient.WithCompression(apptuitclient.CompressionNone),
		apptuitclient.WithRetry(apptuitclient.RetryConfig{Enabled: true, InitialInterval: time.Millisecond, MaxInterval: time.Millisecond}))
	var sends sync.WaitGroup
	for g := range 8 {
		s.Fail(apptuittest.Fault{Status: http.StatusRequestEntityTooLarge, BeforeBody: true, Times: 1}) // fewer than it takes to split down to one point
		sends.Go(func() {
			points := make([]apptuitclient.DataPoint, 4000)
			for i := range points {
				points[i] = numbered(i)
				points[i].Metric = fmt.Sprintf("m%d", g)
			}
			if err := c.Send(t.Context(), points); err != nil {
				t.Error(err)
			}
		})
	}
	sends.Wait()
	seen := map[string]bool{}
	for _, p := range s.Points() {
		if p.Float() != float64(p.Time().Unix()-1700000000) || p.Tags["i"] != fmt.Sprint(p.Float()) {
			t.Fatalf("a point is mixed up: %v", p)
		}
		seen[p.Metric+p.Tags["i"]] = true
	}
	if len(seen) != 8*4000 {
		t.Errorf("%d points arrived", len(seen))
	}
}
