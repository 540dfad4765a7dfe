// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/wire"
)

// selfScope is the scope of the exporter's own metrics.
const selfScope = "github.com/apptuitai/apptuit-go/exporter"

// selfMetrics are the exporter's metrics about the Exports of one resource,
// under the names that apptuit-py's reporter gave them.
type selfMetrics struct {
	mu                        sync.Mutex
	total, successful, failed uint64
	sends                     uint64
	filtered                  uint64
	seconds, least, most      float64
	last                      int64 // the timestamp they were last sent with
}

func (s *selfMetrics) add(r apptuitclient.Report, took time.Duration, tally convert.Tally) {
	s.mu.Lock()
	defer s.mu.Unlock()
	failed := uint64(r.Rejected + r.Dropped)
	s.total += uint64(r.Accepted+r.Spooled) + failed
	s.successful += uint64(r.Accepted)
	s.failed += failed
	s.filtered += uint64(tally.Filtered)
	t := took.Seconds()
	if s.sends == 0 {
		s.least, s.most = t, t
	}
	s.sends++
	s.seconds += t
	s.least, s.most = min(s.least, t), max(s.most, t)
}

// self appends the metrics of the Exports before this one, at most once a
// timestamp: a second point would be another value of the same series then.
func (x *export) self(client *apptuitclient.Client, s *selfMetrics, now time.Time) {
	ts := wire.Timestamp(now, x.milliseconds)
	s.mu.Lock()
	if s.last == ts {
		s.mu.Unlock()
		return
	}
	s.last = ts
	total, successful, failed, filtered := s.total, s.successful, s.failed, s.filtered
	recorded := s.sends > 0
	duration := convert.HistogramPoint{
		Count: s.sends,
		Sum:   convert.Optional{Value: wire.Float(s.seconds), Set: true},
		Min:   convert.Optional{Value: wire.Float(s.least), Set: recorded},
		Max:   convert.Optional{Value: wire.Float(s.most), Set: recorded},
	}
	s.mu.Unlock()

	x.source = wire.Uncounted
	none := attribute.EmptySet().Equivalent()
	scope := x.conv.Scope(selfScope, apptuitclient.Version, "", none, func() []wire.Tag { return nil })
	find := func(spec convert.InstrumentSpec) *point {
		i := scope.Instrument(spec)
		if p := i.Lookup(none); p != nil {
			return p
		}
		return i.Add(none, nil, false)
	}
	number := func(name, unit string, monotonic bool, value uint64) {
		p := find(convert.InstrumentSpec{Name: name, Unit: unit, Kind: convert.Sum, Monotonic: monotonic})
		x.conv.Number(p, ts, wire.Uint(value))
	}
	const points = "{point}"
	number("apptuit.reporter.send.total", points, true, total)
	number("apptuit.reporter.send.successful", points, true, successful)
	number("apptuit.reporter.send.failed", points, true, failed)
	x.conv.Histogram(find(convert.InstrumentSpec{Name: "apptuit.reporter.send.time", Unit: "s", Kind: convert.Histogram}), ts, &duration)
	if x.filter != nil {
		number("apptuit.reporter.filtered", points, true, filtered)
	}
	if spool, ok := client.SpoolStats(); ok {
		number("apptuit.reporter.spool.points", points, false, uint64(spool.Points))
		number("apptuit.reporter.spool.bytes", "By", false, uint64(spool.Bytes))
		number("apptuit.reporter.spool.spooled", points, true, spool.Spooled)
		number("apptuit.reporter.spool.replayed", points, true, spool.Replayed)
		number("apptuit.reporter.spool.rejected", points, true, spool.Rejected)
		number("apptuit.reporter.spool.dropped", points, true, spool.Dropped)
	}
}
