// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

func TestFault_Repeat(t *testing.T) {
	servers(t, func(t *testing.T, s *apptuittest.Server) {
		for _, tt := range []struct {
			name  string
			fault apptuittest.Fault
			body  string
			want  error
		}{
			{"whole", apptuittest.Fault{Body: "ab", Repeat: 5}, "ababababab", nil},
			{"once", apptuittest.Fault{Body: "ab", Repeat: 1}, "ab", nil},
			{"in chunks", apptuittest.Fault{Body: "ab", Repeat: 5, Chunked: true}, "ababababab", nil},
			{"truncated", apptuittest.Fault{Body: "ab", Repeat: 5, Truncate: true}, "abab", io.ErrUnexpectedEOF},
			{"nothing", apptuittest.Fault{Status: 503, Repeat: 5}, "", nil},
		} {
			s.Fail(tt.fault)
			got, err := post(t, s.Client(), s.URL+"/api/put", goodPoint)
			if got.body != tt.body || !errors.Is(err, tt.want) {
				t.Errorf("%s: received %q and %v, want %q and %v", tt.name, got.body, err, tt.body, tt.want)
			}
		}
	})
}

// TestFault_Repeat_DoesNotBufferBody reads the first bytes of a body of 1 GiB, which would exhaust
// the memory if the server buffered it.
func TestFault_Repeat_DoesNotBufferBody(t *testing.T) {
	servers(t, func(t *testing.T, s *apptuittest.Server) {
		s.Fail(apptuittest.Fault{Status: 500, Body: strings.Repeat("x", 1<<20), Repeat: 1 << 10})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/api/put", strings.NewReader(goodPoint))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := s.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if n, err := io.CopyN(io.Discard, resp.Body, 1<<10); err != nil || resp.ContentLength != 1<<30 {
			t.Errorf("received %d bytes of %d: %v", n, resp.ContentLength, err)
		}
	})
}

func TestFault_ReadPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := apptuittest.NewMemoryServer()
		defer s.Close()
		s.Fail(apptuittest.Fault{ReadPause: time.Second, Times: 2})
		began := time.Now()
		got, err := post(t, s.Client(), s.URL+"/api/put", goodPoint)
		if took := time.Since(began); err != nil || got.status != 204 || took < time.Duration(len(goodPoint))*time.Second {
			t.Errorf("a body of %d bytes was answered %d after %v: %v", len(goodPoint), got.status, took, err)
		}
		client := *s.Client()
		client.Timeout = 10 * time.Second
		if got, err := post(t, &client, s.URL+"/api/put", goodPoint); err == nil {
			t.Errorf("answered %d within the timeout of 10 s", got.status)
		}
	})
}
