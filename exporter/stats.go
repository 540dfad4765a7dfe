// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"sync"

	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/convert"
)

// Stats counts wire points since the exporter was made, its own metrics left
// out: Produced = Accepted + Rejected + Spooled + Dropped. What becomes of
// spooled points is in the client's SpoolStats.
type Stats struct {
	// Exports counts calls of Export.
	Exports uint64
	// Produced points came out of the data points that were exported, or are
	// target_info (WithTargetInfo).
	Produced uint64
	// Accepted points were taken by the server.
	Accepted uint64
	// Rejected points were invalid, or refused by the server.
	Rejected uint64
	// Spooled points are kept on disk and delivered later.
	Spooled uint64
	// Dropped points could not be delivered in time.
	Dropped uint64
	// Overflowed counts data points, not wire points, that carried the SDK's
	// attribute otel.metric.overflow: what was over its cardinality limit.
	Overflowed uint64
	// Filtered counts data points, not wire points, that lost attributes to
	// WithAttributeFilter, accepted or not.
	Filtered uint64
}

type counters struct {
	mu    sync.Mutex
	stats Stats
}

func (c *counters) add(r client.Report, produced int, tally convert.Tally) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.stats
	s.Exports++
	s.Produced += uint64(produced)
	s.Accepted += uint64(r.Accepted)
	s.Rejected += uint64(r.Rejected)
	s.Spooled += uint64(r.Spooled)
	s.Dropped += uint64(r.Dropped)
	s.Overflowed += uint64(tally.Overflowed)
	s.Filtered += uint64(tally.Filtered)
}

// Stats returns what became of the points so far.
func (e *Exporter) Stats() Stats {
	e.stats.mu.Lock()
	defer e.stats.mu.Unlock()
	return e.stats.stats
}
