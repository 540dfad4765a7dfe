// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chaos_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// ledger has every point that was exported, and the answers on the wire to requests with the point.
type ledger struct {
	mu      sync.Mutex
	entries map[string]*entry // by series and time
	invalid int               // points that no server can store
	strange []string          // points that were sent, but never recorded
}

// entry is a point of the ledger.
type entry struct {
	value    float64
	must     bool      // the server worked: the point must be stored
	accepted int       // answers that confirm the point
	unclear  int       // requests whose answer does not tell whether the point is stored
	at       time.Time // of the first acceptance
}

func newLedger() *ledger { return &ledger{entries: map[string]*entry{}} }

// export adds the points of an export.
func (l *ledger) export(points []servers.Point, invalid int, must bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range points {
		key := points[i].Key()
		if l.entries[key] != nil {
			panic("twice in the ledger: " + key)
		}
		l.entries[key] = &entry{value: points[i].Value, must: must}
	}
	l.invalid += invalid
}

// verdict says whether a point is stored, according to the answer to a request.
type verdict uint8

const (
	refused  verdict = iota // the point is not stored
	accepted                // the point is stored
	unclear                 // the point may be stored
)

func (l *ledger) note(key string, v verdict) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.entries[key]
	switch {
	case e == nil:
		l.strange = append(l.strange, key)
	case v == unclear:
		e.unclear++
	case v == accepted:
		if e.accepted++; e.accepted == 1 {
			e.at = time.Now()
		}
	}
}

// statistics sums up the statistics of exporters and spools.
type statistics struct {
	produced, accepted, rejected, dropped, spooled, left int
	faults                                               []string
}

// add adds the statistics of an exporter and its spool at their end.
func (b *statistics) add(e exporter.Stats, s apptuitclient.SpoolStats) {
	b.produced += int(e.Produced)
	b.accepted += int(e.Accepted + s.Replayed)
	b.rejected += int(e.Rejected + s.Rejected)
	b.spooled += int(e.Spooled)
	b.dropped += int(e.Dropped + s.Dropped + s.Removed)
	if e.Produced != e.Accepted+e.Rejected+e.Spooled+e.Dropped {
		b.fault("the exporter's statistics do not add up: %+v", e)
	}
	if !adds(s) || s.Spooled != e.Spooled {
		b.fault("the spool's statistics do not add up: %+v, of the exporter %+v", s, e)
	}
	if s.Found != uint64(b.left) {
		b.fault("%d points were found in the spool, where %d were left", s.Found, b.left)
	}
	b.left = int(s.Points)
}

// adds reports whether the statistics of a spool account for all of its points.
func adds(s apptuitclient.SpoolStats) bool {
	return s.Found+s.Spooled == s.Replayed+s.Rejected+s.Dropped+s.Removed+uint64(s.Points)
}

func (b *statistics) fault(format string, args ...any) {
	b.faults = append(b.faults, fmt.Sprintf(format, args...))
}

// window is a range of time. The server may forget the points that it accepts in it.
type window struct{ from, to time.Time }

// account counts the points of the ledger by their fate. Spooled points are also counted as stored,
// rejected or dropped.
type account struct {
	points, stored, rejected, dropped, spooled, both, forgotten, lost, duplicated int
}

// reconcile compares the ledger with the stored points and the statistics. It returns the account and a
// description of each discrepancy.
func (l *ledger) reconcile(stored []servers.Point, b *statistics, tolerance float64, windows []window) (account, []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := account{points: len(l.entries) + l.invalid, rejected: b.rejected, dropped: b.dropped, spooled: b.spooled}
	faults := slices.Clone(b.faults)
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	for _, key := range l.strange {
		fault("sent, but never recorded: %s", key)
	}
	copies := l.copies(stored, tolerance, fault)
	confirmed := 0
	for _, key := range slices.Sorted(maps.Keys(l.entries)) {
		e, n := l.entries[key], copies[key]
		if e.accepted > 0 {
			confirmed++
		}
		if n > 0 {
			a.stored++
			a.duplicated += n - 1
		}
		switch {
		case e.accepted > 1:
			fault("sent again after it was accepted: %s", key)
		case n > e.accepted+e.unclear:
			fault("stored %d times, by %d requests that were accepted and %d that are unclear: %s", n, e.accepted, e.unclear, key)
		case n > 0 && e.accepted == 0:
			a.both++
		case n == 0 && e.accepted > 0 && forgotten(e.at, windows):
			a.forgotten++
		case n == 0 && e.accepted > 0:
			fault("accepted by the server, but not stored: %s", key)
		case n == 0 && e.must:
			fault("not stored, although the server worked: %s", key)
		}
	}
	if b.produced != a.points {
		fault("the ledger has %d points, and the exporter has produced %d", a.points, b.produced)
	}
	if b.accepted != confirmed {
		fault("the server has confirmed %d points, and %d are reported as accepted", confirmed, b.accepted)
	}
	if b.left != 0 {
		fault("%d points are still in the spool", b.left)
	}
	a.lost = a.points - a.stored - a.rejected - a.dropped + a.both - a.forgotten
	if a.lost != 0 {
		fault("the account does not add up: %+v", a)
	}
	return a, faults
}

// copies counts the copies of each stored point, and compares the values.
func (l *ledger) copies(stored []servers.Point, tolerance float64, fault func(string, ...any)) map[string]int {
	copies := make(map[string]int, len(l.entries))
	for i := range stored {
		p := &stored[i]
		if isSelf(p.Metric) {
			continue
		}
		key := p.Key()
		copies[key]++
		e := l.entries[key]
		switch {
		case e == nil:
			fault("stored, but never recorded: %s = %v", key, p.Value)
		case math.Abs(p.Value-e.value) > tolerance*max(math.Abs(p.Value), math.Abs(e.value)):
			fault("stored as %v, recorded as %v: %s", p.Value, e.value, key)
		}
	}
	return copies
}

func forgotten(at time.Time, windows []window) bool {
	return slices.ContainsFunc(windows, func(w window) bool { return !at.Before(w.from) && !at.After(w.to) })
}

// isSelf reports whether a metric is the exporter's own.
func isSelf(metric string) bool { return strings.HasPrefix(metric, "apptuit_reporter_") }
