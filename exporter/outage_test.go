// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// long selects the long variant of the test. The variable is read before TestMain clears
// the environment.
var long = os.Getenv("LONG_TESTS") != ""

// observer reads the requests of an exporter.
type observer struct {
	t    *testing.T
	next http.RoundTripper

	mu       sync.Mutex
	requests int
	accepted []int64       // timestamps, one per request
	points   map[int64]int // accepted points by timestamp, without self metrics
}

func (o *observer) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body.Close()
	timestamp, n := o.read(body)
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(body))
	response, err := o.next.RoundTrip(again)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.requests++
	if err == nil && response.StatusCode/100 == 2 {
		o.accepted = append(o.accepted, timestamp)
		o.points[timestamp] += n
	}
	return response, err
}

// read returns the timestamp of a body, and the number of its counted points.
func (o *observer) read(body []byte) (timestamp int64, n int) {
	plain, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		o.t.Error(err)
		return 0, 0
	}
	const mark = `"timestamp":`
	for lines := bufio.NewScanner(plain); lines.Scan(); {
		line := lines.Text()
		if !strings.HasPrefix(line, `{"metric":"g"`) {
			continue
		}
		if n++; n == 1 {
			digits, _, _ := strings.Cut(line[strings.Index(line, mark)+len(mark):], ",")
			if timestamp, err = strconv.ParseInt(digits, 10, 64); err != nil {
				o.t.Error(err)
			}
		}
	}
	return timestamp, n
}

func (o *observer) take() (requests int, accepted []int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	requests, accepted = o.requests, o.accepted
	o.requests, o.accepted = 0, nil
	return requests, accepted
}

// heap returns the size of the live heap.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// The server is unavailable for an hour. Exports return without an error, memory does not
// grow, and afterwards all points arrive. The test exports 200 points each 10 s, or 5,000
// with LONG_TESTS=1.
func TestSpool_AnHourOfOutage(t *testing.T) {
	series := 200
	if long {
		series = 5000
	}
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		const interval = 10 * time.Second
		o := &observer{t: t, next: srv.Client().Transport, points: map[int64]int{}}
		dir := spoolDir(t)
		e := newExporter(t, toSpool(srv, dir, apptuitclient.WithHTTPClient(&http.Client{Transport: o})))
		var exported []int64
		export := func() {
			t.Helper()
			start := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), interval)
			defer cancel()
			if err := e.Export(ctx, gauges(series)); err != nil {
				t.Errorf("Export: %v", err)
			}
			if took := time.Since(start); took > 0 {
				t.Errorf("Export took %v", took)
			}
			exported = append(exported, start.Unix())
			srv.Take() // the test server would keep them in memory
			time.Sleep(interval - time.Since(start))
		}
		const warm, outage, after = 10, 360, 10
		for range warm {
			export()
		}
		if requests, _ := o.take(); requests != warm {
			t.Errorf("%d requests before the outage", requests)
		}

		srv.Fail(apptuittest.Fault{Status: 503, Times: 1e6})
		var heaps []uint64
		for i := range outage {
			export()
			if i%60 == 0 {
				heaps = append(heaps, heap())
			}
		}
		requests, _ := o.take()
		stats := spoolStats(t, e)
		t.Logf("in the outage: %d requests, %d bytes in the spool, heaps of %d bytes", requests, stats.Bytes, heaps)
		if requests < 120 || requests > 480 { // delays are uniform below 30 s: 240 requests are expected
			t.Errorf("%d requests in an hour", requests)
		}
		if stats.Batches != outage || stats.Points != int64(outage*series) {
			t.Errorf("%+v", stats)
		}
		if growth := int64(slices.Max(heaps)) - int64(heaps[0]); growth > 4<<20 {
			t.Errorf("the heap has grown by %d bytes: %d", growth, heaps)
		}

		srv.Reset() // the server is back
		start := time.Now()
		for range after {
			export()
		}
		for spoolStats(t, e).Batches > 0 && time.Since(start) < time.Hour {
			time.Sleep(time.Second)
		}
		requests, accepted := o.take()
		t.Logf("after it: %d requests in %v", requests, time.Since(start))
		if took := time.Since(start); took > 3*time.Minute {
			t.Errorf("it took %v", took)
		}
		if requests != outage+after && requests != outage+after+1 { // a last probe may fail
			t.Errorf("%d requests for %d batches", requests, outage+after)
		}
		var replayed []int64
		for _, at := range accepted {
			if at < start.Unix() {
				replayed = append(replayed, at)
			}
		}
		// The first accepted batch was the probe, which can be any batch.
		if len(replayed) < outage || !slices.IsSorted(replayed[1:]) {
			t.Errorf("%d batches came, not oldest first: %v", len(replayed), replayed)
		}
		for _, at := range exported {
			if o.points[at] != series {
				t.Errorf("%d points arrived of %d", o.points[at], at)
			}
		}
		total := uint64(len(exported) * series)
		if got := e.Stats(); got.Produced != total || got.Accepted+got.Spooled != total {
			t.Errorf("%+v, want %d", got, total)
		}
	})
}
