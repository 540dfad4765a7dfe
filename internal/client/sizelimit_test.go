// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"io"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// widePoints returns points that compress to about 40 bytes each.
func widePoints(n int) []apptuitclient.DataPoint {
	points := numberedPoints(n)
	for i := range points {
		points[i].Tags["text"] = strings.Repeat(string(rune('a'+i%26)), 3) + strings.ToUpper(time.Unix(int64(i)*7919*7919, 0).UTC().Format("150405.20060102"))
	}
	return points
}

// limited is a server that refuses requests of more than limit compressed bytes. It accepts
// the others, or answers them with turn.
type limited struct {
	limit   int64
	refusal func() (answer, error)

	mu    sync.Mutex
	sizes []int64 // of requests that were refused
	taken []int   // numbers of points per accepted request
}

func (s *limited) answer(t testing.TB) func(*call) (answer, error) {
	return func(c *call) (answer, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.limit > 0 && c.ContentLength > s.limit {
			s.sizes = append(s.sizes, c.ContentLength)
			return s.refusal()
		}
		s.taken = append(s.taken, c.numbers(t)...)
		return status(204), nil
	}
}

func (s *limited) refused() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sizes)
}

func (s *limited) wantEach(t *testing.T, n, times int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := make([]int, n)
	for _, i := range s.taken {
		seen[i]++
	}
	for i, got := range seen {
		if got != times {
			t.Fatalf("point %d came %d times, want %d", i, got, times)
		}
	}
}

// refusalsOfSize are the ways in which servers and proxies refuse a request because of its
// size.
func refusalsOfSize() map[string]func() (answer, error) {
	return map[string]func() (answer, error){
		"413":     func() (answer, error) { return status(413), nil },
		"a 400":   func() (answer, error) { return text(400, "too big HTTP OpenTSDB request"), nil },
		"a 502":   func() (answer, error) { return status(502), nil },
		"a reset": func() (answer, error) { return answer{}, syscall.ECONNRESET },
		"an end":  func() (answer, error) { return answer{}, io.ErrUnexpectedEOF },
	}
}

// A server or a proxy accepts only a part of a batch, and may not say so. Each point
// arrives once, and the following batches are small enough.
func TestClient_Send_LearnsTheSizeThatPasses(t *testing.T) {
	for name, refusal := range refusalsOfSize() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const n = 4000
				s := &limited{limit: 20_000, refusal: refusal}
				c := (&fake{t: t, answer: s.answer(t)}).client()
				for i := range 3 {
					refused := s.refused()
					if err := c.Send(t.Context(), widePoints(n)); err != nil {
						t.Fatal(err)
					}
					s.wantEach(t, n, i+1)
					if again := s.refused() - refused; i == 2 && again > 0 {
						t.Errorf("batch %d: refused %d times for its size", i, again)
					}
				}
			})
		})
	}
}

// The same holds for spooled batches.
func TestSpool_LearnsTheSizeThatPasses(t *testing.T) {
	for name, refusal := range refusalsOfSize() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const n = 4000
				dir := spoolDir(t)
				c := newFake(t, status(503)).spooling(dir)
				send(t, c, widePoints(n)...)
				c.Close()
				s := &limited{limit: 20_000, refusal: refusal}
				c = (&fake{t: t, answer: s.answer(t)}).spooling(dir)
				time.Sleep(15 * time.Minute)
				wantStats(t, c, apptuitclient.SpoolStats{Found: n, Replayed: n})
				s.wantEach(t, n, 1)
				send(t, c, widePoints(n)...)
				time.Sleep(15 * time.Minute)
				s.wantEach(t, n, 2)
				if got := stats(t, c); got.Dropped+got.Rejected > 0 || got.Points > 0 {
					t.Errorf("%+v", got)
				}
			})
		})
	}
}

// If the server's limit is below the least one that the client learns, no spooled batch is
// lost, even if small batches succeed between the failures.
func TestSpool_DeliversBatchesAboveAnySmallLimit(t *testing.T) {
	for name, refusal := range refusalsOfSize() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const n, batches = 140, 20
				dir := spoolDir(t)
				c := newFake(t, status(503)).spooling(dir)
				for range batches {
					send(t, c, widePoints(n)...)
				}
				c.Close()
				s := &limited{limit: 2300, refusal: refusal}
				c = (&fake{t: t, answer: s.answer(t)}).spooling(dir)
				for range 60 {
					send(t, c, widePoints(1)...)
					time.Sleep(time.Minute)
				}
				if got := stats(t, c); got.Dropped+got.Rejected > 0 || got.Points > 0 {
					t.Errorf("%+v", got)
				}
				s.taken = slices.DeleteFunc(s.taken, func(i int) bool { return i == 0 })
				if want := batches * (n - 1); len(s.taken) != want {
					t.Errorf("%d points came, want %d", len(s.taken), want)
				}
			})
		})
	}
}

// If the server's limit is removed, the learned limit grows slowly.
func TestSizeLimit_GrowsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 4000
		s := &limited{limit: 20_000, refusal: func() (answer, error) { return status(413), nil }}
		f := &fake{t: t, answer: s.answer(t)}
		c := f.client()
		requests := func() int {
			before := len(f.all())
			send(t, c, widePoints(n)...)
			return len(f.all()) - before
		}
		requests()
		many := requests()
		s.mu.Lock()
		s.limit = 0
		s.mu.Unlock()
		if got := requests(); many < 4 || got < many-1 {
			t.Errorf("%d requests, then %d at once", many, got)
		}
		for range 12 * 60 {
			time.Sleep(5 * time.Minute)
			if requests() == 1 {
				return
			}
		}
		t.Errorf("%d requests after a day", requests())
	})
}

// An outage that looks like a size limit causes no more requests than other outages, and
// leaves no limit behind.
func TestSizeLimit_IsNotLearnedFromAnOutage(t *testing.T) {
	for name, refusal := range refusalsOfSize() {
		if name == "413" || name == "a 400" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const n = 4000
				s := &limited{limit: 1, refusal: refusal}
				f := &fake{t: t, answer: s.answer(t)}
				c := f.client()
				e := counted(t, c.Send(t.Context(), widePoints(n)), 0, n)
				if requests := len(f.all()); requests > 30 || !apptuitclient.Retryable(e) {
					t.Errorf("%d requests: %v", requests, e)
				}
				s.mu.Lock()
				s.limit = 0
				s.mu.Unlock()
				for range 10 {
					send(t, c, widePoints(n)...)
				}
				before := len(f.all())
				send(t, c, widePoints(n)...)
				if got := len(f.all()) - before; got != 1 {
					t.Errorf("%d requests for a batch", got)
				}
			})
		})
	}
}

// A single point that is too large does not reduce the size of the following batches.
func TestClient_Send_IsNotLimitedByOneLargePoint(t *testing.T) {
	const n = 2000
	s := &limited{limit: 50_000, refusal: func() (answer, error) { return status(413), nil }}
	f := &fake{t: t, answer: s.answer(t)}
	c := f.client()
	points := widePoints(n)
	var large strings.Builder
	for i := range 30_000 {
		large.WriteString(time.Unix(int64(i)*7919*7919, 0).UTC().Format("150405"))
	}
	points[0].Tags["large"] = large.String()
	counted(t, c.Send(t.Context(), points), n-1, 1)
	before := len(f.all())
	send(t, c, widePoints(n)...)
	if got := len(f.all()) - before; got > 8 {
		t.Errorf("%d requests", got)
	}
}
