// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

const readHeaderTimeout = 10 * time.Second

// Server is a [Handler] with a listener. Create it with [NewServer] or [NewMemoryServer], and close it with Close.
type Server struct {
	// URL is the endpoint for a client, without a trailing slash.
	URL string
	*Handler

	http   *http.Server
	client *http.Client
	served chan struct{}
	once   sync.Once
}

// NewServer starts a server on a free port of 127.0.0.1. Like httptest, it panics if it cannot listen.
func NewServer(opts ...Option) *Server {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		panic(fmt.Sprintf("apptuittest: cannot listen: %v", err))
	}
	return start(l, "http://"+l.Addr().String(), &http.Transport{}, opts)
}

// NewMemoryServer starts a server that uses pipes in memory instead of sockets. Only requests of its [Server.Client] reach
// it; its URL is a loopback address that cannot be dialed. Goroutines that wait for the server are durably blocked in the
// sense of testing/synctest. In a synctest bubble, create and close the server inside the bubble.
func NewMemoryServer(opts ...Option) *Server {
	l := newPipeListener()
	return start(l, "http://127.0.0.1:0", &http.Transport{DialContext: l.dial}, opts)
}

func start(l net.Listener, url string, transport *http.Transport, opts []Option) *Server {
	s := &Server{
		URL:     url,
		Handler: NewHandler(opts...),
		client:  &http.Client{Transport: transport},
		served:  make(chan struct{}),
	}
	s.http = &http.Server{Handler: s.Handler, ReadHeaderTimeout: readHeaderTimeout}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(l) // ends with ErrServerClosed
	}()
	return s
}

// Client returns an HTTP client for this server, which uses no proxy. Close closes its connections.
func (s *Server) Client() *http.Client { return s.client }

// Close aborts delayed and hanging requests, closes all connections, and returns when no request is being handled. Points
// and requests that have been received remain available. Close can be called more than once.
func (s *Server) Close() {
	s.once.Do(func() {
		s.Handler.Close()
		_ = s.http.Close() // the error is that of closing the listener
		<-s.served
		s.inFlight.Wait()
		s.client.CloseIdleConnections()
	})
}
