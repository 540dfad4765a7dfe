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

// front is a reverse proxy before a server. It has outages, delays requests before and after the server has
// stored the points, and notes which process has sent each point.
type front struct {
	next http.Handler

	mu       sync.Mutex
	rng      *rand.Rand
	down     bool                // a short outage, see flap
	out      bool                // an outage until outage(false)
	lives    map[string][]string // the processes that have stored a point, one entry for each request
	statuses map[int]int
}

func newFront(next http.Handler, seed uint64) *front {
	return &front{next: next, rng: rand.New(rand.NewPCG(seed, 2)), lives: map[string][]string{}, statuses: map[int]int{}}
}

// draw returns random delays for a request, and whether there is an outage.
func (f *front) draw() (before, after time.Duration, down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	draw := func() time.Duration { return time.Duration(f.rng.IntN(20)) * time.Millisecond }
	return draw(), draw(), f.down || f.out
}

// outage begins or ends a long outage.
func (f *front) outage(out bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.out = out
}

// ServeHTTP passes a request on, or refuses it.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the process that sends was killed
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

// flap begins and ends short outages at random until stop is closed.
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

// twice returns the points that the same process has stored twice.
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
