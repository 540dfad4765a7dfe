// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

func TestClient_Send_FailsAfterClose(t *testing.T) {
	for range 50 { // repeated, to expose races
		f := newFake(t, status(http.StatusNoContent))
		c := f.client(apptuitclient.WithMaxBatchPoints(2))
		for range 2 {
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
		}
		err := c.Send(t.Context(), numberedPoints(5))
		counted(t, err, 0, 5)
		if !errors.Is(err, apptuitclient.ErrClosed) || len(f.all()) != 0 {
			t.Fatalf("%d requests: %v", len(f.all()), err)
		}
	}
}

// Close ends requests, delays and calls of the token source, and returns at once.
func TestClient_Close_EndsSends(t *testing.T) {
	for name, opts := range map[string]struct {
		answer func(*call) (answer, error)
		option apptuitclient.Option
	}{
		"a request": {hang, nil},
		"a wait": {func(*call) (answer, error) {
			return status(http.StatusServiceUnavailable, "Retry-After", "50"), nil
		}, nil},
		"a body": {func(c *call) (answer, error) {
			r := status(http.StatusOK)
			r.stream = io.NopCloser(blocking{c.Context()})
			return r, nil
		}, nil},
		"a token": {hang, apptuitclient.WithTokenSource(func(ctx context.Context) (string, error) {
			<-ctx.Done()
			return "", context.Cause(ctx)
		})},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{t: t, answer: opts.answer}
			c := f.client(opts.option)
			start := time.Now()
			var sends sync.WaitGroup
			errs := make([]error, 3)
			for i := range errs {
				sends.Go(func() { errs[i] = c.Send(context.Background(), numberedPoints(5)) })
			}
			time.Sleep(5 * time.Second)
			c.Close()
			sends.Wait()
			if took := time.Since(start); took != 5*time.Second {
				t.Errorf("%s: it ended after %v", name, took)
			}
			for _, err := range errs {
				counted(t, err, 0, 5)
				if !errors.Is(err, apptuitclient.ErrClosed) || !apptuitclient.Retryable(err) {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

// After Close no goroutine of the client is left: a bubble ends only when all its
// goroutines have.
func TestClient_Close_LeavesNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := apptuittest.NewMemoryServer()
		c, err := apptuitclient.New(apptuitclient.WithEndpoint(s.URL), apptuitclient.WithHTTPClient(s.Client()), apptuitclient.WithTimeout(time.Second))
		if err != nil {
			t.Fatal(err)
		}
		s.Fail(apptuittest.Fault{Hang: true}, apptuittest.Fault{Reset: true}, apptuittest.Fault{Status: 503}, apptuittest.Fault{Truncate: true})
		if err := c.Send(t.Context(), numberedPoints(5)); err != nil {
			t.Error(err)
		}
		c.Close()
		s.Close()
	})
}

// Close returns at once with real sockets and a server that never answers.
func TestClient_Close_ReturnsWhileTheServerHangs(t *testing.T) {
	before := runtime.NumGoroutine()
	s := apptuittest.NewServer()
	s.Fail(apptuittest.Fault{Hang: true, Times: 100})
	c, err := apptuitclient.New(apptuitclient.WithEndpoint(s.URL))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 4)
	for range cap(done) {
		go func() { done <- c.Send(context.Background(), numberedPoints(5)) }()
	}
	for len(s.Requests()) < cap(done) {
		time.Sleep(time.Millisecond)
	}
	c.Close()
	for range cap(done) {
		select {
		case err := <-done:
			if !errors.Is(err, apptuitclient.ErrClosed) {
				t.Error(err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("a Send does not end")
		}
	}
	s.Close()
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, %d before\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

// Close does not close the HTTP client of WithHTTPClient.
func TestClient_Close_LeavesTheGivenClientUsable(t *testing.T) {
	s := apptuittest.NewServer()
	defer s.Close()
	first := newClient(t, apptuitclient.WithEndpoint(s.URL), apptuitclient.WithHTTPClient(s.Client()))
	if err := first.Send(t.Context(), numberedPoints(1)); err != nil {
		t.Fatal(err)
	}
	first.Close()
	second := newClient(t, apptuitclient.WithEndpoint(s.URL), apptuitclient.WithHTTPClient(s.Client()))
	if err := second.Send(t.Context(), numberedPoints(1)); err != nil {
		t.Error(err)
	}
}

func TestClient_Send_Concurrently(t *testing.T) {
	const senders, rounds, n = 8, 5, 300
	s, c := newServer(t, apptuitclient.WithMaxBatchPoints(100), apptuitclient.WithTags(map[string]string{"zone": "eu"}),
		apptuitclient.WithRetry(apptuitclient.RetryConfig{Enabled: true, InitialInterval: time.Millisecond, MaxInterval: time.Millisecond}))
	s.Fail(
		apptuittest.Fault{Status: 503, Times: 5},
		apptuittest.Fault{Status: 413, BeforeBody: true, Times: 5},
		apptuittest.Fault{Reset: true, Times: 5},
		apptuittest.Fault{Reject: func(apptuittest.Point) string { return "Please throttle" }, Times: 3},
	)
	var sends sync.WaitGroup
	for g := range senders {
		sends.Go(func() {
			points := numberedPoints(n)
			for i := range points {
				points[i].Metric = fmt.Sprintf("m%d", g)
			}
			for range rounds {
				if err := c.Send(t.Context(), points); err != nil {
					t.Error(err)
				}
			}
		})
	}
	sends.Wait()
	count := map[string]int{}
	for _, p := range s.Points() {
		if p.Tags["zone"] != "eu" || p.Tags["i"] != fmt.Sprint(p.Float()) || !strings.HasPrefix(p.Metric, "m") {
			t.Fatalf("a point is mixed up: %v", p)
		}
		count[p.Metric+"/"+p.Tags["i"]]++
	}
	for key, times := range count {
		if times != rounds {
			t.Errorf("%s arrived %d times", key, times)
		}
	}
	if len(count) != senders*n {
		t.Errorf("%d different points arrived", len(count))
	}
}
