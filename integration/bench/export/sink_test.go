// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/rpc"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/klauspost/compress/gzip"
)

// sink is a process that receives the requests of exporters.
type sink struct {
	rpc  *rpc.Client
	host string // host:port for all protocols
}

// startSink runs this test binary as a sink until the test ends.
func startSink(tb testing.TB) *sink {
	command := exec.Command(must(os.Executable()))
	command.Env = append(os.Environ(), "BENCH_SINK=1")
	command.Stderr = os.Stderr
	in, out := must(command.StdinPipe()), must(command.StdoutPipe())
	if err := command.Start(); err != nil {
		tb.Fatal(err)
	}
	s := &sink{rpc: rpc.NewClient(pipe{out, in})}
	tb.Cleanup(func() {
		_ = s.rpc.Close()
		if err := command.Wait(); err != nil {
			tb.Error(err)
		}
	})
	s.host = s.received(false).Host
	return s
}

// TestMain runs the tests, or the sink in a process that startSink started.
func TestMain(m *testing.M) {
	if os.Getenv("BENCH_SINK") == "" {
		os.Exit(m.Run())
	}
	server := rpc.NewServer()
	if err := server.RegisterName("Sink", newServer()); err != nil {
		panic(err)
	}
	server.ServeConn(pipe{os.Stdin, os.Stdout}) // until the other process ends, or closes the pipe
}

// pipe combines two pipes into a connection.
type pipe struct {
	io.Reader
	io.WriteCloser
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (s *sink) url() string { return "http://" + s.host }

// received returns the totals since the start of the sink, and sets whether the sink decodes from now
// on.
func (s *sink) received(decode bool) (r Received) {
	if err := s.rpc.Call("Sink.Received", decode, &r); err != nil {
		panic(err) // the sink's process has ended
	}
	return r
}

// scrape makes the sink request compressed metrics, as Prometheus does.
func (s *sink) scrape(url, accept string) error {
	return s.rpc.Call("Sink.Scrape", [2]string{url, accept}, new(struct{}))
}

// Received is the totals of a sink since its start.
type Received struct {
	Host   string  // host:port of the sink
	Bytes  int64   // all received bytes, including headers
	Points int     // decoded points, counted for each protocol as in [counts]
	Sum    float64 // of the values of decoded points
}

func (r *Received) add(value float64) {
	r.Points++
	r.Sum += value
}

// Server is the server in the sink's process. It accepts OTLP over HTTP and gRPC, OpenTSDB's put
// protocol and Prometheus' remote write at one address. It discards bodies, unless decoding is
// enabled.
type Server struct {
	http     *httptest.Server
	scraper  *http.Client
	bytes    atomic.Int64
	decoding atomic.Bool

	mu      sync.Mutex
	decoded Received
}

func newServer() *Server {
	s := &Server{}
	mux := http.NewServeMux()
	mux.Handle("POST /api/put", s.body(decodePut, http.StatusNoContent))
	mux.Handle("POST /api/v1/write", s.body(decodeRemoteWrite, http.StatusNoContent))
	mux.Handle("POST /v1/metrics", s.body(decodeOTLP, http.StatusOK))
	mux.HandleFunc("POST /opentelemetry.proto.collector.metrics.v1.MetricsService/Export", s.grpc)
	s.http = httptest.NewUnstartedServer(mux)
	s.http.Listener = countedListener{s.http.Listener, &s.bytes}
	s.http.Config.Protocols = new(http.Protocols)
	s.http.Config.Protocols.SetHTTP1(true)
	s.http.Config.Protocols.SetUnencryptedHTTP2(true)
	// Flow control windows as of a gRPC server for large messages, so that they do not limit the sender.
	s.http.Config.HTTP2 = &http.HTTP2Config{MaxReceiveBufferPerConnection: 16 << 20, MaxReceiveBufferPerStream: 8 << 20}
	s.http.Start()
	s.scraper = &http.Client{Transport: &http.Transport{
		DisableCompression: true,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, address)
			return countedConn{c, &s.bytes}, err
		},
	}}
	return s
}

// Received returns the totals since the start of the sink, and sets whether it decodes from now on.
func (s *Server) Received(decode bool, r *Received) error {
	s.decoding.Store(decode)
	s.mu.Lock()
	defer s.mu.Unlock()
	*r = s.decoded
	r.Host, r.Bytes = s.http.Listener.Addr().String(), s.bytes.Load()
	return nil
}

// Scrape requests the metrics at a URL with an Accept header.
func (s *Server) Scrape(target [2]string, _ *struct{}) error {
	request := must(http.NewRequest(http.MethodGet, target[0], http.NoBody))
	request.Header = http.Header{"Accept": {target[1]}, "Accept-Encoding": {"gzip"}}
	response, err := s.scraper.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("scraping %s: %s", target[0], response.Status)
	}
	return s.read(response.Body, response.Header, decodeExposition)
}

func (s *Server) body(decode decoder, status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := s.read(r.Body, r.Header, decode); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.WriteHeader(status)
	})
}

// grpc answers a unary call. The request and the answer have one message each, with a prefix of five
// bytes. The status is in the trailer.
func (s *Server) grpc(w http.ResponseWriter, r *http.Request) {
	_, err := io.CopyN(io.Discard, r.Body, 5)
	r.Header.Set("Content-Encoding", r.Header.Get("Grpc-Encoding"))
	if err = errors.Join(err, s.read(r.Body, r.Header, decodeOTLP)); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/grpc")
	w.Header().Set("Trailer", "Grpc-Status")
	_, _ = w.Write(make([]byte, 5)) // an empty message
	w.Header().Set("Grpc-Status", "0")
}

// read decodes a body if decoding is enabled, and discards it otherwise.
func (s *Server) read(body io.Reader, header http.Header, decode decoder) (err error) {
	if !s.decoding.Load() {
		_, err := io.Copy(io.Discard, body)
		return err
	}
	if header.Get("Content-Encoding") == "gzip" {
		if body, err = gzip.NewReader(body); err != nil {
			return err
		}
	}
	plain, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return decode(plain, header, &s.decoded)
}

// countedListener counts the bytes that its connections receive.
type countedListener struct {
	net.Listener
	bytes *atomic.Int64
}

func (l countedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return countedConn{c, l.bytes}, err
}

type countedConn struct {
	net.Conn
	bytes *atomic.Int64
}

func (c countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.bytes.Add(int64(n))
	return n, err
}
