// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// batchPoints is the number of points in a request: what this project's client
// has by default, where Telegraf has 50.
const batchPoints = 50_000

// JSON writes OpenTSDB's put as Telegraf does: a struct with a map of tags for
// each point, through encoding/json into compress/gzip.
type JSON struct {
	poster
	body  bytes.Buffer
	gzip  *gzip.Writer
	json  *json.Encoder
	count int
	err   error
}

// JSONPoint is a point in OpenTSDB's put.
type JSONPoint struct {
	Metric    string            `json:"metric"`
	Timestamp int64             `json:"timestamp"`
	Value     any               `json:"value"`
	Tags      map[string]string `json:"tags"`
}

// NewJSON returns an encoder that posts.
func NewJSON(target Target) *JSON {
	j := &JSON{poster: newPoster(target.URL+"/api/put", http.Header{
		"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}, "User-Agent": {"bench"},
	})}
	j.gzip = gzip.NewWriter(&j.body)
	j.json = json.NewEncoder(j.gzip)
	return j
}

// Point adds a point, and posts when there are enough. Its error, and every one
// before it, is that of Flush.
func (j *JSON) Point(ctx context.Context, p *JSONPoint) {
	if j.err != nil {
		return
	}
	separator := ","
	if j.count == 0 {
		separator = "["
	}
	if _, j.err = j.gzip.Write([]byte(separator)); j.err != nil {
		return
	}
	if j.err = j.json.Encode(p); j.err != nil {
		return
	}
	if j.count++; j.count == batchPoints {
		_ = j.Flush(ctx)
	}
}

// Flush posts what has been added.
func (j *JSON) Flush(ctx context.Context) error {
	if j.err != nil || j.count == 0 {
		return j.err
	}
	if _, j.err = j.gzip.Write([]byte("]")); j.err == nil {
		j.err = j.gzip.Close()
	}
	if j.err == nil {
		j.err = j.post(ctx, j.body.Bytes())
	}
	j.body.Reset()
	j.gzip.Reset(&j.body)
	j.count = 0
	return j.err
}

// telegraf exports collections with JSON, in this project's layout.
type telegraf struct {
	*JSON
	names names
	tags  []label // of the resource
}

func newTelegraf(_ context.Context, target Target) (Exporter, error) {
	return &telegraf{JSON: NewJSON(target), names: names{}}, nil
}

// Export encodes a collection and posts it.
func (t *telegraf) Export(ctx context.Context, rm *metricdata.ResourceMetrics) error {
	t.tags = t.tags[:0]
	for _, kv := range rm.Resource.Attributes() {
		switch kv.Key {
		case "service.name", "service.namespace", "service.instance.id":
			t.tags = append(t.tags, label{t.names.sanitize(string(kv.Key)), kv.Value.String()})
		case "host.name":
			t.tags = append(t.tags, label{"host", kv.Value.String()})
		}
	}
	for _, scope := range rm.ScopeMetrics {
		for _, m := range scope.Metrics {
			name := t.names.sanitize(m.Name)
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				jsonNumbers(ctx, t, name, data.DataPoints)
			case metricdata.Sum[float64]:
				jsonNumbers(ctx, t, name, data.DataPoints)
			case metricdata.Gauge[int64]:
				jsonNumbers(ctx, t, name, data.DataPoints)
			case metricdata.Gauge[float64]:
				jsonNumbers(ctx, t, name, data.DataPoints)
			case metricdata.Histogram[int64]:
				jsonHistograms(ctx, t, name, data.DataPoints)
			case metricdata.Histogram[float64]:
				jsonHistograms(ctx, t, name, data.DataPoints)
			case metricdata.ExponentialHistogram[float64]:
				t.exponentials(ctx, name, data.DataPoints)
			}
		}
	}
	return t.Flush(ctx)
}

// add adds a point with the tags of its attributes and the resource, and one
// more if key is not empty.
func (t *telegraf) add(ctx context.Context, name string, set *attribute.Set, key, text string, value any, at time.Time) {
	tags := make(map[string]string, set.Len()+len(t.tags)+1)
	for _, tag := range t.tags {
		tags[tag.name] = tag.value
	}
	for i := range set.Len() {
		kv, _ := set.Get(i)
		tags[t.names.sanitize(string(kv.Key))] = kv.Value.String()
	}
	if key != "" {
		tags[key] = text
	}
	t.Point(ctx, &JSONPoint{Metric: name, Timestamp: at.Unix(), Value: value, Tags: tags})
}

func jsonNumbers[N int64 | float64](ctx context.Context, t *telegraf, name string, data []metricdata.DataPoint[N]) {
	for i := range data {
		p := &data[i]
		t.add(ctx, name, &p.Attributes, "", "", p.Value, p.Time)
	}
}

func jsonHistograms[N int64 | float64](ctx context.Context, t *telegraf, name string, data []metricdata.HistogramDataPoint[N]) {
	for i := range data {
		p := &data[i]
		seen := uint64(0)
		for b, n := range p.BucketCounts {
			seen += n
			le := "+Inf"
			if b < len(p.Bounds) {
				le = strconv.FormatFloat(p.Bounds[b], 'g', -1, 64)
			}
			t.add(ctx, name+"_bucket", &p.Attributes, "le", le, seen, p.Time)
		}
		low, recorded := p.Min.Value()
		high, _ := p.Max.Value()
		totals(ctx, t, name, &p.Attributes, p.Count, p.Sum, low, high, recorded, p.Time)
	}
}

func totals[N int64 | float64](ctx context.Context, t *telegraf, name string, set *attribute.Set,
	count uint64, sum, low, high N, recorded bool, at time.Time,
) {
	t.add(ctx, name+"_count", set, "", "", count, at)
	t.add(ctx, name+"_sum", set, "", "", sum, at)
	if recorded {
		t.add(ctx, name+"_min", set, "", "", low, at)
		t.add(ctx, name+"_max", set, "", "", high, at)
	}
}

// exponentials adds quantiles, the upper bounds of the buckets in which they
// are, and totals.
func (t *telegraf) exponentials(ctx context.Context, name string, data []metricdata.ExponentialHistogramDataPoint[float64]) {
	quantiles := [...]float64{0.5, 0.75, 0.95, 0.99, 0.999}
	for i := range data {
		p := &data[i]
		for _, q := range quantiles {
			rank, seen := q*float64(p.Count), float64(p.ZeroCount)
			value := 0.0
			for b, n := range p.PositiveBucket.Counts {
				if seen >= rank {
					break
				}
				seen += float64(n)
				value = math.Exp2(math.Ldexp(float64(int(p.PositiveBucket.Offset)+b+1), -int(p.Scale)))
			}
			t.add(ctx, name, &p.Attributes, "quantile", strconv.FormatFloat(q, 'g', -1, 64), value, p.Time)
		}
		low, recorded := p.Min.Value()
		high, _ := p.Max.Value()
		totals(ctx, t, name, &p.Attributes, p.Count, p.Sum, low, high, recorded, p.Time)
	}
}

// names remembers sanitized names, of which there are few.
type names map[string]string

func (n names) sanitize(name string) string {
	if s, ok := n[name]; ok {
		return s
	}
	s := strings.Map(func(r rune) rune {
		if r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return r
		}
		return '_'
	}, name)
	n[name] = s
	return s
}
