// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"cmp"
	"context"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/klauspost/compress/snappy"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"google.golang.org/protobuf/encoding/protowire"
)

// remoteWrite is a conversion to Prometheus' remote write 1.0, in one request. It
// is made for this comparison, and as fast as one gets without keeping anything
// from one export to the next: protobuf is written without reflection, and all
// that is allocated is used again.
type remoteWrite struct {
	poster
	names  names
	job    []label
	labels []label
	sorted []label
	series []byte
	nested []byte
	body   []byte
	packed []byte
}

type label struct{ name, value string }

func newRemoteWrite(_ context.Context, target Target) (Exporter, error) {
	return &remoteWrite{
		names: names{},
		poster: newPoster(target.URL+"/api/v1/write", http.Header{
			"Content-Type": {"application/x-protobuf"}, "Content-Encoding": {"snappy"},
			"X-Prometheus-Remote-Write-Version": {"0.1.0"}, "User-Agent": {"bench"},
		}),
	}, nil
}

// Export converts a collection and posts it.
func (w *remoteWrite) Export(ctx context.Context, rm *metricdata.ResourceMetrics) error {
	w.body = w.body[:0]
	w.job = w.job[:0]
	for _, kv := range rm.Resource.Attributes() {
		switch kv.Key {
		case "service.name":
			w.job = append(w.job, label{"job", kv.Value.String()})
		case "service.instance.id":
			w.job = append(w.job, label{"instance", kv.Value.String()})
		}
	}
	for _, scope := range rm.ScopeMetrics {
		for _, m := range scope.Metrics {
			name := w.names.sanitize(m.Name)
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				remoteNumbers(w, name, data.DataPoints)
			case metricdata.Sum[float64]:
				remoteNumbers(w, name, data.DataPoints)
			case metricdata.Gauge[int64]:
				remoteNumbers(w, name, data.DataPoints)
			case metricdata.Gauge[float64]:
				remoteNumbers(w, name, data.DataPoints)
			case metricdata.Histogram[int64]:
				remoteHistograms(w, name, data.DataPoints)
			case metricdata.Histogram[float64]:
				remoteHistograms(w, name, data.DataPoints)
			case metricdata.ExponentialHistogram[float64]:
				w.exponentials(name, data.DataPoints)
			}
		}
	}
	w.packed = snappy.Encode(w.packed[:cap(w.packed)], w.body)
	return w.post(ctx, w.packed)
}

// identity collects the labels of a point, but for the name.
func (w *remoteWrite) identity(set *attribute.Set) {
	w.labels = append(w.labels[:0], w.job...)
	for i := range set.Len() {
		kv, _ := set.Get(i)
		w.labels = append(w.labels, label{w.names.sanitize(string(kv.Key)), kv.Value.String()})
	}
}

// begin starts a series with the identity, a name and, if it is not empty, one
// label more.
func (w *remoteWrite) begin(name, le string) {
	n := len(w.labels)
	w.labels = append(w.labels, label{"__name__", name})
	if le != "" {
		w.labels = append(w.labels, label{"le", le})
	}
	w.sorted = append(w.sorted[:0], w.labels...)
	w.labels = w.labels[:n]
	slices.SortFunc(w.sorted, func(a, b label) int { return cmp.Compare(a.name, b.name) })
	w.series = w.series[:0]
	for _, l := range w.sorted {
		size := 2 + protowire.SizeBytes(len(l.name)) + protowire.SizeBytes(len(l.value))
		w.series = protowire.AppendTag(w.series, 1, protowire.BytesType)
		w.series = protowire.AppendVarint(w.series, uint64(size))
		w.series = protowire.AppendTag(w.series, 1, protowire.BytesType)
		w.series = protowire.AppendString(w.series, l.name)
		w.series = protowire.AppendTag(w.series, 2, protowire.BytesType)
		w.series = protowire.AppendString(w.series, l.value)
	}
}

// end ends the series with what is nested in it: a sample is field 2, a native
// histogram field 4.
func (w *remoteWrite) end(field protowire.Number) {
	w.series = protowire.AppendTag(w.series, field, protowire.BytesType)
	w.series = protowire.AppendBytes(w.series, w.nested)
	w.body = protowire.AppendTag(w.body, 1, protowire.BytesType)
	w.body = protowire.AppendBytes(w.body, w.series)
}

func (w *remoteWrite) sample(name, le string, value float64, at time.Time) {
	w.begin(name, le)
	w.nested = protowire.AppendTag(w.nested[:0], 1, protowire.Fixed64Type)
	w.nested = protowire.AppendFixed64(w.nested, math.Float64bits(value))
	w.nested = protowire.AppendTag(w.nested, 2, protowire.VarintType)
	w.nested = protowire.AppendVarint(w.nested, uint64(at.UnixMilli()))
	w.end(2)
}

func remoteNumbers[N int64 | float64](w *remoteWrite, name string, data []metricdata.DataPoint[N]) {
	for i := range data {
		p := &data[i]
		w.identity(&p.Attributes)
		w.sample(name, "", float64(p.Value), p.Time)
	}
}

func remoteHistograms[N int64 | float64](w *remoteWrite, name string, data []metricdata.HistogramDataPoint[N]) {
	for i := range data {
		p := &data[i]
		w.identity(&p.Attributes)
		seen := uint64(0)
		for b, n := range p.BucketCounts {
			seen += n
			le := "+Inf"
			if b < len(p.Bounds) {
				le = strconv.FormatFloat(p.Bounds[b], 'g', -1, 64)
			}
			w.sample(name+"_bucket", le, float64(seen), p.Time)
		}
		w.sample(name+"_count", "", float64(p.Count), p.Time)
		w.sample(name+"_sum", "", float64(p.Sum), p.Time)
	}
}
