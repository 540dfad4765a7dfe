// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package decode

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strconv"
	"time"
)

// step is the time between two points.
const step = 15 * time.Second

// epoch is the time of the first point.
var epoch = time.Unix(1_767_225_600, 0).UTC()

// size is how many series an answer has, and how many points each of them.
type size struct{ series, points int }

func (s size) total() int { return s.series * s.points }

// bytes is the size of the slices that the points end up in: a time and a value
// of 8 bytes each.
func (s size) bytes() int64 { return 16 * int64(s.total()) }

// end is the time of the last point.
func (s size) end() time.Time { return epoch.Add(time.Duration(s.points-1) * step) }

// tags are those of a series, in the order in which they are written.
func tags(series int) [][2]string {
	return [][2]string{
		{"host", fmt.Sprintf("web-%03d.fra1.example.com", series/8)},
		{"service.name", []string{"checkout", "cart", "search", "payments"}[series%4]},
		{"service.instance.id", fmt.Sprintf("9b1deb4d-3b7d-4bad-9bdd-%012x", series)},
		{"http.request.method", []string{"GET", "POST"}[series%2]},
		{"http.response.status_code", []string{"200", "404", "500"}[series%3]},
		{"deployment.environment", "production"},
	}
}

const metric = "http.server.active_requests"

// values returns the values of a series one after the other. One series has
// short decimals, the next integers that count up, the next floats of 16 to 17
// digits, the next a mixture of all.
func values(series int) func() float64 {
	random := rand.New(rand.NewPCG(uint64(series), 1))
	count := 0
	kinds := []func() float64{
		func() float64 { return float64(random.IntN(200_000)-20_000) / 1000 },
		func() float64 { count += random.IntN(1000); return float64(count) },
		func() float64 { return random.NormFloat64() * 100 },
	}
	if series%4 < len(kinds) {
		return kinds[series%4]
	}
	return func() float64 { return kinds[random.IntN(len(kinds))]() }
}

// writer is what answers are written to; its errors are kept for the end.
type writer interface {
	io.Writer
	io.StringWriter
}

// points writes the points of a series from one index up to another. Values are
// in quotes in the Prometheus format.
func points(w writer, series, from, to int, quote string) {
	next := values(series)
	for range from {
		next()
	}
	line := make([]byte, 0, 64)
	for i := from; i < to; i++ {
		line = line[:0]
		if i > from {
			line = append(line, ',')
		}
		line = append(line, '[')
		line = strconv.AppendInt(line, epoch.Add(time.Duration(i)*step).Unix(), 10)
		line = append(line, ',')
		line = append(line, quote...)
		line = strconv.AppendFloat(line, next(), 'f', -1, 64)
		line = append(line, quote...)
		line = append(line, ']')
		_, _ = w.Write(line)
	}
}

func object(w writer, members [][2]string) {
	sep := "{"
	for _, m := range members {
		_, _ = w.WriteString(sep + strconv.Quote(m[0]) + ":" + strconv.Quote(m[1]))
		sep = ","
	}
	_, _ = w.WriteString("}")
}

// writeNative writes an answer of Apptuit's query API.
func writeNative(w writer, s size) {
	_, _ = w.WriteString(`{"outputs":[{"id":"out0","result":[`)
	for i := range s.series {
		if i > 0 {
			_, _ = w.WriteString(",")
		}
		_, _ = w.WriteString(`{"metric":"` + metric + `","tags":`)
		object(w, tags(i))
		_, _ = w.WriteString(`,"aggregatedTags":[],"dps":[`)
		points(w, i, 0, s.points, "")
		_, _ = w.WriteString(`]}`)
	}
	_, _ = w.WriteString(`]}],"hints":[],"query":{"querytext":"fetch('` + metric + `')"}}`)
}

// writeMatrix writes an answer of Prometheus' query_range: the points of each
// series from one index up to another.
func writeMatrix(w writer, series, from, to int) {
	_, _ = w.WriteString(`{"status":"success","data":{"resultType":"matrix","result":[`)
	for i := range series {
		if i > 0 {
			_, _ = w.WriteString(",")
		}
		_, _ = w.WriteString(`{"metric":`)
		object(w, append([][2]string{{"__name__", metric}}, tags(i)...))
		_, _ = w.WriteString(`,"values":[`)
		points(w, i, from, to, `"`)
		_, _ = w.WriteString(`]}`)
	}
	_, _ = w.WriteString(`]}}`)
}

// series is what every decoder has to come to.
type series struct {
	Metric string
	Tags   map[string]string
	Times  []int64 // Unix milliseconds
	Bits   []uint64
}

// data is what the answers say, made without them.
func data(s size) []series {
	all := make([]series, s.series)
	for i := range all {
		one := series{Metric: metric, Tags: map[string]string{}}
		for _, t := range tags(i) {
			one.Tags[t[0]] = t[1]
		}
		next := values(i)
		for p := range s.points {
			one.Times = append(one.Times, epoch.Add(time.Duration(p)*step).UnixMilli())
			one.Bits = append(one.Bits, math.Float64bits(next()))
		}
		all[i] = one
	}
	return all
}
