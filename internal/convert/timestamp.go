// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"errors"
	"time"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/block"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// A series must not have two values at one timestamp: OpenTSDB and InfluxDB keep one of them,
// and OpenTSDB may then fail to read either. Timestamps on the wire are coarser than the
// times of data points, so a data point that is later than the last one of its series may
// have the same timestamp. It is then sent with the next timestamp:
//
//	data points at   100.2   100.5   100.9   102.1
//	timestamps       100     101     102     103
//
// For that, each series keeps the time of its last data point and how far its timestamp was
// advanced.

// Time is the time of a data point in nanoseconds since 1970.
type Time struct {
	At uint64 // 0 is a time that cannot be sent
	// Start is the start time of a cumulative monotonic data point whose series gets a start
	// point. 0 is no start point.
	Start uint64
}

// Resolution is the unit of timestamps on the wire.
type Resolution uint8

// The resolutions.
const (
	Seconds Resolution = iota
	Milliseconds
)

// ResolutionOf returns Milliseconds if milliseconds is true, else Seconds.
func ResolutionOf(milliseconds bool) Resolution {
	if milliseconds {
		return Milliseconds
	}
	return Seconds
}

// nanoseconds returns the length of the unit.
func (r Resolution) nanoseconds() uint64 {
	if r == Milliseconds {
		return uint64(time.Millisecond)
	}
	return uint64(time.Second)
}

// Timestamp returns the timestamp of a time in nanoseconds, in wire units.
func (r Resolution) Timestamp(ns uint64) int64 {
	if r == Milliseconds { // divisions by constants are fast
		return int64(ns / uint64(time.Millisecond))
	}
	return int64(ns / uint64(time.Second))
}

// maxAdvance returns the largest number of wire units by which a timestamp is advanced. It
// fits into state.advanced.
func (r Resolution) maxAdvance() int64 {
	if r == Milliseconds {
		return 250
	}
	return 10
}

// The reasons why a data point gets no timestamp.
var (
	// errOvertaken is the reason of a data point that is earlier than the last one of its
	// series, but has the same timestamp. It is not sent with the next timestamp, because a
	// counter would go back.
	errOvertaken = errors.New("a later data point of the series has this timestamp: use millisecond timestamps")
	errCrowded   = errors.New("the series has more data points than timestamps: export less often, or use millisecond timestamps")
)

// stamp returns the stamp of a data point. Its timestamp is 0 if the data point cannot be
// sent; the workspace then has the reason.
func (p Point[K]) stamp(t Time, source uint32) block.Stamp {
	return block.Stamp{Timestamp: p.timestamp(t.At), Source: source, Owner: p.i.id}
}

// timestamp returns the timestamp of a data point on the wire, see stamp. A data point that
// is sent again gets the same timestamp again. An earlier one is late and keeps its own
// timestamp. If it is earlier by more than a timestamp may be advanced, the clock was
// probably set back, and the series goes on from there.
func (p Point[K]) timestamp(at uint64) int64 {
	c := p.i.scope.c
	resolution := c.cfg.Resolution
	ts := resolution.Timestamp(at)
	if ts == 0 {
		return c.refuse(model.CheckPoint(0, model.Int(0)), faultTimestamp)
	}
	if p.i.constant {
		return ts
	}
	if !p.kept {
		return c.after(ts, ts, c.earlier)
	}
	s, next := &p.i.metric.points[p.entry], ts
	switch last := resolution.Timestamp(s.sent) + int64(s.advanced); {
	case at == s.sent:
		return last
	case at > s.sent && ts > last: // the usual case
	case ts <= last && c.cfg.Snapshots && p.block().Has(p.entry):
		return last // two sources of one series in a collection: they collide
	case at > s.sent:
		if next = last + 1; next-ts > resolution.maxAdvance() {
			return c.refuse(timestampError(errCrowded), faultCrowded)
		}
	case s.sent-at > uint64(resolution.maxAdvance())*resolution.nanoseconds():
	case ts == last:
		return c.refuse(timestampError(errOvertaken), faultCrowded)
	default:
		return ts
	}
	next = c.after(next, ts, c.others)
	s.sent, s.advanced = at, uint8(next-ts)
	return next
}

// after returns the timestamp next, or the first one after taken if that is later, and not too
// far from the data point's own timestamp ts.
func (c *Converter[K]) after(next, ts, taken int64) int64 {
	if next <= taken && taken+1-ts <= c.cfg.Resolution.maxAdvance() {
		return taken + 1
	}
	return next
}

// refusal is the reason why the last data point without a timestamp got none.
type refusal struct {
	err  error
	kind fault
}

// refuse notes the reason why a data point gets no timestamp.
func (c *Converter[K]) refuse(err error, kind fault) int64 {
	c.ws.refusal = refusal{err, kind}
	return 0
}

func timestampError(rule error) error {
	return &encoding.Error{Field: encoding.FieldTimestamp, Rule: rule}
}

// reservations are the timestamps that the exports of a resource have reserved. Exports that
// run at the same time have their own converters, which do not know each other's series. So
// each export reserves the newest timestamp that it may send, and later exports send later
// timestamps.
type reservations[K comparable] struct {
	newest  int64         // reserved
	by      *Converter[K] // the converter of the last export
	at      uint64        // the newest time of the last export
	earlier int64         // newest timestamp of all exports before it
}

// begin reserves timestamps for an export whose newest data point has the time at. If at is
// the time of the last export, then the same data is exported again. If it is 0, the export
// has no data point that can be sent. Neither needs further timestamps.
func (r *reservations[K]) begin(c *Converter[K], at uint64) {
	ts, further := c.cfg.Resolution.Timestamp(at), at != r.at && at != 0
	if further {
		if r.newest-ts > c.cfg.Resolution.maxAdvance() { // the clock was set back
			r.newest = 0
		}
		r.earlier = r.newest
	}
	if c.earlier = r.earlier; r.by != c {
		c.others = r.earlier
	}
	if further {
		r.at, r.by, r.newest = at, c, max(ts, r.newest+1)
	}
}
