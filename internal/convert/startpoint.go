// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"github.com/apptuitai/apptuit-go/internal/block"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// A counter that appears with the value 5 has counted five events. But a server computes rates
// and increases from pairs of points, so it would miss these events. So a start point with
// the value 0 is sent before the first point of a cumulative monotonic series:
//
//	collections   100      110      120
//	series a      7        9        9
//	series b                        5       is sent as 0 at 110 and 5 at 120
//
// A series is new if the converter does not keep it. But the converter may also have dropped
// the series from the cache, and then 0 would be wrong. So there is no start point if the
// converter may have dropped the series since the time of the start point.

// collections are the times of the last two collections of an instrument.
type collections struct {
	current, previous collection
	begun             bool // the current export has had a data point
}

// collection is one collection of an instrument, in nanoseconds since 1970.
type collection struct {
	at         uint64 // time of its data points; 0 if there was none
	start      uint64 // their start time
	incomplete bool   // there was no room for a series
}

// note notes the time of a data point. An export with the time of the current collection is
// a part of that collection.
func (c *collections) note(t Time) {
	if !c.begun && t.At > c.current.at {
		c.previous, c.current = c.current, collection{at: t.At}
	}
	c.begun = true
	c.current.start = t.Start
}

// startPoint returns the timestamp of the start point of a data point with the timestamp ts.
// It returns 0 if there is none. Most series of an instrument start with the program, and 0
// is their value until the previous collection. But if the collection does not have the
// start time of the data point, then it may come from another program, and 0 is the value
// at the start time only.
func (p Point[K]) startPoint(t Time, ts int64) int64 {
	i, c := p.i, p.i.scope.c
	i.collections.note(t)
	if !p.kept {
		i.collections.current.incomplete = true
	}
	if !p.added || i.index.entries == nil {
		return 0
	}
	since, dropped := t.Start, c.dropped
	if before := i.collections.previous; before.start == t.Start && before.at < t.At {
		since, dropped = before.at, c.squeezed
		if before.incomplete {
			return 0
		}
	}
	if since <= dropped || since > t.At {
		return 0
	}
	return min(c.cfg.Resolution.Timestamp(since), ts-1)
}

// putStart gives a new series of a number its start point.
func (p Point[K]) putStart(t Time, at block.Stamp, v model.Value) {
	if at.Timestamp = p.startPoint(t, at.Timestamp); at.Timestamp > 0 {
		p.i.scope.c.ws.writer.PutNumber(p.block(), p.entry, at, zero(v))
	}
}

// putStarts gives a new series of a distribution its start point: counts, sums and buckets
// that the distribution has.
func (p Point[K]) putStarts(t Time, at block.Stamp, d *block.Distribution) {
	if at.Timestamp = p.startPoint(t, at.Timestamp); at.Timestamp == 0 {
		return
	}
	start := &p.i.scope.c.ws.earlier
	start.Reset()
	for n, v := range d.Plain {
		if s := p.i.shape.Suffixes[n]; s != SuffixCount && s != SuffixSum {
			v = absent()
		}
		start.Plain = append(start.Plain, zero(v))
	}
	for n, l := range p.i.shape.labels {
		if l != le {
			continue
		}
		from, to := &d.Labelled[n], &start.Labelled[n]
		to.At = append(to.At, from.At...)
		for _, v := range from.Values {
			to.Values = append(to.Values, zero(v))
		}
	}
	p.i.scope.c.ws.writer.PutDistribution(p.block(), p.entry, at, start)
}

// zero returns 0 in the kind of a value. It returns an absent value as it is.
func zero(v model.Value) model.Value {
	if v.NaN() {
		return v
	}
	return model.FromBits(0, v.Kind())
}
