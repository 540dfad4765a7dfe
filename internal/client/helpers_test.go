// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// TestMain hides the caller's environment from the tests.
func TestMain(m *testing.M) {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "APPTUIT_") || strings.HasSuffix(strings.ToUpper(name), "_PROXY") {
			_ = os.Unsetenv(name)
		}
	}
	os.Exit(m.Run())
}

// numbered returns test point i.
func numbered(i int) apptuitclient.DataPoint {
	return apptuitclient.DataPoint{
		Metric:    "m",
		Tags:      map[string]string{"i": strconv.Itoa(i)},
		Timestamp: time.Unix(int64(1700000000+i), 0),
		Value:     float64(i),
	}
}

func numberedPoints(n int) []apptuitclient.DataPoint {
	points := make([]apptuitclient.DataPoint, n)
	for i := range points {
		points[i] = numbered(i)
	}
	return points
}

// fake is a server in the form of a RoundTripper, so that tests need neither sockets nor
// real time.
type fake struct {
	t      testing.TB
	answer func(c *call) (answer, error)

	mu    sync.Mutex
	calls []*call
}

// call is a request to the fake.
type call struct {
	*http.Request
	n    int // number of the request, from 0
	at   time.Time
	text string // the body, decompressed
}

func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	text := decompress(f.t, r.Header.Get("Content-Encoding"), r.Body, r.ContentLength)
	f.mu.Lock()
	c := &call{Request: r, n: len(f.calls), at: time.Now(), text: text}
	f.calls = append(f.calls, c)
	f.mu.Unlock()
	a, err := f.answer(c)
	if err != nil {
		return nil, err
	}
	return a.response(r), nil
}

func (f *fake) all() []*call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// decompress reads the body of a request to its end, closes it and checks its length.
func decompress(t testing.TB, encoding string, body io.ReadCloser, length int64) string {
	t.Helper()
	defer body.Close()
	raw, err := io.ReadAll(body)
	if err != nil || int64(len(raw)) != length {
		t.Errorf("read %d bytes of a body of %d: %v", len(raw), length, err)
	}
	var r io.Reader = bytes.NewReader(raw)
	switch encoding {
	case "gzip":
		r, err = gzip.NewReader(r)
	case "deflate":
		r, err = zlib.NewReader(r)
	}
	if err != nil {
		t.Error(err)
		return ""
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

// sentPoint is a point on the wire.
type sentPoint struct {
	Metric    string            `json:"metric"`
	Tags      map[string]string `json:"tags"`
	Timestamp json.Number       `json:"timestamp"`
	Value     json.Number       `json:"value"`
}

// points returns the points of a request.
func (c *call) points(t testing.TB) []sentPoint {
	t.Helper()
	var points []sentPoint
	if err := json.Unmarshal([]byte(c.text), &points); err != nil {
		t.Errorf("the body of request %d: %v", c.n, err)
	}
	return points
}

// numbers returns the numbers of the test points in a request.
func (c *call) numbers(t testing.TB) []int {
	t.Helper()
	var numbers []int
	for _, p := range c.points(t) {
		i, err := strconv.Atoi(p.Tags["i"])
		if err != nil {
			t.Errorf("not a test point: %v", p)
		}
		numbers = append(numbers, i)
	}
	return numbers
}

// answer is an answer of the fake.
type answer struct {
	code    int
	body    string
	headers []string      // names and values, alternating
	stream  io.ReadCloser // replaces the body; its length is not announced
}

func (a answer) response(r *http.Request) *http.Response {
	response := &http.Response{
		Status: http.StatusText(a.code), StatusCode: a.code, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: io.NopCloser(strings.NewReader(a.body)), ContentLength: int64(len(a.body)), Request: r,
	}
	if a.stream != nil {
		response.Body, response.ContentLength = a.stream, -1
	}
	for i := 0; i < len(a.headers); i += 2 {
		response.Header.Add(a.headers[i], a.headers[i+1])
	}
	return response
}

func status(code int, headers ...string) answer { return text(code, "", headers...) }

func text(code int, body string, headers ...string) answer {
	return answer{code: code, body: body, headers: headers}
}

// newFake returns a fake that gives the answers in order, and then repeats the last one.
func newFake(t testing.TB, answers ...answer) *fake {
	t.Helper()
	return &fake{t: t, answer: func(c *call) (answer, error) { return answers[min(c.n, len(answers)-1)], nil }}
}

// client returns a client of the fake.
func (f *fake) client(opts ...apptuitclient.Option) *apptuitclient.Client {
	f.t.Helper()
	return newClient(f.t, append([]apptuitclient.Option{
		apptuitclient.WithEndpoint("https://fake.test"),
		apptuitclient.WithHTTPClient(&http.Client{Transport: f}),
	}, opts...)...)
}

// newClient returns a client that is closed at the end of the test.
func newClient(t testing.TB, opts ...apptuitclient.Option) *apptuitclient.Client {
	t.Helper()
	c, err := apptuitclient.New(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// newServer starts a server and a client of it, and closes both at the end of the test.
func newServer(t testing.TB, opts ...apptuitclient.Option) (*apptuittest.Server, *apptuitclient.Client) {
	t.Helper()
	s := apptuittest.NewServer()
	t.Cleanup(s.Close)
	return s, newClient(t, append([]apptuitclient.Option{apptuitclient.WithEndpoint(s.URL)}, opts...)...)
}

func withoutRetry() apptuitclient.Option {
	return apptuitclient.WithRetry(apptuitclient.RetryConfig{})
}

// counted requires that a Send has failed with the given counts, and returns its error.
func counted(t testing.TB, err error, successful, failed int) *apptuitclient.SendError {
	t.Helper()
	var e *apptuitclient.SendError
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a SendError of %d and %d points", err, successful, failed)
	}
	if e.Successful != successful || e.Failed != failed {
		t.Errorf("%d points are successful and %d failed, want %d and %d: %v", e.Successful, e.Failed, successful, failed, err)
	}
	if strings.ContainsAny(err.Error(), "\n\r") {
		t.Errorf("more than a line: %q", err)
	}
	return e
}

// contains requires that an error contains texts.
func contains(t testing.TB, err error, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(fmt.Sprint(err), text) {
			t.Errorf("%q is not in %q", text, fmt.Sprint(err))
		}
	}
}

func sorted(numbers []int) []int {
	slices.Sort(numbers)
	return numbers
}

// spooling returns a client of the fake with a spool.
func (f *fake) spooling(dir string, opts ...apptuitclient.Option) *apptuitclient.Client {
	f.t.Helper()
	quiet := apptuitclient.WithWarningHandler(func(error) {})
	return f.client(append([]apptuitclient.Option{quiet, apptuitclient.WithSpool(dir)}, opts...)...)
}

func always(code int, headers ...string) func(*call) (answer, error) {
	return func(*call) (answer, error) { return status(code, headers...), nil }
}

// changing is a server whose answer can be replaced.
func changing(t testing.TB, first func(*call) (answer, error)) (*fake, func(func(*call) (answer, error))) {
	t.Helper()
	var now atomic.Value
	now.Store(first)
	return &fake{t: t, answer: func(c *call) (answer, error) { return now.Load().(func(*call) (answer, error))(c) }},
		func(next func(*call) (answer, error)) { now.Store(next) }
}

// outageOf returns a server with an outage that lasts until the returned function is
// called.
func outageOf(t testing.TB, outage func(*call) (answer, error)) (*fake, func()) {
	t.Helper()
	f, set := changing(t, outage)
	return f, func() { set(always(204)) }
}

// spoolDir returns a folder for the spool of a test that is not about disks: in memory if
// possible, where a sync takes no time.
func spoolDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "apptuit-spool-") //nolint:usetesting // t.TempDir would be on a disk
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func stats(t testing.TB, c *apptuitclient.Client) apptuitclient.SpoolStats {
	t.Helper()
	s, ok := c.SpoolStats()
	if !ok {
		t.Fatal("there is no spool")
	}
	if s.Found+s.Spooled != s.Replayed+s.Rejected+s.Dropped+s.Removed+uint64(s.Points) {
		t.Errorf("points are lost or counted twice: %+v", s)
	}
	return s
}

// wantStats compares the statistics of a spool, except for the bytes.
func wantStats(t testing.TB, c *apptuitclient.Client, want apptuitclient.SpoolStats) {
	t.Helper()
	got := stats(t, c)
	got.Bytes = 0
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("spool (-want +got):\n%s", diff)
	}
}

// send sends points, and requires that none fails.
func send(t testing.TB, c *apptuitclient.Client, points ...apptuitclient.DataPoint) {
	t.Helper()
	if err := c.Send(t.Context(), points); err != nil {
		t.Error(err)
	}
}

// batchFiles returns the names of the files in a spool.
func batchFiles(t testing.TB, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.batch"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}
