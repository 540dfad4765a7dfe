// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"slices"
	"unsafe"

	"github.com/apptuitai/apptuit-go/internal/block"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// sparseBuckets records which buckets of a metric are sent, see [Layout.SparseBuckets]. It
// applies to data points with the bounds of the first data point of the metric. All buckets of
// data points with other bounds are sent.
//
// All series of the metric have the same buckets. Otherwise a sum over series by le, as in
// histogram_quantile(0.9, sum by (le) (rate(…))), would miss the observations of series
// without the bucket.
type sparseBuckets struct {
	bounds   []float64
	since    []uint32 // by bucket: the version in which it was first sent, 0 if it was never sent
	version  uint32   // counts the changes of since
	series   []sparseSeries
	counts   []uint64              // by entry: cumulative counts of the last data point, one for each bound
	appeared map[uint32]appearance // by entry: of the last data point, if buckets appeared in it
}

// sparseSeries is the last data point of an entry. ts is 0 if there was no data point.
type sparseSeries struct {
	ts      int64
	version uint32
}

// appearance is the data point before a data point in which buckets appeared. It is kept until
// the data point after that, because the Collector may push the same data again.
type appearance struct {
	previous sparseSeries
	counts   []uint64
}

// sparse removes the buckets that are not sent from the values of a cumulative data point, which
// are the values of the bounds and of +Inf. If a bucket appears in a series that was sent
// before, sparse also sends the value that the bucket had in the previous data point.
func (p Point[K]) sparse(n int, at block.Stamp, bounds []float64, counts []uint64, values []model.Value) {
	m := p.i.metric
	if !p.kept || at.Timestamp == 0 || p.state().flags&(noSeries|tooManyTags) != 0 {
		return
	}
	if m.sparse == nil {
		m.sparse = &sparseBuckets{bounds: slices.Clone(bounds), since: make([]uint32, len(bounds)), appeared: make(map[uint32]appearance)}
	}
	b := m.sparse
	if !slices.Equal(b.bounds, bounds) {
		return
	}
	b.grow(cap(m.points))
	b.note(counts)
	if last, appear := b.advance(p.entry, at.Timestamp, values); appear {
		p.sendPrevious(n, at, last)
	}
	for i, since := range b.since {
		if since == 0 {
			values[i] = absent()
		}
	}
}

// sendPrevious sends the buckets that appear now with their values in the previous data point.
func (p Point[K]) sendPrevious(n int, at block.Stamp, last appearance) {
	b, d := p.i.metric.sparse, &p.i.scope.c.ws.earlier
	d.Reset()
	for range p.i.shape.Suffixes {
		d.Plain = append(d.Plain, absent())
	}
	l := &d.Labelled[n]
	l.At = append(l.At, b.bounds...)
	for i, since := range b.since {
		v := absent()
		if since > last.previous.version {
			v = model.Uint(last.counts[i])
		}
		l.Values = append(l.Values, v)
	}
	at.Timestamp = last.previous.ts
	p.i.scope.c.ws.writer.PutSupplement(p.block(), p.entry, at, d)
}

// note marks further buckets as sent: buckets with observations, and the bucket below each of
// them, at whose bound an interpolation begins.
func (b *sparseBuckets) note(counts []uint64) {
	changed := false
	for i := range b.since {
		if b.since[i] == 0 && counts[i]|counts[i+1] != 0 {
			if !changed {
				b.version++
				changed = true
			}
			b.since[i] = b.version
		}
	}
}

// advance replaces the last data point of an entry, and returns it. appear reports whether
// buckets appear after it. appear is false if there was no data point before, or if the
// current data point is earlier than the last one.
func (b *sparseBuckets) advance(id uint32, ts int64, values []model.Value) (last appearance, appear bool) {
	s, n := &b.series[id], len(b.bounds)
	counts := b.counts[int(id)*n:][:n]
	last = appearance{*s, counts}
	if before, ok := b.appeared[id]; ok {
		if s.ts == ts {
			last = before // the data point is sent again
		} else if s.ts < ts {
			delete(b.appeared, id)
		}
	}
	if ts < s.ts {
		return last, false
	}
	if appear = last.previous.ts > 0 && last.previous.version < b.version; appear {
		last.counts = slices.Clone(last.counts)
		b.appeared[id] = last
	}
	*s = sparseSeries{ts, b.version}
	for i := range counts {
		counts[i] = countOf(values[i])
	}
	return last, appear && last.previous.ts < ts
}

// countOf is the reverse of [model.Uint], which rounds counts above the largest int64.
func countOf(v model.Value) uint64 {
	if v.Kind() == model.Integer {
		return v.Bits()
	}
	return uint64(v.Float64())
}

// grow makes room for n entries.
func (b *sparseBuckets) grow(n int) {
	if more := n - len(b.series); more > 0 {
		b.series = append(b.series, make([]sparseSeries, more)...)
		b.counts = append(b.counts, make([]uint64, more*len(b.bounds))...)
	}
}

// forget makes an entry new.
func (b *sparseBuckets) forget(id uint32) {
	if int(id) < len(b.series) {
		b.series[id] = sparseSeries{}
		delete(b.appeared, id)
	}
}

// shrink drops the entries from n on.
func (b *sparseBuckets) shrink(n int) {
	if n < len(b.series) {
		b.series = slices.Clone(b.series[:n])
		b.counts = slices.Clone(b.counts[:n*len(b.bounds)])
	}
}

// size returns the number of bytes that are allocated.
func (b *sparseBuckets) size() int64 {
	const appearanceCost = 64
	one := int64(8 * len(b.bounds))
	return sparseCost + 2*one + int64(cap(b.series))*int64(unsafe.Sizeof(sparseSeries{})) + int64(8*cap(b.counts)) +
		int64(len(b.appeared))*(one+appearanceCost)
}

// seriesSize returns the number of bytes that a series takes.
func (b *sparseBuckets) seriesSize() int64 {
	return int64(unsafe.Sizeof(sparseSeries{})) + int64(8*len(b.bounds))
}
