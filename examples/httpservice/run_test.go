// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// TestMain removes variables of the user's environment that would configure the exporter.
func TestMain(m *testing.M) {
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

// service is a run of the service in the process of the test.
type service struct {
	url    string
	ended  chan error
	cancel context.CancelFunc
}

func start(t *testing.T, args ...string) *service {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &service{ended: make(chan error, 1), cancel: cancel}
	t.Cleanup(cancel)
	out, in := io.Pipe()
	go func() {
		err := run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), in, io.Discard)
		s.ended <- err
		in.CloseWithError(err)
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the service does not start: %v", err)
	}
	s.url = strings.TrimPrefix(strings.TrimSpace(line), "listening on ")
	return s
}

// end ends the service as a signal would, and waits until it has ended.
func (s *service) end(t *testing.T) {
	t.Helper()
	s.cancel()
	select {
	case err := <-s.ended:
		if err != nil {
			t.Errorf("the service ended with %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the service does not end")
	}
}

// caller makes requests, each on a connection of its own, and counts the
// answers by method, path and status.
type caller struct {
	client  *http.Client
	mu      sync.Mutex
	answers map[string]float64
}

func newCaller() *caller {
	return &caller{
		client:  &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute},
		answers: map[string]float64{},
	}
}

// call makes a request. It counts the answer by its route when all of it has arrived.
func (c *caller) call(ctx context.Context, method, url, route string) error {
	r, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return err
	}
	response, err := c.client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers[fmt.Sprintf("%s %s %d", method, route, response.StatusCode)]++
	return nil
}

// exported returns the last value of each series of a metric, by method, route and status.
func exported(points []apptuittest.Point, metric string) map[string]float64 {
	values := map[string]float64{}
	for _, p := range points {
		if p.Metric == metric {
			tags := p.Tags
			values[tags["http_request_method"]+" "+tags["http_route"]+" "+tags["http_response_status_code"]] = p.Float()
		}
	}
	return values
}

func TestRun_ExportsEveryAnsweredRequest(t *testing.T) {
	for name, interval := range map[string]string{"all in the last export": "1h", "in many exports": "20ms"} {
		t.Run(name, func(t *testing.T) {
			server := apptuittest.NewServer()
			defer server.Close()
			t.Setenv("APPTUIT_ENDPOINT", server.URL)
			s, c := start(t, "-interval", interval), newCaller()
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()

			// One request is in progress when the service is told to end. It is sent before the other
			// requests, so the service has accepted it.
			var all sync.WaitGroup
			sent := make(chan struct{})
			all.Go(func() {
				ctx := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
					WroteRequest: func(httptrace.WroteRequestInfo) { close(sent) },
				})
				if err := c.call(ctx, "GET", s.url+"/slow?for=1s", "/slow"); err != nil {
					t.Errorf("a request in progress was not answered: %v", err)
				}
			})
			<-sent
			enough := make(chan struct{}, 4)
			for range cap(enough) {
				all.Go(func() {
					// Make requests until the service accepts no more.
					for i := 0; ; i++ {
						err := c.callEach(ctx, s.url)
						if i == 4 || err != nil {
							enough <- struct{}{}
						}
						if err != nil {
							return
						}
					}
				})
			}
			for range cap(enough) {
				<-enough
			}
			s.end(t)
			all.Wait()
			if ctx.Err() != nil {
				t.Error("the service still accepts requests after its end")
			}

			points := server.Points()
			if diff := cmp.Diff(c.answers, exported(points, "http_server_request_duration_count")); diff != "" {
				t.Errorf("answered (-), exported (+):\n%s", diff)
			}
			if got := c.answers["GET /slow 200"]; got != 1 {
				t.Errorf("%v slow requests were answered", got)
			}
			if diff := cmp.Diff(map[string]float64{"GET  ": 0, "POST  ": 0}, exported(points, "http_server_active_requests")); diff != "" {
				t.Errorf("requests in progress at the end:\n%s", diff)
			}
			hasRuntime(t, points)
		})
	}
}

// callEach makes a request of each kind that is fast.
func (c *caller) callEach(ctx context.Context, url string) error {
	for _, r := range []struct{ method, path, route string }{
		{"GET", "/", "/"},
		{"GET", "/fail/404", "/fail/{code}"},
		{"GET", "/fail/503", "/fail/{code}"},
		{"GET", "/fail/200", "/fail/{code}"},
		{"GET", "/nowhere", ""},
		{"POST", "/slow", ""},
		{"GET", "/slow?for=1h", "/slow"},
	} {
		if err := c.call(ctx, r.method, url+r.path, r.route); err != nil {
			return err
		}
	}
	return nil
}

// hasRuntime fails the test unless the points contain metrics of the runtime, the process and the
// exporter, with the name of the service.
func hasRuntime(t *testing.T, points []apptuittest.Point) {
	t.Helper()
	metrics := []string{
		"go_goroutine_count", "go_memory_used", "go_memory_heap_live",
		"go_schedule_duration_count", "go_memory_gc_pause_duration_count", "apptuit_reporter_send_total",
	}
	if runtime.GOOS == "linux" {
		metrics = append(metrics, "process_cpu_time", "process_memory_usage", "process_thread_count", "process_uptime")
	}
	for _, metric := range metrics {
		if !slices.ContainsFunc(points, func(p apptuittest.Point) bool {
			return p.Metric == metric && p.Tags["service_name"] == "httpservice"
		}) {
			t.Errorf("no point of %s", metric)
		}
	}
}

func TestRun_EnvironmentNamesTheService(t *testing.T) {
	server := apptuittest.NewServer()
	defer server.Close()
	t.Setenv("APPTUIT_ENDPOINT", server.URL)
	t.Setenv("OTEL_SERVICE_NAME", "shop")
	start(t).end(t)
	for _, p := range server.Points() {
		if p.Tags["service_name"] != "shop" {
			t.Fatalf("point %v is not of shop", p)
		}
	}
	if server.Total() == 0 {
		t.Error("no points")
	}
}

func TestRun_ReturnsFailures(t *testing.T) {
	server := apptuittest.NewServer()
	defer server.Close()
	for name, test := range map[string]struct {
		args     []string
		endpoint string
		want     string
	}{
		"no endpoint, no token":    {endpoint: "", want: "token is needed"},
		"address in use":           {args: []string{"-addr", strings.TrimPrefix(server.URL, "http://")}, endpoint: server.URL, want: "listen tcp"},
		"interval not positive":    {args: []string{"-interval", "0s"}, endpoint: server.URL, want: "-interval 0s is not positive"},
		"an argument":              {args: []string{"start"}, endpoint: server.URL, want: `unexpected argument "start"`},
		"last export not accepted": {args: []string{"-addr", "127.0.0.1:0"}, endpoint: server.URL + "/nowhere", want: "404"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("APPTUIT_ENDPOINT", test.endpoint)
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			err := run(ctx, test.args, io.Discard, io.Discard)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}
