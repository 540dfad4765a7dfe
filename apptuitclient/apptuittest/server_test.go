// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

func TestHandler_Requests(t *testing.T) {
	s := newServer(t, apptuittest.WithToken("secret"))
	put(t, s, "?details&sync_timeout=5", "["+goodPoint+","+badPoint+"]", "Authorization", "Bearer secret", "X-Mine", "1")
	if _, err := do(t, s.Client(), "GET", s.URL+"/elsewhere", ""); err != nil {
		t.Fatal(err)
	}
	all := s.Requests()
	if len(all) != 2 {
		t.Fatalf("%d requests recorded", len(all))
	}
	r := all[0]
	if r.Method != "POST" || r.Path != "/api/put" || !r.Query.Has("details") || r.Query.Get("sync_timeout") != "5" ||
		r.Header.Get("Authorization") != "Bearer secret" || r.Header.Get("X-Mine") != "1" || r.Time.IsZero() {
		t.Errorf("recorded as %+v", r)
	}
	length := int64(len(goodPoint) + len(badPoint) + 3)
	if r.Points != 2 || r.Accepted != 1 || r.Status != 400 || r.Faulted || r.ContentLength != length || r.BodyBytes != length {
		t.Errorf("recorded as %+v", r)
	}
	if r := all[1]; r.Method != "GET" || r.Path != "/elsewhere" || r.Status != 401 {
		t.Errorf("recorded as %+v", r)
	}

	all[0].Header.Set("X-Mine", "2")
	all[0].Query["details"][0] = "changed"
	if r := s.Requests()[0]; r.Header.Get("X-Mine") != "1" || r.Query.Get("details") != "" {
		t.Error("changes of the result of Requests affect later results")
	}
}

func TestHandler_Points_ReturnsCopies(t *testing.T) {
	s := newServer(t)
	put(t, s, "", goodPoint)
	s.Points()[0].Tags["host"] = "changed"
	s.Fail(apptuittest.Reject(func(p apptuittest.Point) string {
		p.Tags["host"] = "changed"
		return ""
	}))
	put(t, s, "", goodPoint)
	if diff := cmp.Diff([]string{goodText, goodText}, texts(s.Points())); diff != "" {
		t.Error(diff)
	}
}

func TestHandler_TakeAndReset(t *testing.T) {
	s := newServer(t)
	put(t, s, "", goodPoint)
	if got := texts(s.Take()); !cmp.Equal(got, []string{goodText}) {
		t.Errorf("took %q", got)
	}
	if len(s.Take()) != 0 || len(s.Points()) != 0 || s.Total() != 1 || len(s.Requests()) != 1 {
		t.Error("Take must remove the points, and keep the total and the requests")
	}
	put(t, s, "", goodPoint)
	s.Fail(apptuittest.Status(500))
	s.Reset()
	if len(s.Points()) != 0 || s.Total() != 0 || len(s.Requests()) != 0 {
		t.Error("Reset must remove the points, the total and the requests")
	}
	if got := put(t, s, "", goodPoint); got.status != 204 {
		t.Errorf("Reset does not remove the fault: answered %d", got.status)
	}
}

func TestWithMaxPoints_KeepsFirstPoints(t *testing.T) {
	s := newServer(t, apptuittest.WithMaxPoints(3))
	for i := range 3 {
		body := "[" + numbered(fmt.Sprint(2*i)) + "," + numbered(fmt.Sprint(2*i+1)) + "]"
		if got := put(t, s, "", body); got.status != 204 {
			t.Errorf("answered %d", got.status)
		}
	}
	if diff := cmp.Diff([]string{"a{k=v} 1 0", "a{k=v} 1 1", "a{k=v} 1 2"}, texts(s.Points())); diff != "" {
		t.Error(diff)
	}
	if s.Total() != 6 {
		t.Errorf("the total is %d points, want 6", s.Total())
	}
}

func TestHandler_WaitPoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := apptuittest.NewMemoryServer()
		defer s.Close()
		if err := s.WaitPoints(t.Context(), 0); err != nil {
			t.Error(err)
		}
		put(t, s, "", goodPoint)

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := s.WaitPoints(ctx, 2)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("WaitPoints returns %v after its deadline", err)
		}
		if want := "apptuittest: 1 of 2 points arrived: context deadline exceeded"; err.Error() != want {
			t.Errorf("the error is %q, want %q", err, want)
		}

		go func() {
			for range 3 {
				time.Sleep(time.Second)
				if _, err := post(t, s.Client(), s.URL+"/api/put", goodPoint); err != nil {
					t.Error(err)
				}
			}
		}()
		began := time.Now()
		if err := s.WaitPoints(t.Context(), 3); err != nil || time.Since(began) != 2*time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		if err := s.WaitPoints(t.Context(), 4); err != nil || time.Since(began) != 3*time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}

		go func() {
			time.Sleep(time.Second)
			s.Close()
		}()
		if err := s.WaitPoints(t.Context(), 5); err == nil {
			t.Error("WaitPoints of a closed server returns no error")
		}
	})
}

func TestClose_AbortsRequests(t *testing.T) {
	servers(t, func(t *testing.T, s *apptuittest.Server) {
		s.Fail(
			apptuittest.Fault{Hang: true},
			apptuittest.Fault{Delay: time.Hour},
			apptuittest.Fault{Hang: true, BeforeBody: true},
		)
		var senders sync.WaitGroup
		for range 3 {
			senders.Go(func() {
				if got, err := post(t, s.Client(), s.URL+"/api/put", goodPoint); err == nil {
					t.Errorf("answered %d", got.status)
				}
			})
		}
		for len(s.Requests()) < 3 {
			time.Sleep(time.Millisecond)
		}
		if r := s.Requests()[0]; r.Status != 0 {
			t.Errorf("a request in progress is recorded as %+v", r)
		}
		s.Close()
		s.Close()
		senders.Wait()
		if _, err := post(t, s.Client(), s.URL+"/api/put", goodPoint); err == nil {
			t.Error("a closed server answers")
		}
		if s.Total() != 0 || len(s.Requests()) != 3 {
			t.Errorf("%d points, %d requests after Close", s.Total(), len(s.Requests()))
		}
	})
}

func TestHandler_ConcurrentUse(t *testing.T) {
	servers(t, func(t *testing.T, s *apptuittest.Server) {
		s.Fail(apptuittest.Fault{Status: 503, Times: 10})
		const senders, each = 8, 25
		var all sync.WaitGroup
		for range senders {
			all.Go(func() {
				for sent := 0; sent < each; {
					got, err := post(t, s.Client(), s.URL+"/api/put?details", "["+goodPoint+","+goodPoint+"]")
					if err != nil {
						t.Error(err)
						return
					}
					if got.status == 200 {
						sent++
					}
					_, _ = s.Points(), s.Requests()
				}
			})
		}
		if err := s.WaitPoints(t.Context(), 2*senders*each); err != nil {
			t.Error(err)
		}
		all.Wait()
		if s.Total() != 2*senders*each || len(s.Points()) != s.Total() || len(s.Requests()) != senders*each+10 {
			t.Errorf("%d points in %d requests", s.Total(), len(s.Requests()))
		}
	})
}
