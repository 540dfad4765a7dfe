// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"cmp"
	"context"
	"slices"

	"github.com/klauspost/compress/snappy"
	"github.com/prometheus/prometheus/prompb"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"google.golang.org/protobuf/encoding/protowire"
)

// remoteWrite is an exporter to Prometheus' remote write 1.0, with one request for each collection. It
// keeps no series between exports, but reuses its memory. prompb encodes protobuf without reflection.
type remoteWrite struct {
	poster
	names      names
	resource   []prompb.Label
	identity   []prompb.Label // labels of the resource and of the field attributes
	attributes *attribute.Set
	series     prompb.TimeSeries
	native     prompb.Histogram
	body       []byte
	compressed []byte
}

func newRemoteWrite(_ context.Context, to *sink) (exporter, error) {
	return &remoteWrite{names: names{}, poster: newPoster(to, "/api/v1/write", "application/x-protobuf", "snappy")}, nil
}

func (w *remoteWrite) Export(ctx context.Context, c *collection) error {
	w.body, w.resource, w.attributes = w.body[:0], w.resource[:0], nil
	for _, kv := range c.metrics.Resource.Attributes() {
		switch kv.Key {
		case "service.name":
			w.resource = append(w.resource, prompb.Label{Name: "job", Value: kv.Value.String()})
		case "service.instance.id":
			w.resource = append(w.resource, prompb.Label{Name: "instance", Value: kv.Value.String()})
		}
	}
	flatten(c.metrics, w.sample, w.histogram)
	w.compressed = snappy.Encode(w.compressed[:cap(w.compressed)], w.body)
	return w.post(ctx, w.compressed)
}

func (w *remoteWrite) sample(p *point) {
	if p.suffix == "_min" || p.suffix == "_max" {
		return
	}
	w.series.Samples = append(w.series.Samples[:0], prompb.Sample{Value: p.value, Timestamp: p.at.UnixMilli()})
	w.series.Histograms = w.series.Histograms[:0]
	w.add(p.metric, p.suffix, p.attributes, p.key, p.label)
}

// histogram adds a native histogram. Its scale must be at most 8.
func (w *remoteWrite) histogram(metric string, d *exponential) {
	h := &w.native
	h.Count, h.Sum = &prompb.Histogram_CountInt{CountInt: d.Count}, d.Sum
	h.ZeroCount, h.ZeroThreshold = &prompb.Histogram_ZeroCountInt{ZeroCountInt: d.ZeroCount}, d.ZeroThreshold
	h.Schema, h.Timestamp = d.Scale, d.Time.UnixMilli()
	h.PositiveSpans, h.PositiveDeltas = appendBuckets(h.PositiveSpans[:0], h.PositiveDeltas[:0], d.PositiveBucket)
	h.NegativeSpans, h.NegativeDeltas = appendBuckets(h.NegativeSpans[:0], h.NegativeDeltas[:0], d.NegativeBucket)
	w.series.Samples, w.series.Histograms = w.series.Samples[:0], append(w.series.Histograms[:0], *h)
	w.add(metric, "", &d.Attributes, "", "")
}

// add appends the current series to the request. If key is not empty, the series gets the label key.
func (w *remoteWrite) add(metric, suffix string, attributes *attribute.Set, key, value string) {
	if attributes != w.attributes {
		w.identify(attributes)
	}
	labels := append(append(w.series.Labels[:0], w.identity...), prompb.Label{Name: "__name__", Value: w.names.sanitize(metric) + suffix})
	if key != "" {
		labels = append(labels, prompb.Label{Name: key, Value: value})
	}
	slices.SortFunc(labels, func(a, b prompb.Label) int { return cmp.Compare(a.Name, b.Name) })
	w.series.Labels = labels

	size := w.series.Size()
	w.body = protowire.AppendVarint(protowire.AppendTag(w.body, 1, protowire.BytesType), uint64(size))
	w.body = slices.Grow(w.body, size)[:len(w.body)+size]
	if _, err := w.series.MarshalToSizedBuffer(w.body[len(w.body)-size:]); err != nil {
		panic(err) // the buffer has the size of the series
	}
}

func (w *remoteWrite) identify(attributes *attribute.Set) {
	w.identity, w.attributes = append(w.identity[:0], w.resource...), attributes
	for i := range attributes.Len() {
		kv, _ := attributes.Get(i)
		w.identity = append(w.identity, prompb.Label{Name: w.names.sanitize(string(kv.Key)), Value: kv.Value.String()})
	}
}

// appendBuckets appends one span, and the differences between the counts. Prometheus numbers a bucket
// by its upper bound, and OpenTelemetry by its lower bound.
func appendBuckets(spans []prompb.BucketSpan, deltas []int64, b metricdata.ExponentialBucket) ([]prompb.BucketSpan, []int64) {
	if len(b.Counts) == 0 {
		return spans, deltas
	}
	last := int64(0)
	for _, n := range b.Counts {
		deltas = append(deltas, int64(n)-last)
		last = int64(n)
	}
	return append(spans, prompb.BucketSpan{Offset: b.Offset + 1, Length: uint32(len(b.Counts))}), deltas
}
