// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// backend is a server that stores points.
type backend struct {
	name      string
	server    apptuitclient.Server // its profile
	endpoint  string
	tolerance float64
	points    func(t testing.TB, metrics ...string) []servers.Point
	deflate   func(t testing.TB) bool // whether it accepts that encoding
}

func victoriaMetrics(t *testing.T) backend {
	v := servers.StartVictoriaMetrics(t)
	return backend{"VictoriaMetrics", apptuitclient.ServerVictoriaMetrics, v.Endpoint(), servers.VictoriaMetricsTolerance, v.Points, v.TakesDeflate}
}

func influxDB(t *testing.T) backend {
	i := servers.StartInfluxDB(t)
	return backend{"InfluxDB", apptuitclient.ServerInfluxDB, i.Endpoint(), 0, i.Points, func(testing.TB) bool { return false }}
}

// onEachBackend runs a test against an empty server of each kind.
func onEachBackend(t *testing.T, f func(t *testing.T, b backend)) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T) backend{
		"VictoriaMetrics": victoriaMetrics,
		"InfluxDB":        influxDB,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, start(t))
		})
	}
}

// profile selects the server's profile.
func (b backend) profile() apptuitclient.Option { return apptuitclient.WithServer(b.server) }

// holds fails the test unless the server has exactly these points, or exactly these points of some
// metrics.
func (b backend) holds(t *testing.T, want []servers.Point, metrics ...string) {
	t.Helper()
	if diff := servers.Diff(want, b.points(t, metrics...), b.tolerance); diff != "" {
		t.Errorf("in %s: %s", b.name, diff)
	}
}

// hurry is a retry policy with short intervals. Only the deadlines of the test end the retries.
func hurry() apptuitclient.Option {
	return apptuitclient.WithRetry(apptuitclient.RetryConfig{
		Enabled: true, InitialInterval: 50 * time.Millisecond, MaxInterval: 200 * time.Millisecond,
	})
}

func newClient(t *testing.T, endpoint string, opts ...apptuitclient.Option) *apptuitclient.Client {
	t.Helper()
	c, err := apptuitclient.New(append([]apptuitclient.Option{apptuitclient.WithEndpoint(endpoint)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("closing the client: %v", err)
		}
	})
	return c
}

func newExporter(t *testing.T, endpoint string, opts ...exporter.Option) *exporter.Exporter {
	t.Helper()
	e, err := exporter.New(t.Context(), append([]exporter.Option{exporter.WithEndpoint(endpoint)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// within returns a context that ends after a duration.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// attempt is a request with the answer's status, 0 without an answer.
type attempt struct {
	at           time.Time
	method, path string
	status       int
	gzip         bool // the transport asked for gzip, and got it
}

// wire records the requests of a client.
type wire struct {
	mu       sync.Mutex
	attempts []attempt
	failed   chan struct{} // closed when a first request was not accepted
}

func newWire() *wire { return &wire{failed: make(chan struct{})} }

// client returns the HTTP client for a client under test.
func (w *wire) client() apptuitclient.Option {
	return apptuitclient.WithHTTPClient(&http.Client{Transport: w})
}

// RoundTrip sends a request by the default transport, and records it.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	a := attempt{at: time.Now(), method: r.Method, path: r.URL.Path}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		a.status, a.gzip = response.StatusCode, response.Uncompressed
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.attempts = append(w.attempts, a)
	if a.status != http.StatusNoContent {
		select {
		case <-w.failed:
		default:
			close(w.failed)
		}
	}
	return response, err
}

// seen returns the attempts so far.
func (w *wire) seen() []attempt {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]attempt(nil), w.attempts...)
}

// afterFailure waits for a request that was not accepted, and then calls a function that ends the fault.
func (w *wire) afterFailure(ctx context.Context, repair func()) error {
	select {
	case <-w.failed:
		repair()
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// sendError returns the SendError of a Send or an Export.
func sendError(t *testing.T, err error) *apptuitclient.SendError {
	t.Helper()
	var s *apptuitclient.SendError
	if !errors.As(err, &s) {
		t.Fatalf("error %v of type %T, want a *SendError", err, err)
	}
	return s
}

// past is a time in the past, and its whole second.
var past = time.Date(2026, 2, 3, 4, 5, 6, 999_000_000, time.UTC)

// millis returns the time of a point that was sent in whole seconds.
func millis(t time.Time) int64 { return t.Unix() * 1000 }

// samplePoints returns n points for a client, each of a different series, and the points that a server
// must have then.
func samplePoints(n int) ([]apptuitclient.DataPoint, []servers.Point) {
	sent, stored := make([]apptuitclient.DataPoint, n), make([]servers.Point, n)
	for i := range n {
		tags := map[string]string{"series": "s" + strconv.Itoa(i)}
		at := past.Add(time.Duration(i) * 17 * time.Second)
		value := float64(i)*1.25 + 0.1
		sent[i] = apptuitclient.DataPoint{Metric: "sample.points", Tags: tags, Timestamp: at, Value: value}
		stored[i] = servers.Point{Metric: "sample_points", Tags: tags, Time: millis(at), Value: value}
	}
	return sent, stored
}

// statusOf returns the StatusError in an error.
func statusOf(t *testing.T, err error) *apptuitclient.StatusError {
	t.Helper()
	var status *apptuitclient.StatusError
	if !errors.As(err, &status) {
		t.Fatalf("error %v, want a StatusError", err)
	}
	return status
}
