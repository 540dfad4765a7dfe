// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

func TestFault_AppliesToQueries(t *testing.T) {
	const query = "start=1&q=fetch('m')"
	want := []string{"out0: m{host=a} 1=1.0"}
	servers(t, func(t *testing.T, s *apptuittest.Server) {
		receive(t, s, "m a 1 1.0")
		s.Fail(
			apptuittest.TooManyRequests("2"),
			apptuittest.Fault{Body: `{"outputs":`, ContentType: "application/json"},
			apptuittest.Fault{RetryAfter: "1", Apply: true, Reject: func(apptuittest.Point) string { return "no" }, Status: 500},
		)
		if got := get(t, s, query); got.status != 429 || got.header.Get("Retry-After") != "2" {
			t.Errorf("answered %d with %v", got.status, got.header)
		}
		if got := get(t, s, query); got.status != 200 || got.body != `{"outputs":` {
			t.Errorf("answered %d %s", got.status, got.body)
		}
		if got := get(t, s, query); got.status != 200 || !cmp.Equal(decodeQuery(t, got.body).lines(), want) {
			t.Errorf("a fault for put requests only: the query was answered %d %s", got.status, got.body)
		}

		whole := get(t, s, query).body
		for _, tt := range []struct {
			name  string
			fault apptuittest.Fault
			err   error
		}{
			{"truncated", apptuittest.Fault{Truncate: true}, io.ErrUnexpectedEOF},
			{"truncated, in chunks", apptuittest.Fault{Truncate: true, Chunked: true}, io.ErrUnexpectedEOF},
			{"reset", apptuittest.Fault{Reset: true}, syscall.ECONNRESET},
			{"reset within the body", apptuittest.Fault{Truncate: true, Reset: true}, syscall.ECONNRESET},
			{"reset within the chunks", apptuittest.Fault{Truncate: true, Reset: true, Chunked: true}, syscall.ECONNRESET},
		} {
			s.Fail(tt.fault)
			got, err := do(t, s.Client(), "GET", s.URL+"/api/query?"+query, "")
			if !errors.Is(err, tt.err) || !strings.HasPrefix(whole, got.body) || len(got.body) > len(whole)/2 {
				t.Errorf("%s: answered %d %q and %v, want half of %q and %v", tt.name, got.status, got.body, err, whole, tt.err)
			}
		}
		if diff := cmp.Diff(want, ask(t, s, "1", "", "fetch('m')").lines()); diff != "" {
			t.Error(diff)
		}
	})
}

// TestFault_ChunkedAndPause tests answers that are sent in several parts, in the simulated time of
// synctest.
func TestFault_ChunkedAndPause(t *testing.T) {
	big := strings.Repeat("0123456789", 100_000)
	for _, tt := range []struct {
		name    string
		fault   apptuittest.Fault
		timeout time.Duration
		took    time.Duration
		length  int64
		body    string
		failed  bool
	}{
		{"chunks", apptuittest.Fault{Body: "abcd", Chunked: true}, time.Minute, 0, -1, "abcd", false},
		{"many chunks", apptuittest.Fault{Body: big, Chunked: true}, time.Minute, 0, -1, big, false},
		{"a pause", apptuittest.Fault{Body: "abcd", Pause: time.Hour}, 2 * time.Hour, time.Hour, 4, "abcd", false},
		{
			"a pause between chunks",
			apptuittest.Fault{Body: big, Pause: time.Hour, Chunked: true},
			2 * time.Hour,
			time.Hour, -1, big, false,
		},
		{
			"a pause after a delay",
			apptuittest.Fault{Body: "abcd", Delay: time.Hour, Pause: time.Hour},
			3 * time.Hour,
			2 * time.Hour, 4, "abcd", false,
		},
		{"a pause longer than the timeout", apptuittest.Fault{Body: "abcd", Pause: time.Hour}, time.Minute, time.Minute, 4, "ab", true},
		{
			"a pause before the end",
			apptuittest.Fault{Body: "abcd", Pause: time.Hour, Truncate: true},
			2 * time.Hour,
			time.Hour, 4, "ab", true,
		},
		{
			"an end between chunks",
			apptuittest.Fault{Body: "abcd", Chunked: true, Truncate: true},
			time.Minute,
			0, -1, "ab", true,
		},
		{"no body", apptuittest.Fault{Status: 204, Pause: time.Hour, Chunked: true}, time.Minute, 0, 0, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := apptuittest.NewMemoryServer()
				defer s.Close()
				s.Fail(tt.fault)
				client := *s.Client()
				client.Timeout = tt.timeout
				req, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+"/api/query", nil)
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				resp, err := client.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				if early := time.Since(began); early != tt.fault.Delay {
					t.Errorf("the header arrived after %v", early)
				}
				text, err := io.ReadAll(resp.Body)
				if took := time.Since(began); (err != nil) != tt.failed || took != tt.took {
					t.Errorf("after %v: %v, want %v", took, err, tt.took)
				}
				if string(text) != tt.body || resp.ContentLength != tt.length {
					t.Errorf("received %d of %d bytes, want %d of %d", len(text), resp.ContentLength, len(tt.body), tt.length)
				}
			})
		})
	}
}

func TestClose_EndsPause(t *testing.T) {
	servers(t, func(t *testing.T, s *apptuittest.Server) {
		s.Fail(apptuittest.Fault{Body: "abcd", Pause: time.Hour})
		req, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+"/api/query", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := s.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		s.Close()
		if text, err := io.ReadAll(resp.Body); err == nil || len(text) > 2 {
			t.Errorf("read %q, %v", text, err)
		}
	})
}
