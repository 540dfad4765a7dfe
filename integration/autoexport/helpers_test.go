// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package autoexport_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	collectorpb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// childVariable is the environment variable with the name of the child that the test binary runs
// instead of tests.
const childVariable = "AUTOEXPORT_TEST_CHILD"

// token is a secret in the environment of each child, which no child may print.
const token = "tok-3f9c1d77"

func TestMain(m *testing.M) {
	if name := os.Getenv(childVariable); name != "" {
		os.Exit(runChild(name))
	}
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if strings.HasPrefix(name, "APPTUIT_") || strings.HasPrefix(name, "OTEL_") {
			if err := os.Unsetenv(name); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}

// outcome is the result of a child: its output, and whether it failed.
type outcome struct {
	stdout, stderr string
	failed         bool
}

// running is a child that runs until the method end is called.
type running struct {
	command        *exec.Cmd
	stdin          io.Closer
	stdout, stderr bytes.Buffer
}

// start starts a child with environment variables of the form "name=value". Variables without a
// value are set to "".
func start(t *testing.T, name string, variables ...string) *running {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	c := &running{command: exec.CommandContext(ctx, os.Args[0])}
	c.command.Env = append(os.Environ(), childVariable+"="+name)
	c.command.Env = append(c.command.Env, variables...)
	c.command.Stdout, c.command.Stderr = &c.stdout, &c.stderr
	stdin, err := c.command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.stdin = stdin
	if err := c.command.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

// end closes the child's stdin, which makes it shut down. It waits for the child, and checks that it
// has printed no secret.
func (c *running) end(t *testing.T) outcome {
	t.Helper()
	c.stdin.Close()
	err := c.command.Wait()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatal(err)
	}
	o := outcome{c.stdout.String(), c.stderr.String(), err != nil}
	for _, secret := range []string{token, password} {
		if strings.Contains(o.stdout+o.stderr, secret) {
			t.Errorf("the child printed the secret %q:\n%s%s", secret, o.stdout, o.stderr)
		}
	}
	return o
}

// run starts a child and ends it.
func run(t *testing.T, name string, variables ...string) outcome {
	t.Helper()
	return start(t, name, variables...).end(t)
}

// refused runs a child, which must send nothing, and fail with an error that contains all these
// texts.
func refused(t *testing.T, name string, variables, want []string) {
	t.Helper()
	s := newTarget(t)
	o := run(t, name, s.variables(variables...)...)
	if !o.failed {
		t.Errorf("the program did not fail; its stderr: %s", o.stderr)
	}
	for _, text := range want {
		if !strings.Contains(o.stderr, text) {
			t.Errorf("the error does not contain %q:\n%s", text, o.stderr)
		}
	}
	if n := len(s.Requests()) + len(s.otlp.received()); n > 0 {
		t.Errorf("the program sent %d requests, want none", n)
	}
}

// target is the two servers of a child: one for the put protocol, and one for OTLP.
type target struct {
	*apptuittest.Server
	otlp *otlpServer
}

func newTarget(t *testing.T) *target {
	t.Helper()
	s := &target{apptuittest.NewServer(apptuittest.WithToken(token)), newOTLPServer(t)}
	t.Cleanup(s.Close)
	return s
}

// variables returns the environment variables with the addresses of both servers, followed by more.
func (s *target) variables(more ...string) []string {
	return append([]string{
		"APPTUIT_ENDPOINT=" + s.URL,
		"APPTUIT_API_TOKEN=" + token,
		"APPTUIT_TAGS=env: test",
		"APPTUIT_DISABLE_HOST_TAG=true",
		"OTEL_SERVICE_NAME=shop",
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + s.otlp.URL,
	}, more...)
}

// value returns the last value of a metric that the server has received, or "" if it has none.
func (s *target) value(metric string) string {
	points := s.Points()
	for _, p := range slices.Backward(points) {
		if p.Metric == metric {
			return p.Value.String()
		}
	}
	return ""
}

// otlpServer is an OTLP server that decodes and keeps its requests.
type otlpServer struct {
	*httptest.Server
	collectorpb.UnimplementedMetricsServiceServer

	hang atomic.Bool // whether requests over HTTP are read, but not answered

	mu       sync.Mutex
	paths    []string
	requests []*collectorpb.ExportMetricsServiceRequest
}

func newOTLPServer(t *testing.T) *otlpServer {
	t.Helper()
	s := &otlpServer{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		request := &collectorpb.ExportMetricsServiceRequest{}
		if err := proto.Unmarshal(body, request); err != nil {
			t.Errorf("the OTLP server cannot decode a request: %v", err)
		}
		s.take(r.URL.Path, request)
		if s.hang.Load() {
			<-r.Context().Done()
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *otlpServer) take(path string, request *collectorpb.ExportMetricsServiceRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paths = append(s.paths, path)
	s.requests = append(s.requests, request)
}

func (s *otlpServer) received() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.paths)
}

// Export implements the service of OTLP over gRPC.
func (s *otlpServer) Export(_ context.Context, request *collectorpb.ExportMetricsServiceRequest) (*collectorpb.ExportMetricsServiceResponse, error) {
	s.take("grpc", request)
	return &collectorpb.ExportMetricsServiceResponse{}, nil
}

// serveGRPC serves OTLP over gRPC until the test ends, and returns its address.
func (s *otlpServer) serveGRPC(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	collectorpb.RegisterMetricsServiceServer(server, s)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return "http://" + listener.Addr().String()
}

// metrics returns the received metrics by name, and the names of their services.
func (s *otlpServer) metrics() (names map[string]*metricspb.Metric, services []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	names = make(map[string]*metricspb.Metric)
	for _, request := range s.requests {
		for _, resource := range request.ResourceMetrics {
			for _, attribute := range resource.Resource.Attributes {
				if attribute.Key == "service.name" {
					services = append(services, attribute.Value.GetStringValue())
				}
			}
			for _, scope := range resource.ScopeMetrics {
				for _, m := range scope.Metrics {
					names[m.Name] = m
				}
			}
		}
	}
	return names, services
}

// orders returns the last value of the counter orders, or 0 if none was received.
func (s *otlpServer) orders() int64 {
	names, _ := s.metrics()
	if points := names["orders"].GetSum().GetDataPoints(); len(points) == 1 {
		return points[0].GetAsInt()
	}
	return 0
}
