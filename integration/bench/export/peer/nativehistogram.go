// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"math"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"google.golang.org/protobuf/encoding/protowire"
)

// The fields of a native histogram in remote write 1.0 that are used here.
const (
	fieldCount          = 1
	fieldSum            = 3
	fieldSchema         = 4
	fieldZeroThreshold  = 5
	fieldZeroCount      = 6
	fieldNegativeSpans  = 8
	fieldNegativeDeltas = 9
	fieldPositiveSpans  = 11
	fieldPositiveDeltas = 12
	fieldTimestamp      = 15
)

// exponentials writes exponential histograms as native ones. Their scales must
// not be more than 8.
func (w *remoteWrite) exponentials(name string, data []metricdata.ExponentialHistogramDataPoint[float64]) {
	for i := range data {
		p := &data[i]
		w.identity(&p.Attributes)
		w.begin(name, "")
		b := w.nested[:0]
		b = protowire.AppendTag(b, fieldCount, protowire.VarintType)
		b = protowire.AppendVarint(b, p.Count)
		b = protowire.AppendTag(b, fieldSum, protowire.Fixed64Type)
		b = protowire.AppendFixed64(b, math.Float64bits(p.Sum))
		b = protowire.AppendTag(b, fieldSchema, protowire.VarintType)
		b = protowire.AppendVarint(b, protowire.EncodeZigZag(int64(p.Scale)))
		b = protowire.AppendTag(b, fieldZeroThreshold, protowire.Fixed64Type)
		b = protowire.AppendFixed64(b, math.Float64bits(p.ZeroThreshold))
		b = protowire.AppendTag(b, fieldZeroCount, protowire.VarintType)
		b = protowire.AppendVarint(b, p.ZeroCount)
		b = appendBuckets(b, p.NegativeBucket, fieldNegativeSpans, fieldNegativeDeltas)
		b = appendBuckets(b, p.PositiveBucket, fieldPositiveSpans, fieldPositiveDeltas)
		b = appendTime(b, p.Time)
		w.nested = b
		w.end(4)
	}
}

func appendTime(b []byte, at time.Time) []byte {
	b = protowire.AppendTag(b, fieldTimestamp, protowire.VarintType)
	return protowire.AppendVarint(b, uint64(at.UnixMilli()))
}

// appendBuckets writes one span, and the differences between the counts. A
// bucket of Prometheus is named for its upper bound, one of OpenTelemetry for
// its lower: hence one more.
func appendBuckets(b []byte, buckets metricdata.ExponentialBucket, spans, deltas protowire.Number) []byte {
	if len(buckets.Counts) == 0 {
		return b
	}
	offset, length := protowire.EncodeZigZag(int64(buckets.Offset)+1), uint64(len(buckets.Counts))
	b = protowire.AppendTag(b, spans, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(2+protowire.SizeVarint(offset)+protowire.SizeVarint(length)))
	b = protowire.AppendTag(b, 1, protowire.VarintType)
	b = protowire.AppendVarint(b, offset)
	b = protowire.AppendTag(b, 2, protowire.VarintType)
	b = protowire.AppendVarint(b, length)

	size, last := 0, int64(0)
	for _, n := range buckets.Counts {
		size += protowire.SizeVarint(protowire.EncodeZigZag(int64(n) - last))
		last = int64(n)
	}
	b = protowire.AppendTag(b, deltas, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(size))
	last = 0
	for _, n := range buckets.Counts {
		b = protowire.AppendVarint(b, protowire.EncodeZigZag(int64(n)-last))
		last = int64(n)
	}
	return b
}
