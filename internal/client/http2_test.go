// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
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
)

// http2Server is a server that speaks HTTP/2 and counts its open connections.
type http2Server struct {
	*httptest.Server
	mu   sync.Mutex
	open map[net.Conn]bool
}

func newHTTP2Server(t *testing.T, answer http.HandlerFunc) *http2Server {
	t.Helper()
	s := &http2Server{open: map[net.Conn]bool{}}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("a request by %s", r.Proto)
		}
		_, _ = io.Copy(io.Discard, r.Body)
		answer(w, r)
	}))
	s.EnableHTTP2 = true
	s.Config.ConnState = func(c net.Conn, state http.ConnState) {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch state {
		case http.StateNew:
			s.open[c] = true
		case http.StateClosed:
			delete(s.open, c)
		}
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// connections returns the number of open connections.
func (s *http2Server) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// wantClosed requires that all connections are closed soon.
func (s *http2Server) wantClosed(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); s.connections() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d connections are open", s.connections())
		}
	}
}

func TestClient_Close_ClosesHTTP2Connections(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		sends  int
	}{
		{"that are idle", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, 0},
		{"with requests in flight", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			requests := make(chan struct{}, 10)
			s := newHTTP2Server(t, func(w http.ResponseWriter, r *http.Request) {
				requests <- struct{}{}
				tt.answer(w, r)
			})
			c := newClient(t, apptuitclient.WithEndpoint(s.URL), withoutRetry(),
				apptuitclient.WithTLSClientConfig(s.Client().Transport.(*http.Transport).TLSClientConfig))
			if tt.sends == 0 {
				send(t, c, numberedPoints(10)...)
			}
			var sends sync.WaitGroup
			for range tt.sends {
				sends.Go(func() { _ = c.Send(context.Background(), numberedPoints(10)) })
			}
			for range max(tt.sends, 1) {
				<-requests
			}
			if s.connections() == 0 {
				t.Fatal("no connection is open before Close")
			}
			c.Close()
			sends.Wait()
			s.wantClosed(t)
		})
	}
}

func TestClient_Close_KeepsHTTP2ConnectionsOfTheGivenClient(t *testing.T) {
	t.Parallel()
	s := newHTTP2Server(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	c := newClient(t, apptuitclient.WithEndpoint(s.URL), apptuitclient.WithHTTPClient(s.Client()))
	send(t, c, numberedPoints(10)...)
	c.Close()
	time.Sleep(1100 * time.Millisecond) // a client that owns its connections has closed them by then
	if n := s.connections(); n != 1 {
		t.Errorf("%d connections are open, want 1", n)
	}
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
func TestHTTP2_ReplacesADeadConnection(t *testing.T) {
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
