// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// closing is a server, over pipes, that answers the first requests of each connection, and
// then closes it on the next request without an answer.
type closing struct {
	t        *testing.T
	answered int // requests per connection that get an answer

	mu          sync.Mutex
	connections int
	requests    int
	code        int
}

func (s *closing) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connections++
	go s.serve(server)
	return client, nil
}

func (s *closing) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for i := 0; ; i++ {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if i == s.answered {
			_, _ = io.CopyN(io.Discard, r.Body, 1)
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		s.mu.Lock()
		s.requests++
		code := s.code
		s.mu.Unlock()
		fmt.Fprintf(conn, "HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n", code)
	}
}

func (s *closing) client(opts ...apptuitclient.Option) *apptuitclient.Client {
	transport := &http.Transport{DialContext: s.dial}
	s.t.Cleanup(transport.CloseIdleConnections)
	return newClient(s.t, append([]apptuitclient.Option{
		apptuitclient.WithEndpoint("http://fake.test"), apptuitclient.WithHTTPClient(&http.Client{Transport: transport}),
	}, opts...)...)
}

// If the server closes a reused connection, the request is repeated without a delay and
// without the spool.
func TestClient_Send_RepeatsAtOnceOnAClosedConnection(t *testing.T) {
	for name, spooled := range map[string]bool{"without a spool": false, "with a spool": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &closing{t: t, answered: 1, code: 204}
				opts := []apptuitclient.Option{withoutRetry()}
				if spooled {
					opts = append(opts, apptuitclient.WithSpool(spoolDir(t)))
				}
				c := s.client(opts...)
				for range 5 {
					send(t, c, numberedPoints(500)...)
				}
				if s.requests != 5 || s.connections != 5 {
					t.Errorf("%d requests were answered, on %d connections", s.requests, s.connections)
				}
				if spooled {
					wantStats(t, c, apptuitclient.SpoolStats{})
				}
				c.Close()
			})
		})
	}
}

// The request is repeated once only: a server that also closes new connections is failing.
func TestClient_Send_DoesNotRepeatOnANewConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &closing{t: t, answered: 0}
		c := s.client(withoutRetry())
		e := counted(t, c.Send(t.Context(), numberedPoints(5)), 0, 5)
		if s.connections != 1 || !apptuitclient.Retryable(e) {
			t.Errorf("%d connections: %v", s.connections, e)
		}
	})
}

// After a 421, the next attempt uses a new connection.
func TestClient_Send_OpensANewConnectionAfter421(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &closing{t: t, answered: 10, code: 421}
		c := s.client()
		counted(t, c.Send(t.Context(), numberedPoints(5)), 0, 5)
		if s.requests < 3 || s.connections != s.requests {
			t.Errorf("%d requests on %d connections", s.requests, s.connections)
		}
		c.Close()
	})
}

// silentProxy forwards connections until it is silenced. After that the existing
// connections stay open and forward nothing.
type silentProxy struct {
	listener net.Listener
	silent   atomic.Bool // for the existing connections
	accepted atomic.Int32
}

func newSilentProxy(t *testing.T, to string) *silentProxy {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &silentProxy{listener: listener}
	var conns sync.WaitGroup
	var all sync.Map
	t.Cleanup(func() {
		listener.Close()
		all.Range(func(conn, _ any) bool { conn.(net.Conn).Close(); return true })
		conns.Wait()
	})
	conns.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			p.accepted.Add(1)
			server, err := new(net.Dialer).DialContext(context.Background(), "tcp", to)
			if err != nil {
				client.Close()
				return
			}
			all.Store(client, nil)
			all.Store(server, nil)
			quiet := new(atomic.Bool)
			forward := func(to, from net.Conn) {
				buffer := make([]byte, 32<<10)
				for {
					n, err := from.Read(buffer)
					if p.silent.Load() {
						quiet.Store(true)
					}
					if err != nil && !quiet.Load() {
						to.Close()
					}
					if err != nil {
						return
					}
					if !quiet.Load() {
						_, _ = to.Write(buffer[:n])
					}
				}
			}
			conns.Go(func() { forward(server, client) })
			conns.Go(func() { forward(client, server) })
		}
	})
	return p
}

// If a firewall drops an HTTP/2 connection silently, the client replaces the connection and
// loses no point.
func TestHTTP2_NoticesAPeerThatHasGone(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for pings")
	}
	t.Parallel()
	var arrived atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("a request of %s", r.Proto)
		}
		_, _ = io.Copy(io.Discard, r.Body)
		arrived.Add(1)
		w.WriteHeader(http.StatusNoContent)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	p := newSilentProxy(t, strings.TrimPrefix(s.URL, "https://"))
	c := newClient(t, apptuitclient.WithEndpoint("https://"+p.listener.Addr().String()),
		apptuitclient.WithTLSClientConfig(s.Client().Transport.(*http.Transport).TLSClientConfig))
	send(t, c, numberedPoints(10)...)
	p.silent.Store(true)
	start := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- c.Send(ctx, numberedPoints(10)) }()
	time.Sleep(2 * time.Second) // while the request is in flight
	p.silent.Store(false)
	if err := <-done; err != nil {
		t.Errorf("after %v: %v", time.Since(start), err)
	}
	if arrived.Load() != 2 || p.accepted.Load() != 2 {
		t.Errorf("%d requests arrived on %d connections", arrived.Load(), p.accepted.Load())
	}
}
