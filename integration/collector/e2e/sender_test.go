// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// otlp returns the SDK's exporter to a Collector. It does not retry, so that each success is an
// acknowledgement of the Collector.
func otlp(t testing.TB, c *collector, opts ...otlpmetrichttp.Option) *otlpmetrichttp.Exporter {
	t.Helper()
	e, err := otlpmetrichttp.New(t.Context(), append([]otlpmetrichttp.Option{
		otlpmetrichttp.WithEndpointURL("http://" + c.addr + "/v1/metrics"),
		otlpmetrichttp.WithRetry(otlpmetrichttp.RetryConfig{}),
		otlpmetrichttp.WithTimeout(5 * time.Second),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = e.Shutdown(ctx)
	})
	return e
}

// sender sends numbered requests, and records which of them were acknowledged. Each request has
// pointsEach points of different series at a second of its own.
type sender struct {
	t     testing.TB
	otlp  *otlpmetrichttp.Exporter
	sent  int
	acked map[int]bool
	more  []metricdata.Metrics // further metrics of each request
}

const (
	pointsEach = 50
	firstTime  = 1_700_000_000
)

func newSender(t testing.TB, c *collector) *sender {
	return &sender{t: t, otlp: otlp(t, c), acked: map[int]bool{}}
}

// send sends the next request and reports whether it was acknowledged.
func (s *sender) send() bool {
	n := s.sent
	s.sent++
	gauge := metricdata.Gauge[int64]{}
	for i := range pointsEach {
		gauge.DataPoints = append(gauge.DataPoints, metricdata.DataPoint[int64]{
			Attributes: attribute.NewSet(attribute.Int("series", i)),
			Time:       time.Unix(firstTime+int64(n), 0),
			Value:      valueOf(n, i),
		})
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), 5*time.Second)
	defer cancel()
	err := s.otlp.Export(ctx, &metricdata.ResourceMetrics{
		Resource:     resource.NewSchemaless(attribute.String("service.name", "numbers")),
		ScopeMetrics: []metricdata.ScopeMetrics{{Metrics: append([]metricdata.Metrics{{Name: "number", Data: gauge}}, s.more...)}},
	})
	s.acked[n] = err == nil
	return err == nil
}

// mustSend sends requests, each of which must be acknowledged.
func (s *sender) mustSend(requests int) {
	s.t.Helper()
	for range requests {
		if !s.send() {
			s.t.Fatalf("request %d was not acknowledged", s.sent-1)
		}
	}
}

func valueOf(request, series int) int64 { return int64(request*pointsEach + series) }

// key returns the key of a point, as servers.Point.Key does.
func key(request, series int) string {
	p := servers.Point{
		Metric: "number", Time: (firstTime + int64(request)) * 1000,
		Tags: map[string]string{"series": fmt.Sprint(series), "service_name": "numbers"},
	}
	return p.Key()
}

// verdict is the result of comparing the points of a server with those that were sent.
type verdict struct{ lost, duplicates int }

// judge counts acknowledged points that are missing, and points that exist more than once. A point
// that was not sent, or has another value, is an error.
func (s *sender) judge(points []servers.Point) verdict {
	s.t.Helper()
	values := make(map[string]int64, s.sent*pointsEach)
	for n := range s.sent {
		for i := range pointsEach {
			values[key(n, i)] = valueOf(n, i)
		}
	}
	var v verdict
	there := make(map[string]bool, len(points))
	for i := range points {
		k := points[i].Key()
		want, ok := values[k]
		if !ok || points[i].Value != float64(want) {
			s.t.Fatalf("%s = %v, want %v (sent: %v)", k, points[i].Value, want, ok)
		}
		if there[k] {
			v.duplicates++
		}
		there[k] = true
	}
	for n := range s.sent {
		for i := range pointsEach {
			if s.acked[n] && !there[key(n, i)] {
				v.lost++
			}
		}
	}
	return v
}

// awaitAll waits until a server has all acknowledged points.
func (s *sender) awaitAll(points func() []servers.Point) verdict {
	s.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(250 * time.Millisecond) {
		v := s.judge(points())
		if v.lost == 0 {
			return v
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%d acknowledged points have not arrived", v.lost)
		}
	}
}
