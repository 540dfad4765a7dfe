// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package collection makes what the exporters are measured with: one collection
// of metrics after the other, in which values change as those of programs do.
//
// What goes in: a [Config]. What comes out: a [Source]. Made data is the same at
// every run; that of a MeterProvider comes in the order and at the times of the
// SDK.
package collection

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
)

// Kind is what the data points are.
type Kind string

// The kinds. Mixed is what a service has: metrics of requests, clients, queues
// and business, and those of package runtimemetrics.
const (
	Sum         Kind = "sum"
	Gauge       Kind = "gauge"
	Histogram   Kind = "histogram"
	Exponential Kind = "exponential"
	Mixed       Kind = "mixed"
)

// Config says what a source gives.
type Config struct {
	Kind Kind
	// Points is the number of OpenTelemetry data points in a collection; with
	// Mixed about so many.
	Points int
	// Churn replaces one series in a hundred, at least one, before every
	// collection but the first.
	Churn bool
	// SDK collects from a MeterProvider. Mixed always does.
	SDK bool
	// Delta gives delta temporality, Observable uses instruments with callbacks.
	// Both are for an SDK.
	Delta, Observable bool
	// Collector is set if exporters of a Collector get the collections. These are made
	// sums, gauges or explicit histograms.
	Collector *Collector
}

// Source gives collections.
type Source interface {
	// Next returns the next collection. It holds until Next is called again.
	Next(ctx context.Context) (*metricdata.ResourceMetrics, error)
	// Close ends what the source has started.
	Close() error
}

// New returns a source. Its error says why there is none for this
// configuration.
func New(cfg Config) (Source, error) {
	switch {
	case cfg.Points < instruments:
		return nil, fmt.Errorf("%d points are fewer than %d", cfg.Points, instruments)
	case cfg.Kind == Mixed:
		return newService(cfg)
	case cfg.SDK:
		return newSDK(cfg)
	case cfg.Delta || cfg.Observable:
		return nil, errors.New("delta and observable data needs an SDK")
	default:
		return newMade(cfg)
	}
}

// instruments is the number of instruments over which the series are spread.
const instruments = 10

// churned returns how many of n series are replaced before a collection.
func (c Config) churned(n int) int {
	if !c.Churn {
		return 0
	}
	return max(n/100, 1)
}

// theResource is that of a service in a cluster.
func theResource() *resource.Resource {
	return resource.NewSchemaless(
		attribute.String("service.name", "shop"),
		attribute.String("service.namespace", "retail"),
		attribute.String("service.version", "2.14.3"),
		attribute.String("service.instance.id", "6f1c2a8e-3c53-4f0e-9d1b-0f8a3f0c7b11"),
		attribute.String("host.name", "web1"),
		attribute.String("os.type", "linux"),
		attribute.String("k8s.namespace.name", "retail"),
		attribute.String("k8s.pod.name", "shop-6d8f9c7b5-x2v9q"),
	)
}

// attributes returns the six attributes of a series: a combination that no other
// series has, of values of which each is that of many. Those of neighbours have
// nothing in common, as little as they have in the maps of an SDK.
func attributes(series int) attribute.Set {
	bits := scatter(uint32(series))
	// take returns a number below 2^n.
	take := func(n uint) int {
		v := bits & (1<<n - 1)
		bits >>= n
		return int(v)
	}
	return attribute.NewSet(
		attribute.String("http.request.method", [...]string{"GET", "POST", "PUT", "DELETE"}[take(2)]),
		attribute.String("http.route", fmt.Sprintf("/api/v1/%s/{id}/%d", [...]string{"orders", "customers", "items", "carts"}[take(2)], take(6))),
		attribute.Int("http.response.status_code", [...]int{200, 201, 204, 301, 400, 404, 500, 503}[take(3)]),
		attribute.String("server.address", fmt.Sprintf("shop-%d.example.com", take(6))),
		attribute.String("network.protocol.version", [...]string{"1.1", "2"}[take(1)]),
		attribute.Int("shop.region", take(scattered-20)),
	)
}

// scattered is the number of bits of a series' number.
const scattered = 24

// scatter maps numbers of some bits to each other, one to one and without a
// pattern.
func scatter(v uint32) uint32 {
	const mask = 1<<scattered - 1
	for _, odd := range [...]uint32{0x9e3779b1, 0x85ebca6b, 0xc2b2ae35} {
		v ^= v >> (scattered / 2)
		v = v * odd & mask
	}
	return v ^ v>>(scattered/2)
}

// Count returns the number of data points in a collection.
func Count(rm *metricdata.ResourceMetrics) int {
	n := 0
	for _, scope := range rm.ScopeMetrics {
		for _, m := range scope.Metrics {
			n += points(m.Data)
		}
	}
	return n
}

func points(data metricdata.Aggregation) int {
	switch d := data.(type) {
	case metricdata.Sum[int64]:
		return len(d.DataPoints)
	case metricdata.Sum[float64]:
		return len(d.DataPoints)
	case metricdata.Gauge[int64]:
		return len(d.DataPoints)
	case metricdata.Gauge[float64]:
		return len(d.DataPoints)
	case metricdata.Histogram[int64]:
		return len(d.DataPoints)
	case metricdata.Histogram[float64]:
		return len(d.DataPoints)
	case metricdata.ExponentialHistogram[int64]:
		return len(d.DataPoints)
	case metricdata.ExponentialHistogram[float64]:
		return len(d.DataPoints)
	default:
		return 0
	}
}
