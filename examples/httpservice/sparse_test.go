// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// The comment of exporter.WithSparseBuckets has the sizes that this test logs:
//
//	go test -run SparseBuckets -v ./examples/httpservice
func TestSparseBuckets(t *testing.T) {
	type size struct{ points, durations, runtime, bytes int }
	lastExport := func(sparse string) (s size) {
		server := apptuittest.NewServer()
		defer server.Close()
		t.Setenv("APPTUIT_ENDPOINT", server.URL)
		t.Setenv("APPTUIT_SPARSE_BUCKETS", sparse)
		service, c := start(t, "-interval", "300ms"), newCaller()
		random := rand.New(rand.NewPCG(1, 2))
		var all sync.WaitGroup
		for range 200 { // of some 40 ms, a few of them above 200
			wait := time.Duration(40 * math.Exp(random.NormFloat64()*0.7) * float64(time.Millisecond))
			all.Go(func() { _ = c.call(t.Context(), "GET", service.url+"/slow?for="+wait.String(), "/slow") })
		}
		for range 10 {
			if err := c.callEach(t.Context(), service.url); err != nil {
				t.Error(err)
			}
		}
		all.Wait()
		deadline := time.Now().Add(30 * time.Second)
		for exports := len(server.Requests()) + 2; len(server.Requests()) < exports && time.Now().Before(deadline); {
			time.Sleep(10 * time.Millisecond)
		}
		service.end(t)
		requests, points := server.Requests(), server.Points()
		last := requests[len(requests)-1]
		s.bytes = int(last.BodyBytes)
		for _, p := range points[len(points)-last.Points:] {
			s.points++
			if strings.HasSuffix(p.Metric, "_bucket") {
				if strings.HasPrefix(p.Metric, "http_") {
					s.durations++
				} else {
					s.runtime++
				}
			}
		}
		return s
	}
	all, sparse := lastExport("no"), lastExport("yes")
	t.Logf("an export with all buckets: %+v; with sparse ones: %+v", all, sparse)
	if sparse.durations >= all.durations || sparse.runtime >= all.runtime || sparse.bytes >= all.bytes {
		t.Errorf("with sparse buckets there are %+v, with all %+v", sparse, all)
	}
}
