// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chaos_test

import (
	"context"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// load generates the measurements of a program, and the points that an export must have. Its seed
// determines both.
type load struct {
	rng       *rand.Rand
	requests  [8]int64
	durations [2]distribution
	refused   bool // each pass has a point that InfluxDB refuses
}

// distribution is the state of a histogram.
type distribution struct {
	buckets       [4]int64 // not cumulative
	sum, min, max float64
}

// pass is the measurements between two exports.
type pass struct {
	requests  [8]int64
	levels    [6]float64
	durations [2][]float64
	refused   bool
}

const service = "chaos"

// scope is the meter's name.
const scope = "chaos"

// invalid returns the number of points of a pass that no server can store: a gauge with the value NaN, and
// perhaps a point that InfluxDB refuses.
func (l *load) invalid() int {
	if l.refused {
		return 2
	}
	return 1
}

func newLoad(seed1, seed2 uint64) *load {
	return &load{rng: rand.New(rand.NewPCG(seed1, seed2))}
}

// next generates a pass, and returns it with the valid points of its export.
func (l *load) next(second int64) (pass, []servers.Point) {
	p := pass{refused: l.refused}
	var points []servers.Point
	add := func(metric string, value float64, tags ...string) {
		all := map[string]string{"otel_scope_name": scope, "service_name": service}
		for i := 0; i < len(tags); i += 2 {
			all[tags[i]] = tags[i+1]
		}
		points = append(points, servers.Point{Metric: metric, Tags: all, Time: second * 1000, Value: value})
	}
	for i := range p.requests {
		p.requests[i] = l.rng.Int64N(1000)
		l.requests[i] += p.requests[i]
		add("chaos_requests", float64(l.requests[i]), "route", "/r/"+strconv.Itoa(i))
	}
	for i := range p.levels {
		p.levels[i] = float64(100_000+l.rng.IntN(900_000)) / 1000
		add("chaos_level", p.levels[i], "zone", strconv.Itoa(i))
	}
	for i := range p.durations {
		d := &l.durations[i]
		for range 1 + l.rng.IntN(4) {
			p.durations[i] = append(p.durations[i], d.draw(l.rng))
		}
		op := "op " + strconv.Itoa(i)
		count := int64(0)
		for j, le := range []string{"1", "10", "100", "+Inf"} {
			count += d.buckets[j]
			add("chaos_duration_bucket", float64(count), "op", op, "le", le)
		}
		add("chaos_duration_count", float64(count), "op", op)
		add("chaos_duration_sum", d.sum, "op", op)
		add("chaos_duration_min", d.min, "op", op)
		add("chaos_duration_max", d.max, "op", op)
	}
	return p, points
}

// draw draws a value, and adds it to the state. Sums of the values are exact.
func (d *distribution) draw(rng *rand.Rand) float64 {
	bucket := rng.IntN(len(d.buckets))
	v := []float64{0.5, 5.25, 50.125, 500.5}[bucket]
	if d.buckets == [4]int64{} {
		d.min, d.max = v, v
	}
	d.buckets[bucket]++
	d.sum += v
	d.min, d.max = min(d.min, v), max(d.max, v)
	return v
}

// instruments are the instruments of the program.
type instruments struct {
	requests      metric.Int64Counter
	level, broken metric.Float64Gauge
	refused       metric.Float64Gauge
	duration      metric.Float64Histogram
}

func newInstruments(m metric.Meter) (*instruments, error) {
	var i instruments
	var errs [5]error
	i.requests, errs[0] = m.Int64Counter("chaos.requests")
	i.level, errs[1] = m.Float64Gauge("chaos.level")
	i.broken, errs[2] = m.Float64Gauge("chaos.broken")
	i.duration, errs[3] = m.Float64Histogram("chaos.duration", metric.WithExplicitBucketBoundaries(1, 10, 100))
	i.refused, errs[4] = m.Float64Gauge("chaos.refused")
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return &i, nil
}

func (i *instruments) record(p *pass) {
	ctx := context.Background()
	for j, n := range p.requests {
		i.requests.Add(ctx, n, metric.WithAttributes(attribute.String("route", "/r/"+strconv.Itoa(j))))
	}
	for j, v := range p.levels {
		i.level.Record(ctx, v, metric.WithAttributes(attribute.Int("zone", j)))
	}
	for j, values := range p.durations {
		for _, v := range values {
			i.duration.Record(ctx, v, metric.WithAttributes(attribute.String("op", "op "+strconv.Itoa(j))))
		}
	}
	i.broken.Record(ctx, math.NaN())
	if p.refused {
		i.refused.Record(ctx, 1, metric.WithAttributes(attribute.String(refusedKey, "noon")))
	}
}

// refusedKey is a tag key that InfluxDB refuses, because it reads the key as a time.
const refusedKey = "time"

// noon is the time of the points of the first pass. Each pass is a second later, so that no two passes have
// the same time.
var noon = time.Date(2026, 2, 3, 12, 0, 0, 0, time.UTC).Unix()
