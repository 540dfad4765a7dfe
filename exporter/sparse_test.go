// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// bucketsSent records 7 and, a minute later, 300, in a histogram with five bounds. It returns the buckets
// that arrive, as "le value @seconds".
func bucketsSent(t *testing.T, opts ...Option) (buckets string) {
	t.Helper()
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		start := time.Now()
		e := newExporter(t, append(opts, toServer(srv), WithoutSelfMetrics())...)
		provider := newProvider(sdkmetric.NewPeriodicReader(e), "shop")
		defer func() { _ = provider.Shutdown(t.Context()) }()
		h, _ := provider.Meter("app").Float64Histogram("h", metric.WithExplicitBucketBoundaries(5, 10, 100, 500, 1000))
		var lines []string
		for _, v := range []float64{7, 300} {
			h.Record(t.Context(), v)
			if err := provider.ForceFlush(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, p := range srv.Take() {
				if p.Metric == "h_bucket" {
					seconds, err := p.Timestamp.Int64()
					if err != nil {
						t.Fatal(err)
					}
					lines = append(lines, fmt.Sprintf("%s %v @%ds", p.Tags["le"], p.Value, seconds-start.Unix()))
				}
			}
			time.Sleep(30 * time.Second)
		}
		buckets = strings.Join(lines, ", ")
	})
	return buckets
}

func TestWithSparseBuckets(t *testing.T) {
	const (
		all    = "5 0 @0s, 10 1 @0s, 100 1 @0s, 500 1 @0s, 1000 1 @0s, +Inf 1 @0s, 5 0 @30s, 10 1 @30s, 100 1 @30s, 500 2 @30s, 1000 2 @30s, +Inf 2 @30s"
		deltas = "5 0 @0s, 10 1 @0s, 100 1 @0s, 500 1 @0s, 1000 1 @0s, +Inf 1 @0s, 5 0 @30s, 10 0 @30s, 100 0 @30s, 500 1 @30s, 1000 1 @30s, +Inf 1 @30s"
		sparse = "5 0 @0s, 10 1 @0s, +Inf 1 @0s, 100 1 @0s, 500 1 @0s, 5 0 @30s, 10 1 @30s, 100 1 @30s, 500 2 @30s, +Inf 2 @30s"
	)
	want := func(want string, opts ...Option) {
		t.Helper()
		if diff := cmp.Diff(want, bucketsSent(t, opts...)); diff != "" {
			t.Errorf("buckets (-want +got):\n%s", diff)
		}
	}
	want(all)
	want(sparse, WithSparseBuckets())
	want(sparse, WithSparseBuckets(), WithHistograms(HistogramsBoth))
	want(deltas, WithSparseBuckets(), WithTemporalitySelector(sdkmetric.DeltaTemporalitySelector))
	want("", WithSparseBuckets(), WithHistograms(HistogramsQuantiles))
	want("", WithSparseBuckets(), WithLayout(LayoutReporter))
	want(all, WithSparseBuckets(), WithCacheBytes(0))

	t.Setenv("APPTUIT_SPARSE_BUCKETS", "yes")
	want(sparse)
	t.Setenv("APPTUIT_SPARSE_BUCKETS", "no")
	want(all)
	want(sparse, WithSparseBuckets()) // the option overrides the variable
	t.Setenv("APPTUIT_SPARSE_BUCKETS", "perhaps")
	want(sparse, WithSparseBuckets())
	if _, err := New(t.Context(), toSink()); err == nil || !strings.Contains(err.Error(), "APPTUIT_SPARSE_BUCKETS") {
		t.Errorf("error %v, want one that names the variable", err)
	}
}

// Buckets of exponential histograms are those from the lowest to the highest that is needed,
// with and without the option.
func TestWithSparseBuckets_Exponential(t *testing.T) {
	send := func(opts ...Option) (lines []string) {
		srv := memoryServer(t)
		e := newExporter(t, append(opts, toServer(srv), WithoutSelfMetrics(), WithHistograms(HistogramsBuckets))...)
		for _, c := range exponentialConversions()[:8] {
			for _, rm := range c.exports {
				_ = e.Export(t.Context(), rm)
			}
		}
		return arrived(srv)
	}
	want := send()
	if diff := cmp.Diff(want, send(WithSparseBuckets())); diff != "" || len(want) < 50 {
		t.Errorf("%d points, with the option (-want +got):\n%s", len(want), diff)
	}
}

// The points of each Export are accounted for, including the previous values of buckets that appear.
func TestWithSparseBuckets_Accounting(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		e := newExporter(t, toServer(srv), WithoutSelfMetrics(), WithSparseBuckets(), withoutRetry())
		provider := newProvider(sdkmetric.NewPeriodicReader(e), "shop")
		defer func() { _ = provider.Shutdown(t.Context()) }()
		h, _ := provider.Meter("app").Float64Histogram("h")
		var sent uint64
		for i := range 40 {
			for series := range 5 {
				h.Record(t.Context(), float64(i*i*(series+1)), metric.WithAttributes(attribute.Int("series", series)))
			}
			if i%4 == 3 {
				srv.Fail(apptuittest.Reject(func(p apptuittest.Point) string { return strings.Repeat("bad", len(p.String())%2) }))
			}
			_ = provider.ForceFlush(t.Context())
			sent += uint64(len(srv.Take()))
			time.Sleep(time.Second)
		}
		if s := e.Stats(); s.Produced != s.Accepted+s.Rejected || s.Accepted != sent || s.Rejected == 0 {
			t.Errorf("stats %+v, and %d points arrived", s, sent)
		}
	})
}
