// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"sync"

	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/convert"
)

// Stats counts wire points since the exporter was created. The exporter's own metrics are not
// counted.
//
//	Produced = Accepted + Rejected + Spooled + Dropped
//
// A point that is delivered from the spool later is counted by SpoolStats of the client, and stays
// in Spooled here.
type Stats struct {
	// Exports is the number of calls of Export that converted metrics.
	Exports uint64
	// Produced points were rendered from the exported data points, or are points of target_info
	// (WithTargetInfo).
	Produced uint64
	// Accepted points were accepted by the server.
	Accepted uint64
	// Rejected points were invalid, or refused by the server.
	Rejected uint64
	// Spooled points were written to disk, to be delivered later.
	Spooled uint64
	// Dropped points could not be delivered in time, and are lost.
	Dropped uint64
	// Overflowed counts data points, not wire points, with the attribute
	// otel.metric.overflow. The SDK aggregates all measurements beyond its cardinality
	// limit in such a data point. The first of these data points of an instrument causes a warning.
	Overflowed uint64
	// Filtered counts data points, not wire points, from which WithAttributeFilter has
	// removed attributes, whether or not they were accepted.
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

// Stats returns the counts so far. It is safe for concurrent use.
func (e *Exporter) Stats() Stats {
	e.stats.mu.Lock()
	defer e.stats.mu.Unlock()
	return e.stats.stats
}
