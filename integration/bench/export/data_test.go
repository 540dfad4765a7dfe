// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// instruments is the number of instruments among which the series are divided.
const instruments = 10

// collection is the data of one export. Its source sets the fields for one kind of exporters.
type collection struct {
	metrics *metricdata.ResourceMetrics // for exporters of the SDK
	pushes  []pmetric.Metrics           // for exporters of the Collector
	points  []apptuitclient.DataPoint   // for the client without an exporter
	series  []apptuitclient.TimeSeries  // for the client: the same points as series
}

// source returns the next collection at each call, with new values. A collection is valid until the
// next call.
type source func(ctx context.Context) (*collection, error)

// series changes the data points of an instrument: begin replaces the series at an index by a new
// series, and step changes the value of a series.
type series struct {
	begin func(i int, attributes attribute.Set)
	step  func(i int, at time.Time)
}

// newMade returns a source of collections that are generated without an SDK. All runs generate the
// same collections in the same order. With replace, 1 % of the series are replaced before each
// collection except the first.
func newMade(kind string, points int, replace bool) source {
	random := rand.New(rand.NewPCG(7, uint64(points)))
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	scope := metricdata.ScopeMetrics{Scope: instrumentation.Scope{Name: "example.com/shop", Version: "2.14.3"}}
	all, sizes := make([]series, instruments), make([]int, instruments)
	created, replaced, started := 0, 0, false
	begin := func(instrument, i int) {
		all[instrument].begin(i, seriesAttributes(created))
		created++
	}
	for i := range all {
		sizes[i] = points*(i+1)/instruments - points*i/instruments
		m := metricdata.Metrics{Name: fmt.Sprintf("shop.%s.%d", kind, i), Description: "Made for a benchmark.", Unit: "1"}
		m.Data, all[i] = newSeries(kind, sizes[i], at.Add(-time.Hour), random)
		scope.Metrics = append(scope.Metrics, m)
		for p := range sizes[i] {
			begin(i, p)
		}
	}
	c := &collection{metrics: &metricdata.ResourceMetrics{Resource: newResource(), ScopeMetrics: []metricdata.ScopeMetrics{scope}}}
	return func(context.Context) (*collection, error) {
		if replace && started {
			for range max(points/100, 1) {
				i := replaced % instruments
				begin(i, replaced/instruments%sizes[i])
				replaced++
			}
		}
		started, at = true, at.Add(10*time.Second)
		for i, one := range all {
			for p := range sizes[i] {
				one.step(p, at)
			}
		}
		return c, nil
	}
}

func newSeries(kind string, n int, start time.Time, random *rand.Rand) (metricdata.Aggregation, series) {
	switch kind {
	case "sum":
		points, s := newNumbers(n, start, func() int64 { return random.Int64N(1_000_000) }, func() int64 { return 1 + random.Int64N(1000) })
		return metricdata.Sum[int64]{DataPoints: points, Temporality: metricdata.CumulativeTemporality, IsMonotonic: true}, s
	case "gauge":
		points, s := newNumbers(n, start, func() float64 { return 50 + 20*random.NormFloat64() }, random.NormFloat64)
		return metricdata.Gauge[float64]{DataPoints: points}, s
	case "histogram":
		return newHistograms(n, start, random)
	case "exponential":
		return newExponentials(n, start, random)
	default:
		panic("unknown kind of data: " + kind)
	}
}

func newNumbers[N int64 | float64](n int, start time.Time, first, change func() N) ([]metricdata.DataPoint[N], series) {
	points := make([]metricdata.DataPoint[N], n)
	return points, series{
		begin: func(i int, attributes attribute.Set) {
			points[i] = metricdata.DataPoint[N]{Attributes: attributes, StartTime: start, Value: first()}
		},
		step: func(i int, at time.Time) {
			points[i].Time = at
			points[i].Value += change()
		},
	}
}

// A histogram begins with 100 different values, each of which is observed 1 to 2,000 times,
// depending on the series. Before each collection, 3 observations are added.
const (
	firstObservations = 100
	observations      = 3
)

// duration returns a random duration of a request in milliseconds, with 17 significant digits.
func duration(random *rand.Rand) float64 { return 40 * math.Exp(random.NormFloat64()) }

// observing returns the series of a histogram that observes durations. reset replaces the data point
// at an index, and observe adds observations to it.
func observing(random *rand.Rand, reset func(i int, attributes attribute.Set), observe func(i int, at time.Time, value float64, times uint64)) series {
	return series{
		begin: func(i int, attributes attribute.Set) {
			reset(i, attributes)
			busy := math.Pow(1000, random.Float64())
			for range firstObservations {
				observe(i, time.Time{}, duration(random), 1+random.Uint64N(uint64(2*busy)))
			}
		},
		step: func(i int, at time.Time) {
			for range observations {
				observe(i, at, duration(random), 1)
			}
		},
	}
}

// newHistograms returns histograms with the default buckets of the SDK.
func newHistograms(n int, start time.Time, random *rand.Rand) (metricdata.Aggregation, series) {
	points := make([]metricdata.HistogramDataPoint[float64], n)
	observe := func(i int, at time.Time, value float64, times uint64) {
		p := &points[i]
		bucket, _ := slices.BinarySearch(p.Bounds, value)
		p.BucketCounts[bucket] += times
		p.Time, p.Count, p.Sum = at, p.Count+times, p.Sum+value*float64(times)
		p.Min, p.Max = extend(p.Min, p.Max, value)
	}
	reset := func(i int, attributes attribute.Set) {
		bounds := []float64{0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000}
		points[i] = metricdata.HistogramDataPoint[float64]{
			Attributes: attributes, StartTime: start, Bounds: bounds, BucketCounts: make([]uint64, len(bounds)+1),
		}
	}
	return metricdata.Histogram[float64]{DataPoints: points, Temporality: metricdata.CumulativeTemporality}, observing(random, reset, observe)
}

// newExponentials returns exponential histograms with eight buckets for each power of two.
func newExponentials(n int, start time.Time, random *rand.Rand) (metricdata.Aggregation, series) {
	const scale, lowest = 3, -30
	points := make([]exponential, n)
	counts := make([][]uint64, n) // counts from the lowest bucket on, of which a data point contains a part
	observe := func(i int, at time.Time, value float64, times uint64) {
		p := &points[i]
		bucket := int(math.Ceil(math.Ldexp(math.Log2(value), scale))) - 1 - lowest
		bucket = min(max(bucket, 0), maxBuckets-1)
		counts[i][bucket] += times
		low, high := bucket, bucket+1
		if used := p.PositiveBucket; len(used.Counts) > 0 {
			first := int(used.Offset) - lowest
			low, high = min(low, first), max(high, first+len(used.Counts))
		}
		p.PositiveBucket = metricdata.ExponentialBucket{Offset: int32(lowest + low), Counts: counts[i][low:high]}
		p.Time, p.Count, p.Sum = at, p.Count+times, p.Sum+value*float64(times)
		p.Min, p.Max = extend(p.Min, p.Max, value)
	}
	reset := func(i int, attributes attribute.Set) {
		points[i] = exponential{Attributes: attributes, StartTime: start, Scale: scale}
		counts[i] = make([]uint64, maxBuckets)
	}
	return metricdata.ExponentialHistogram[float64]{DataPoints: points, Temporality: metricdata.CumulativeTemporality}, observing(random, reset, observe)
}

const maxBuckets = 160 // maximum number of buckets of an exponential histogram: the SDK's default

func extend(low, high metricdata.Extrema[float64], value float64) (newLow, newHigh metricdata.Extrema[float64]) {
	l, ok := low.Value()
	if !ok {
		return metricdata.NewExtrema(value), metricdata.NewExtrema(value)
	}
	h, _ := high.Value()
	return metricdata.NewExtrema(min(l, value)), metricdata.NewExtrema(max(h, value))
}

// newResource returns the resource of a service in a cluster.
func newResource() *resource.Resource {
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

// seriesAttributes returns the six attributes of series n. Many series share each value, but no two
// series share all six values. Consecutive series have no pattern.
func seriesAttributes(n int) attribute.Set {
	bits := scatter(uint32(n))
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
		attribute.Int("shop.region", take(scatteredBits-20)),
	)
}

const scatteredBits = 24

// scatter returns a number of 24 bits for each number of 24 bits. It is a bijection without a
// visible pattern.
func scatter(v uint32) uint32 {
	const mask = 1<<scatteredBits - 1
	for _, odd := range [...]uint32{0x9e3779b1, 0x85ebca6b, 0xc2b2ae35} {
		v ^= v >> (scatteredBits / 2)
		v = v * odd & mask
	}
	return v ^ v>>(scatteredBits/2)
}
