// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package sink takes what exporters send, in a process of its own, and says how
// much it was.
//
// It accepts OTLP over HTTP and gRPC, OpenTSDB's put and Prometheus' remote
// write, all at one address, and scrapes when told to. It reads bodies and throws
// them away, unless it has been told to decode: then it also says how many points
// were in them and what their values add up to. Bytes are those of the
// connections, with headers: what a sender puts on the wire.
package sink

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Totals is what a sink has got since it began.
type Totals struct {
	Requests int64
	Bytes    int64 // received, headers included
	Points   int64 // decoded
	// Sum adds up the values of sums and gauges and the counts of histograms that
	// were decoded. It does not depend on their order beyond rounding.
	Sum float64
}

// Sink serves at two addresses on the loopback interface.
type Sink struct {
	Data    string // host:port for those who send
	Control string // host:port for those who ask

	requests, bytes atomic.Int64
	decoding        atomic.Bool

	mu      sync.Mutex
	decoded content

	scraper *http.Client
	servers []*http.Server
	served  sync.WaitGroup
}

// Start returns a sink that serves until Close.
func Start() (*Sink, error) {
	s := &Sink{}
	s.scraper = &http.Client{Transport: &http.Transport{
		DisableCompression: true,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := (&net.Dialer{}).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &countedConn{c, &s.bytes}, nil
		},
	}}

	data := http.NewServeMux()
	data.Handle("POST /api/put", s.take(decodePut, http.StatusNoContent))
	data.Handle("POST /api/v1/write", s.take(decodeRemoteWrite, http.StatusNoContent))
	data.Handle("POST /v1/metrics", s.take(decodeOTLP, http.StatusOK))
	data.HandleFunc("POST /opentelemetry.proto.collector.metrics.v1.MetricsService/Export", s.takeGRPC)
	control := http.NewServeMux()
	control.HandleFunc("GET /totals", s.totals)
	control.HandleFunc("POST /decode", s.setDecoding)
	control.HandleFunc("POST /scrape", s.scrape)

	var err error
	if s.Data, err = s.serve(data, &s.bytes); err == nil {
		s.Control, err = s.serve(control, new(atomic.Int64))
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// serve listens on the loopback interface for HTTP/1 and, without TLS, HTTP/2.
func (s *Sink) serve(handler http.Handler, bytes *atomic.Int64) (address string, err error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{
		Handler: handler, Protocols: protocols, ReadHeaderTimeout: time.Minute,
		// As a gRPC server has it that expects large messages: the window must not be what limits the sender.
		HTTP2: &http.HTTP2Config{MaxReceiveBufferPerConnection: 16 << 20, MaxReceiveBufferPerStream: 8 << 20},
	}
	s.servers = append(s.servers, server)
	s.served.Go(func() { _ = server.Serve(&countedListener{listener, bytes}) })
	return listener.Addr().String(), nil
}

// Close ends serving.
func (s *Sink) Close() error {
	var errs []error
	for _, server := range s.servers {
		errs = append(errs, server.Close())
	}
	s.scraper.CloseIdleConnections()
	s.served.Wait()
	return errors.Join(errs...)
}

// take reads bodies of one format.
func (s *Sink) take(decode decoder, status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := s.read(r.Body, r.Header.Get("Content-Encoding"), decode); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(status)
	})
}

func (s *Sink) read(body io.Reader, encoding string, decode decoder) error {
	s.requests.Add(1)
	if !s.decoding.Load() {
		_, err := io.Copy(io.Discard, body)
		return err
	}
	plain, err := decompress(body, encoding)
	if err != nil {
		return err
	}
	got, err := decode(plain)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.decoded.add(got)
	return nil
}

// takeGRPC answers unary calls of gRPC: a message each way, with five bytes
// before it, and the status in the trailer.
func (s *Sink) takeGRPC(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/grpc")
	w.Header().Set("Trailer", "Grpc-Status, Grpc-Message")
	if err := s.readGRPC(r); err != nil {
		w.Header().Set("Grpc-Status", "13")
		w.Header().Set("Grpc-Message", err.Error())
		return
	}
	_, _ = w.Write(make([]byte, 5)) // an empty message
	w.Header().Set("Grpc-Status", "0")
}

func (s *Sink) readGRPC(r *http.Request) error {
	var head [5]byte
	if _, err := io.ReadFull(r.Body, head[:]); err != nil {
		return err
	}
	encoding := ""
	if head[0] == 1 {
		encoding = r.Header.Get("Grpc-Encoding")
	}
	return s.read(io.LimitReader(r.Body, int64(binary.BigEndian.Uint32(head[1:]))), encoding, decodeOTLP)
}

// scrape gets the metrics of a URL as Prometheus does, compressed.
func (s *Sink) scrape(w http.ResponseWriter, r *http.Request) {
	if err := s.scrapeFrom(r.Context(), r.FormValue("url"), r.FormValue("accept")); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
	}
}

func (s *Sink) scrapeFrom(ctx context.Context, url, accept string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", accept)
	request.Header.Set("Accept-Encoding", "gzip")
	response, err := s.scraper.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("scraping: %s", response.Status)
	}
	header := response.Header
	return s.read(response.Body, header.Get("Content-Encoding"), func(plain io.Reader) (content, error) {
		return decodeScrape(plain, header)
	})
}

func (s *Sink) setDecoding(w http.ResponseWriter, r *http.Request) {
	s.decoding.Store(r.FormValue("on") == "true")
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sink) totals(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := Totals{Requests: s.requests.Load(), Bytes: s.bytes.Load(), Points: s.decoded.points, Sum: s.decoded.sum}
	_ = json.NewEncoder(w).Encode(t)
}

// countedListener counts the bytes that its connections receive.
type countedListener struct {
	net.Listener
	bytes *atomic.Int64
}

// Accept waits for a connection.
func (l *countedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &countedConn{c, l.bytes}, nil
}

type countedConn struct {
	net.Conn
	bytes *atomic.Int64
}

// Read reads from the connection.
func (c *countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.bytes.Add(int64(n))
	return n, err
}
