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
	seconds, least, most      float64
	last                      int64 // the timestamp they were last sent with
}

func (s *selfMetrics) add(r apptuitclient.Report, took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	failed := uint64(r.Rejected + r.Dropped)
	s.total += uint64(r.Accepted+r.Spooled) + failed
	s.successful += uint64(r.Accepted)
	s.failed += failed
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
	total, successful, failed := s.total, s.successful, s.failed
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
	scope := x.conv.Scope(selfScope, apptuitclient.Version, "", none)
	find := func(name string, kind convert.Kind) *point {
		i := scope.Instrument(convert.InstrumentSpec{Name: name, Kind: kind})
		if p := i.Lookup(none); p != nil {
			return p
		}
		return i.Add(none, nil)
	}
	x.conv.Number(find("apptuit.reporter.send.total", convert.Sum), ts, wire.Uint(total))
	x.conv.Number(find("apptuit.reporter.send.successful", convert.Sum), ts, wire.Uint(successful))
	x.conv.Number(find("apptuit.reporter.send.failed", convert.Sum), ts, wire.Uint(failed))
	x.conv.Histogram(find("apptuit.reporter.send.time", convert.Histogram), ts, &duration)
	if spool, ok := client.SpoolStats(); ok {
		for _, m := range []struct {
			name  string
			value uint64
		}{
			{"points", uint64(spool.Points)},
			{"bytes", uint64(spool.Bytes)},
			{"spooled", spool.Spooled},
			{"replayed", spool.Replayed},
			{"rejected", spool.Rejected},
			{"dropped", spool.Dropped},
		} {
			x.conv.Number(find("apptuit.reporter.spool."+m.name, convert.Sum), ts, wire.Uint(m.value))
		}
	}
}
