// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/encoding"
)

// randomFault returns a random fault of a server or network.
func randomFault(random *rand.Rand) apptuittest.Fault {
	share := random.IntN(100)
	some := func(reason string) func(apptuittest.Point) string {
		return func(p apptuittest.Point) string {
			if int(p.Float())*7919%100 < share {
				return reason
			}
			return ""
		}
	}
	faults := []apptuittest.Fault{
		{},
		{Status: 503},
		{Status: 500, Apply: true},
		{Status: 504, Delay: time.Second, Apply: true},
		{Status: 429, RetryAfter: fmt.Sprint(random.IntN(20))},
		{Status: 413},
		{Status: 413, Times: 3},
		{Status: 400, Body: "Chunked request not supported"},
		{Status: 400, Body: "no"},
		{Status: 401},
		{Status: 404},
		{Status: 302, Header: http.Header{"Location": {"/login"}}},
		{Status: 307, Header: http.Header{"Location": {"/api/put?details"}}},
		{Status: 200, Body: "<html>"},
		{Status: 202, Apply: true},
		{Reset: true},
		{Reset: true, Apply: true},
		{Truncate: true},
		{Truncate: true, Apply: true},
		{Hang: true},
		{Hang: true, Apply: true},
		{Delay: 3 * time.Second},
		{Reject: some("Unknown metric")},
		{Reject: some("Please throttle")},
		{Reject: some("Write timedout"), Times: 2},
		{Reject: some("Storage exception: gone"), Status: 200},
	}
	return faults[random.IntN(len(faults))]
}

// Under random faults, each point is counted once, as successful or failed, and the
// successful points are stored.
func TestClient_Send_CountsEachPointOnce(t *testing.T) {
	for seed := range uint64(100) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 7))
			s := apptuittest.NewMemoryServer()
			defer s.Close()
			for range random.IntN(12) {
				s.Fail(randomFault(random))
			}
			c := newClient(t, apptuitclient.WithEndpoint(s.URL), apptuitclient.WithHTTPClient(s.Client()),
				apptuitclient.WithMaxBatchPoints(1+random.IntN(60)), apptuitclient.WithTimeout(10*time.Second),
				apptuitclient.WithRetry(apptuitclient.RetryConfig{Enabled: random.IntN(5) > 0, MaxElapsedTime: 30 * time.Second}))
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+random.IntN(60))*time.Second)
			defer cancel()
			start := time.Now()
			const n = 100
			points := numberedPoints(n)
			invalid := random.IntN(5)
			for i := range invalid {
				points[i*20].Metric = ""
			}
			err := c.Send(ctx, points)
			deadline, _ := ctx.Deadline()
			if took := time.Since(start); took > deadline.Sub(start) {
				t.Errorf("seed %d: it took %v", seed, took)
			}

			successful, failed := n, 0
			var e *apptuitclient.SendError
			if errors.As(err, &e) {
				successful, failed = e.Successful, e.Failed
			} else if err != nil {
				t.Errorf("seed %d: %v", seed, err)
			}
			stored := map[string]bool{}
			for _, p := range s.Points() {
				if p.Tags["i"] != fmt.Sprint(p.Float()) {
					t.Fatalf("seed %d: a point is mixed up: %v", seed, p)
				}
				stored[p.Tags["i"]] = true
			}
			if successful+failed != n || failed < invalid {
				t.Errorf("seed %d: %d successful, %d failed, %d of those invalid", seed, successful, failed, invalid)
			}
			if len(stored) < successful {
				t.Errorf("seed %d: %d are successful, but %d stored", seed, successful, len(stored))
			}
			if failed > 0 && len(e.Errors)+len(e.Unwrap()) == 0 {
				t.Errorf("seed %d: points failed for no reason", seed)
			}
		})
	}
}

func TestSendError_Error(t *testing.T) {
	nan := func(i int) apptuitclient.DataPoint {
		p := numbered(i)
		p.Metric = ""
		return p
	}
	for _, tt := range []struct {
		name   string
		points []apptuitclient.DataPoint
		opts   []apptuitclient.Option
		answer answer
		want   string
	}{
		{
			"two of a hundred", numberedPoints(100), nil,
			text(400, details(98, 2, 0, pointFault{echo(3), "Unknown metric"}, pointFault{echo(7), "Invalid tag"})),
			"apptuit: 98 points sent, 2 failed with status 400: m{i=3} at 1700000003: Unknown metric; m{i=7} at 1700000007: Invalid tag",
		},
		{
			"the same reason", numberedPoints(100), nil,
			text(400, details(97, 3, 0, pointFault{echo(3), "Unknown metric"}, pointFault{echo(7), "Unknown metric"}, pointFault{echo(8), "Unknown metric"})),
			"apptuit: 97 points sent, 3 failed with status 400: Unknown metric (3 points, the first m{i=3})",
		},
		{
			"the same reason of batches", numberedPoints(30),
			[]apptuitclient.Option{apptuitclient.WithMaxBatchPoints(10)},
			text(404, "nobody here"),
			"apptuit: 0 points sent, 30 failed with status 404: fake.test/api/put: server answered 404 Not Found: nobody here (3 batches)",
		},
		{
			"invalid ones",
			[]apptuitclient.DataPoint{nan(0), numbered(1), nan(2)},
			nil,
			status(204),
			`apptuit: 1 point sent, 2 failed: metric: empty (2 points, the first {i=0})`,
		},
		{
			"invalid ones and a refusal",
			[]apptuitclient.DataPoint{nan(0), numbered(1)},
			nil,
			text(403, "go away"),
			"apptuit: 0 points sent, 2 failed with status 403: fake.test/api/put: server answered 403 Forbidden: go away; {i=0} at 1700000000: metric: empty",
		},
		{
			"many reasons", numberedPoints(7), nil,
			text(400, details(0, 7, 0, pointFault{echo(0), "a"}, pointFault{echo(1), "b"}, pointFault{echo(2), "c"}, pointFault{echo(3), "d"}, pointFault{echo(4), "e"}, pointFault{echo(5), "f"}, pointFault{echo(6), "g"})),
			"apptuit: 0 points sent, 7 failed with status 400: m{i=0} at 1700000000: a; m{i=1} at 1700000001: b; " +
				"m{i=2} at 1700000002: c; m{i=3} at 1700000003: d; m{i=4} at 1700000004: e; and 2 more reasons",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := newFake(t, tt.answer).client(tt.opts...).Send(t.Context(), tt.points)
			if diff := cmp.Diff(tt.want, fmt.Sprint(err)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSendError_ShortensReasons(t *testing.T) {
	e := &apptuitclient.PointError{
		Point:  apptuitclient.DataPoint{Metric: "line\nbreak", Tags: map[string]string{"b": strings.Repeat("long", 10_000), "a": "1"}, Timestamp: time.Unix(17, 0)},
		Reason: "bad",
	}
	if text := e.Error(); len(text) > 300 || strings.Contains(text, "\n") || !strings.HasPrefix(text, "line break{a=1, b=longlong") || !strings.HasSuffix(text, "… at 17: bad") {
		t.Errorf("a text of %d bytes: %.100s", len(text), text)
	}
	if e.Unwrap() != nil {
		t.Errorf("a cause: %v", e.Unwrap())
	}
}

func TestSendError_UnwrapsCauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := numbered(0)
		p.Tags = nil
		f := newFake(t, text(403, "no"), status(404), status(503))
		err := f.client(apptuitclient.WithMaxBatchPoints(1)).Send(t.Context(), []apptuitclient.DataPoint{numbered(1), p, numbered(2), numbered(3)})
		e := counted(t, err, 0, 4)
		if e.StatusCode != 403 {
			t.Errorf("status %d, want that of the first batch", e.StatusCode)
		}
		var rule *encoding.Error
		if !errors.As(err, &rule) || !errors.Is(err, encoding.ErrNoTags) || !errors.Is(err, apptuitclient.ErrUnauthorized) {
			t.Errorf("a cause is lost: %v", err)
		}
		statuses := map[int]bool{}
		for _, cause := range e.Unwrap() {
			var s *apptuitclient.StatusError
			if errors.As(cause, &s) {
				statuses[s.StatusCode] = true
			}
		}
		if diff := cmp.Diff(map[int]bool{403: true, 404: true, 503: true}, statuses); diff != "" {
			t.Error(diff)
		}
		if !apptuitclient.Retryable(err) {
			t.Error("the last point may be sent again")
		}
	})
}

func TestRetryable(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{errors.New("anything"), false},
		{&apptuitclient.SendError{}, false},
		{fmt.Errorf("wrapped: %w", &apptuitclient.StatusError{StatusCode: 503}), true},
		{&apptuitclient.StatusError{StatusCode: 408}, true},
		{&apptuitclient.StatusError{StatusCode: 429}, true},
		{&apptuitclient.StatusError{StatusCode: 500}, true},
		{&apptuitclient.StatusError{StatusCode: 502}, true},
		{&apptuitclient.StatusError{StatusCode: 504}, true},
		{&apptuitclient.StatusError{StatusCode: 400}, false},
		{&apptuitclient.StatusError{StatusCode: 401}, false},
		{&apptuitclient.StatusError{StatusCode: 413}, false},
		{&apptuitclient.StatusError{StatusCode: 501}, false},
		{fmt.Errorf("wrapped: %w", context.DeadlineExceeded), true},
		{context.Canceled, true},
		{apptuitclient.ErrUnauthorized, false},
		{&encoding.Error{Rule: encoding.ErrEmpty}, false},
	} {
		if got := apptuitclient.Retryable(tt.err); got != tt.want {
			t.Errorf("%v: %v", tt.err, got)
		}
	}
}

func TestStatusError_Error(t *testing.T) {
	for _, tt := range []struct {
		err  *apptuitclient.StatusError
		want string
	}{
		{&apptuitclient.StatusError{StatusCode: 503}, "server answered 503 Service Unavailable"},
		{&apptuitclient.StatusError{StatusCode: 599, Message: "x"}, "server answered 599: x"},
	} {
		if tt.err.Error() != tt.want || errors.Is(tt.err, apptuitclient.ErrUnauthorized) || errors.Is(tt.err, apptuitclient.ErrClosed) {
			t.Errorf("got %q, want %q", tt.err, tt.want)
		}
	}
}
