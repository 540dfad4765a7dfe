// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// canned is a server that reads requests, and answers each with a new copy of the same
// body.
type canned struct {
	code int
	body func() io.Reader
	gzip bool
}

func (s canned) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body)
	_ = r.Body.Close()
	body := s.body()
	if s.gzip {
		z, err := gzip.NewReader(body)
		if err != nil {
			return nil, err
		}
		body = z
	}
	return &http.Response{StatusCode: s.code, Header: http.Header{}, Body: io.NopCloser(body), ContentLength: -1, Request: r}, nil
}

func (s canned) client(t testing.TB, opts ...apptuitclient.Option) *apptuitclient.Client {
	t.Helper()
	return newClient(t, append([]apptuitclient.Option{
		apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithHTTPClient(&http.Client{Transport: s}),
	}, opts...)...)
}

// refusals returns a put answer that refuses each of n points for a different reason.
func refusals(n int, reason func(i int) string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"success":0,"failed":%d,"errors":[`, n)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"datapoint":{"metric":"m","timestamp":%d,"value":"%d","tags":{"i":"%d"}},"error":%q}`, 1700000000+i, i, i, reason(i))
	}
	b.WriteString("]}")
	return b.Bytes()
}

// Answers about 50,000 points, by name.
func largeAnswers(n int) map[string]func() io.Reader {
	bodies := map[string][]byte{
		"each point is refused": refusals(n, func(i int) string { return "Unknown metric " + strconv.Itoa(i) + strings.Repeat(" and more", 20) }),
		"each may be stored later": refusals(n, func(int) string {
			return "Please throttle"
		}),
		"one point many times":          []byte(strings.ReplaceAll(string(refusals(n, func(int) string { return "no" })), `"timestamp":17`, `"timestamp":16`)),
		"escapes that look like tokens": refusals(n, func(int) string { return strings.Repeat(`\u0074%74&#116;`, 10) }),
	}
	readers := map[string]func() io.Reader{}
	for name, body := range bodies {
		readers[name] = func() io.Reader { return bytes.NewReader(body) }
	}
	return readers
}

// Send returns by its deadline, however large the answer, also if many tokens were used
// before.
func TestClient_Send_ReturnsByTheDeadlineForAnyAnswer(t *testing.T) {
	const n = 50_000
	points := numberedPoints(n)
	var asked atomic.Int32
	tokens := apptuitclient.WithTokenSource(func(context.Context) (string, error) {
		return fmt.Sprintf("t0ken-%d", asked.Add(1)), nil
	})
	for name, body := range largeAnswers(n) {
		var whole time.Duration // the time without a deadline
		for _, deadline := range []time.Duration{time.Minute, 20 * time.Millisecond, 300 * time.Millisecond} {
			t.Run(fmt.Sprint(name, deadline), func(t *testing.T) {
				status := http.StatusUnauthorized
				s := &canned{code: status, body: func() io.Reader { return strings.NewReader("no") }}
				c := newClient(t, apptuitclient.WithEndpoint("https://fake.test"),
					apptuitclient.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) { return s.RoundTrip(r) })}),
					tokens, withoutRetry())
				for range 32 {
					_ = c.Send(t.Context(), points[:1])
				}
				s.code, s.body = http.StatusBadRequest, body
				ctx, cancel := context.WithTimeout(t.Context(), deadline)
				defer cancel()
				start := time.Now()
				err := c.Send(ctx, points)
				took := time.Since(start)
				var failed int
				if e := sendErrorOf(t, err); e != nil {
					failed = e.Failed
				}
				if failed != n {
					t.Errorf("%d points failed: %v", failed, err)
				}
				t.Logf("took %v", took)
				if deadline == time.Minute {
					whole = took
				}
				if late := took - deadline; late > time.Second+whole/2 { // usually some ms; more with the race detector or on a busy machine
					t.Errorf("%v after the deadline of %v", late, deadline)
				}
			})
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Close stops the reading of an answer.
func TestClient_Close_EndsReadingAnAnswer(t *testing.T) {
	const n = 50_000
	answer := refusals(n, func(int) string { return "Unknown metric" })
	reading := make(chan struct{})
	var once atomic.Bool
	c := canned{code: http.StatusBadRequest, body: func() io.Reader {
		return io.MultiReader(bytes.NewReader(answer[:len(answer)/2]), readerFunc(func([]byte) (int, error) {
			if once.CompareAndSwap(false, true) {
				close(reading)
			}
			return 0, io.EOF
		}), bytes.NewReader(answer[len(answer)/2:]))
	}}.client(t)
	done := make(chan error, 1)
	go func() { done <- c.Send(t.Context(), numberedPoints(n)) }()
	<-reading
	c.Close()
	select {
	case err := <-done:
		if err == nil {
			t.Error("no error")
		}
	case <-time.After(10 * time.Second):
		t.Error("Send goes on")
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// Reading an answer takes at most 32 MiB of memory in addition to the batch.
func TestClient_Send_BoundsMemoryForAnyAnswer(t *testing.T) {
	const n, most, total = 20_000, 32 << 20, 24 << 20
	defer debug.SetGCPercent(debug.SetGCPercent(10)) // a low value, so that garbage hardly counts
	repeated := func(start, again string, total int) func() io.Reader {
		return func() io.Reader {
			return io.MultiReader(strings.NewReader(start), io.LimitReader(endlessText(again), int64(total)))
		}
	}
	deep := `{"success":0,"failed":1,"errors":[`
	for name, body := range map[string]func() io.Reader{
		"a long string":         repeated(`{"success":0,"failed":1,"x":"`, "a", total),
		"white space":           repeated(`{"success":0,`, " ", total),
		"many small errors":     repeated(deep+"{}", ",{}", total),
		"many empty lists":      repeated(deep+"[]", ",[]", total),
		"many keys":             repeated(`{"a":1`, `,"a":1`, total),
		"deep lists":            repeated(deep, "[", total),
		"deep objects":          repeated(deep, `{"a":`, total),
		"a point of many tags":  repeated(deep+`{"error":"x","datapoint":{"metric":"m","tags":{"a":"b"`, `,"b":"c"`, total),
		"a long reason":         repeated(deep+`{"error":"`, `\u0000`, total),
		"text":                  repeated("", "no ", total),
		"each point, at length": bytesReader(refusals(n, func(i int) string { return strconv.Itoa(i) + strings.Repeat("x", 400) })),
		"a page of brackets":    repeated("<html>", "<", total),
		"a point that is repeated": repeated(deep+`{"error":"x","datapoint":{"metric":"m","timestamp":1700000000,"value":0,"tags":{"i":"0"}}}`,
			`,{"error":"y","datapoint":{"metric":"m","timestamp":1700000000,"value":0,"tags":{"i":"0"}}}`, total),
	} {
		for _, compressed := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " ", compressed), func(t *testing.T) {
				s := canned{code: http.StatusBadRequest, body: body}
				if compressed {
					var z bytes.Buffer
					w := gzip.NewWriter(&z)
					if _, err := io.Copy(w, body()); err != nil {
						t.Fatal(err)
					}
					w.Close()
					s.gzip, s.body = true, bytesReader(z.Bytes())
				}
				c := s.client(t, withoutRetry())
				points := numberedPoints(n)
				runtime.GC()
				var before runtime.MemStats
				runtime.ReadMemStats(&before)
				stop, peak := make(chan struct{}), make(chan uint64)
				go func() { peak <- peakHeap(stop) }()
				_ = c.Send(t.Context(), points)
				close(stop)
				above := int64(<-peak) - int64(before.HeapAlloc)
				t.Logf("%d MiB above", above>>20)
				if above > most {
					t.Errorf("%d MiB above", above>>20)
				}
			})
		}
	}
}

// peakHeap measures the heap until stop is closed.
func peakHeap(stop <-chan struct{}) (peak uint64) {
	for {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapAlloc)
		select {
		case <-stop:
			return peak
		case <-time.After(2 * time.Millisecond):
		}
	}
}

func bytesReader(b []byte) func() io.Reader { return func() io.Reader { return bytes.NewReader(b) } }

// endlessText repeats a text without end.
func endlessText(text string) io.Reader {
	i := 0
	return readerFunc(func(p []byte) (int, error) {
		for n := range p {
			p[n] = text[i]
			i = (i + 1) % len(text)
		}
		return len(p), nil
	})
}

// sendErrorOf returns the SendError in an error.
func sendErrorOf(t testing.TB, err error) *apptuitclient.SendError {
	t.Helper()
	e, ok := err.(*apptuitclient.SendError) //nolint:errorlint // Send returns the error unwrapped
	if !ok {
		t.Fatalf("got %v, want a SendError", err)
	}
	return e
}
