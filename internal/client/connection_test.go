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
	"sync"
	"testing"
	"testing/synctest"

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
