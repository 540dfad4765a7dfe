// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chaos_test

import (
	"bytes"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"time"
)

// front stands in front of a server: it is out of order now and then, takes its
// time before and after the server has stored, and notes which process has sent
// what.
type front struct {
	next http.Handler

	mu       sync.Mutex
	rng      *rand.Rand
	down     bool
	out      bool                // longer than that
	lives    map[string][]string // of the requests that have stored a point
	statuses map[int]int
}

func newFront(next http.Handler, seed uint64) *front {
	return &front{next: next, rng: rand.New(rand.NewPCG(seed, 2)), lives: map[string][]string{}, statuses: map[int]int{}}
}

// draw returns the delays of a request.
func (f *front) draw() (before, after time.Duration, down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	draw := func() time.Duration { return time.Duration(f.rng.IntN(20)) * time.Millisecond }
	return draw(), draw(), f.down || f.out
}

// outage has it be out of order until it is told otherwise.
func (f *front) outage(out bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.out = out
}

// ServeHTTP passes a request on, or refuses it.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // its sender is dead
	}
	before, after, down := f.draw()
	time.Sleep(before)
	answer := httptest.NewRecorder()
	if down {
		answer.WriteHeader(http.StatusServiceUnavailable)
	} else {
		passed := r.Clone(r.Context())
		passed.Body = io.NopCloser(bytes.NewReader(body))
		f.next.ServeHTTP(answer, passed)
	}
	f.note(r, body, answer.Code)
	time.Sleep(after)
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	w.Write(answer.Body.Bytes())
}

func (f *front) note(r *http.Request, body []byte, status int) {
	points, err := decode(r.Header.Get("Content-Encoding"), bytes.NewReader(body))
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		status = http.StatusBadRequest
	}
	f.statuses[status]++
	if status != http.StatusOK && status != http.StatusNoContent {
		return
	}
	life := r.Header.Get(lifeHeader)
	for i := range points {
		if !isSelf(points[i].Metric) {
			key := points[i].Key()
			f.lives[key] = append(f.lives[key], life)
		}
	}
}

// flap is down and up at random until stop is closed, and then up.
func (f *front) flap(stop <-chan struct{}) {
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.down = false
	}()
	for {
		f.mu.Lock()
		f.down = f.rng.IntN(2) == 0
		wait := time.Duration(20+f.rng.IntN(300)) * time.Millisecond
		f.mu.Unlock()
		select {
		case <-stop:
			return
		case <-time.After(wait):
		}
	}
}

// twice returns the points that one and the same process has stored twice.
func (f *front) twice() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for _, key := range slices.Sorted(maps.Keys(f.lives)) {
		lives := slices.Sorted(slices.Values(f.lives[key]))
		if len(slices.Compact(lives)) < len(f.lives[key]) {
			all = append(all, key)
		}
	}
	return all
}
