// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

func TestFault_ReplacesAnswer(t *testing.T) {
	for _, tt := range []struct {
		name    string
		fault   apptuittest.Fault
		status  int
		body    string
		headers map[string]string
		stored  int
	}{
		{"a status", apptuittest.Status(503), 503, "", map[string]string{"Content-Length": "0"}, 0},
		{
			"too many requests", apptuittest.TooManyRequests("2"), 429, "",
			map[string]string{"Retry-After": "2"},
			0,
		},
		{
			"a page",
			apptuittest.Fault{Status: 502, Body: "<html>", ContentType: "text/html"},
			502, "<html>",
			map[string]string{"Content-Type": "text/html"},
			0,
		},
		{
			"a body without a status",
			apptuittest.Fault{Body: "welcome"},
			200, "welcome",
			map[string]string{"Content-Type": "text/plain; charset=utf-8"},
			0,
		},
		{
			"a redirect",
			apptuittest.Fault{Status: 307, Header: http.Header{"location": {"http://elsewhere.test/"}}},
			307, "",
			map[string]string{"Location": "http://elsewhere.test/"},
			0,
		},
		{"success without storing", apptuittest.Status(204), 204, "", nil, 0},
		{"failure after storing", apptuittest.Fault{Status: 504, Apply: true}, 504, "", nil, 1},
		{
			"a header added to the normal answer",
			apptuittest.Fault{RetryAfter: "9"},
			200,
			`{"success":1,"failed":0,"errors":[]}`,
			map[string]string{"Retry-After": "9"},
			1,
		},
		{"before the body", apptuittest.Fault{Status: 413, BeforeBody: true, Apply: true}, 413, "", nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			s.Fail(tt.fault)
			client := *s.Client()
			client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			got, err := post(t, &client, s.URL+"/api/put?details", goodPoint)
			if err != nil {
				t.Fatal(err)
			}
			if got.status != tt.status || got.body != tt.body {
				t.Errorf("answered %d %q, want %d %q", got.status, got.body, tt.status, tt.body)
			}
			for key, want := range tt.headers {
				if value := got.header.Get(key); value != want {
					t.Errorf("%s: %q, want %q", key, value, want)
				}
			}
			if s.Total() != tt.stored {
				t.Errorf("%d points stored, want %d", s.Total(), tt.stored)
			}
			if r := s.Requests()[0]; !r.Faulted || r.Status != tt.status || r.Accepted != tt.stored {
				t.Errorf("recorded as %+v", r)
			}
			if got := put(t, s, "", goodPoint); got.status != 204 {
				t.Errorf("the request after the script is answered %d", got.status)
			}
		})
	}
}

func TestFail_AppliesFaultsInOrder(t *testing.T) {
	s := newServer(t, apptuittest.WithToken("secret"))
	s.Fail(apptuittest.Fault{Status: 500, Times: 2}, apptuittest.Status(404))
	s.Fail(apptuittest.Status(429))
	var got []int
	for range 5 { // the requests have no token, but faults take precedence
		got = append(got, put(t, s, "", goodPoint).status)
	}
	if diff := cmp.Diff([]int{500, 500, 404, 429, 401}, got); diff != "" {
		t.Error(diff)
	}
}

func TestFault_Reject(t *testing.T) {
	odd := func(p apptuittest.Point) string {
		if v := p.Float(); v == 1 {
			return "Please throttle"
		} else if v == 3 {
			return "Write timedout"
		}
		return ""
	}
	body := `[` + numbered("0") + `,` + numbered("1") + `,` + numbered("2") + `,` + numbered("3") + `]`
	for _, tt := range []struct {
		name   string
		fault  apptuittest.Fault
		status int
	}{
		{"with status 400", apptuittest.Reject(odd), 400},
		{"with status 200", apptuittest.Fault{Reject: odd, Status: 200}, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			s.Fail(tt.fault)
			got := put(t, s, "?details", body)
			var v putDetails
			if err := json.Unmarshal([]byte(got.body), &v); err != nil {
				t.Fatal(err)
			}
			if got.status != tt.status || v.Success != 2 || v.Failed != 1 || v.Timeouts == nil || *v.Timeouts != 1 {
				t.Errorf("answered %d %s", got.status, got.body)
			}
			var reasons []string
			for _, e := range v.Errors {
				reasons = append(reasons, e.Datapoint.Value+": "+e.Error)
			}
			if diff := cmp.Diff([]string{"1: Please throttle", "3: Write timedout"}, reasons); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]string{"a{k=v} 1 0", "a{k=v} 1 2"}, texts(s.Points())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func numbered(value string) string {
	return `{"metric":"a","tags":{"k":"v"},"timestamp":1,"value":` + value + `}`
}

// servers runs a test with both kinds of servers, because faults must have the same effect with both.
func servers(t *testing.T, test func(t *testing.T, s *apptuittest.Server)) {
	for name, start := range map[string]func(...apptuittest.Option) *apptuittest.Server{
		"TCP": apptuittest.NewServer, "memory": apptuittest.NewMemoryServer,
	} {
		t.Run(name, func(t *testing.T) {
			s := start()
			defer s.Close()
			test(t, s)
		})
	}
}

func TestFault_Reset(t *testing.T) {
	servers(t, func(t *testing.T, s *apptuittest.Server) {
		s.Fail(apptuittest.Fault{Reset: true}, apptuittest.Fault{Reset: true, Apply: true})
		for _, stored := range []int{0, 1} {
			_, err := post(t, s.Client(), s.URL+"/api/put", goodPoint)
			if !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the client returns %v, want a reset connection", err)
			}
			if s.Total() != stored {
				t.Errorf("%d points stored, want %d", s.Total(), stored)
			}
		}
		if r := s.Requests()[0]; r.Status != 0 || r.Points != 1 {
			t.Errorf("recorded as %+v", r)
		}
	})
}

func TestFault_Truncate(t *testing.T) {
	servers(t, func(t *testing.T, s *apptuittest.Server) {
		for _, tt := range []struct {
			name, query string
			fault       apptuittest.Fault
			status      int
			body        string
			want        error
			stored      int
		}{
			{
				"the normal answer", "?details",
				apptuittest.Fault{Truncate: true, Apply: true},
				200,
				`{"success":1,"fail`, io.ErrUnexpectedEOF, 1,
			},
			{"no content", "", apptuittest.Fault{Truncate: true}, 200, "", io.ErrUnexpectedEOF, 0},
			{
				"a scripted answer", "",
				apptuittest.Fault{Truncate: true, Status: 400, Body: "abcdef"},
				400,
				"abc", io.ErrUnexpectedEOF, 0,
			},
			{
				"a reset connection", "",
				apptuittest.Fault{Truncate: true, Reset: true, Body: "abcdef"},
				200,
				"abc", syscall.ECONNRESET, 0,
			},
		} {
			s.Reset()
			s.Fail(tt.fault)
			got, err := post(t, s.Client(), s.URL+"/api/put"+tt.query, goodPoint)
			if tt.fault.Reset && strings.HasPrefix(tt.body, got.body) {
				got = reply{status: tt.status, body: tt.body} // the client may see the reset before it has read the body
			}
			if got.status != tt.status || !errors.Is(err, tt.want) {
				t.Errorf("%s: answered %d %q and %v, want %d and %v", tt.name, got.status, got.body, err, tt.status, tt.want)
			}
			if got.body != tt.body {
				t.Errorf("%s: received %q, want %q", tt.name, got.body, tt.body)
			}
			if s.Total() != tt.stored {
				t.Errorf("%s: %d points stored, want %d", tt.name, s.Total(), tt.stored)
			}
		}
	})
}

func TestFault_BeforeBody_LeavesBodyUnread(t *testing.T) {
	servers(t, func(t *testing.T, s *apptuittest.Server) {
		s.Fail(apptuittest.Fault{Status: 413, BeforeBody: true})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/api/put", endless{})
		if err != nil {
			t.Fatal(err)
		}
		resp, err := s.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if r := s.Requests()[0]; resp.StatusCode != http.StatusRequestEntityTooLarge || r.BodyBytes != 0 || r.ContentLength != -1 {
			t.Errorf("answered %d, recorded as %+v", resp.StatusCode, r)
		}
	})
}

// endless is a request body that does not end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return rand.Read(p) }

func TestFault_DelayAndHang(t *testing.T) {
	for _, tt := range []struct {
		name    string
		fault   apptuittest.Fault
		timeout time.Duration
		took    time.Duration
		stored  int
		failed  bool
	}{
		{"delay within the timeout", apptuittest.Fault{Delay: time.Hour}, 2 * time.Hour, time.Hour, 1, false},
		{"delay before the body", apptuittest.Fault{Delay: time.Hour, BeforeBody: true}, 2 * time.Hour, time.Hour, 1, false},
		{"delay longer than the timeout", apptuittest.Fault{Delay: time.Hour}, time.Minute, time.Minute, 0, true},
		{"delay longer than the timeout, stored", apptuittest.Fault{Delay: time.Hour, Apply: true}, time.Minute, time.Minute, 1, true},
		{"hang", apptuittest.Fault{Hang: true}, time.Minute, time.Minute, 0, true},
		{"hang, stored", apptuittest.Fault{Hang: true, Apply: true}, time.Minute, time.Minute, 1, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := apptuittest.NewMemoryServer()
				defer s.Close()
				s.Fail(tt.fault)
				client := *s.Client()
				client.Timeout = tt.timeout
				began := time.Now()
				_, err := post(t, &client, s.URL+"/api/put", goodPoint)
				if (err != nil) != tt.failed || time.Since(began) != tt.took {
					t.Errorf("after %v: %v", time.Since(began), err)
				}
				synctest.Wait()
				if s.Total() != tt.stored {
					t.Errorf("%d points stored, want %d", s.Total(), tt.stored)
				}
			})
		})
	}
}

func TestFault_Reset_TLSAndHTTP2(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		h := apptuittest.NewHandler()
		s := httptest.NewUnstartedServer(h)
		s.EnableHTTP2 = http2
		s.StartTLS()
		h.Fail(apptuittest.Fault{Reset: true})
		if got, err := post(t, s.Client(), s.URL+"/api/put", goodPoint); err == nil {
			t.Errorf("HTTP/2 %v: answered %d", http2, got.status)
		}
		if got, err := post(t, s.Client(), s.URL+"/api/put", goodPoint); err != nil || got.status != 204 {
			t.Errorf("HTTP/2 %v: the next request is answered %d, %v", http2, got.status, err)
		}
		h.Close()
		s.Close()
	}
}

func TestFail_PanicsOnInvalidStatus(t *testing.T) {
	for _, status := range []int{-1, 100, 199, 1000} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Fail accepts the status %d", status)
				}
			}()
			apptuittest.NewHandler().Fail(apptuittest.Status(status))
		}()
	}
}
