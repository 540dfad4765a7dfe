// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// grace is the time after its deadline until which a call with a spool must return.
const grace = 100 * time.Millisecond

// checkDeadline checks that a call has returned by its deadline, or with a spool, within the grace.
func (w *world) checkDeadline(name string, now, limit time.Time, spool bool) {
	if limit.IsZero() {
		return
	}
	if spool {
		limit = limit.Add(grace)
	}
	if now.After(limit) {
		w.ledger.fail("deadline", "%s has returned %v after its deadline", name, now.Sub(limit))
	}
}

// checkReturned compares the counts of a unit that has just returned with the points that the
// server has stored and refused at this moment.
func (w *world) checkReturned(u *unit) {
	w.ledger.mu.Lock()
	defer w.ledger.mu.Unlock()
	c, t := u.counts, u.tally()
	if u.refused {
		if t.stored > 0 {
			w.ledger.failLocked("lifecycle", "%s was refused, but the server has stored points of it", u.name)
		}
		return
	}
	refusable := u.invalid + t.refused
	if !w.config.spool || u.p.lackedSpool() {
		refusable += t.denied
	}
	if c.accepted > t.stored && (u.exact || c.failed+c.spooled > 0 && u.isSend()) {
		w.ledger.failLocked("accepted", "%s: %+v, but the server has stored only %d points", u.name, c, t.stored)
	}
	if !u.exact {
		return
	}
	if produced := len(u.points) + u.invalid; c.accepted+c.rejected+c.spooled+c.dropped != produced {
		w.ledger.failLocked("accounts", "%s: %+v, want a sum of %d", u.name, c, produced)
	}
	if c.rejected > refusable || c.rejected < u.invalid {
		w.ledger.failLocked("rejected", "%s: %+v, but %d points were invalid, and the server counts %+v", u.name, c, u.invalid, t)
	}
	if c.spooled > 0 && !w.config.spool {
		w.ledger.failLocked("spooled", "%s: %+v, but there is no spool", u.name, c)
	}
}

// lackedSpool reports whether a process was without a spool at some time.
func (p *process) lackedSpool() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lacked
}

func (u *unit) isSend() bool { return u.name[0] == 'S' }

// checkSpool checks the statistics of a spool: as many points must leave it, or be in it, as have
// come to it.
func (w *world) checkSpool(name string, s apptuitclient.SpoolStats) {
	if s.Found+s.Spooled != s.Replayed+s.Rejected+s.Dropped+s.Removed+uint64(s.Points) {
		w.ledger.fail("spool accounts", "%s: %+v", name, s)
	}
}

// checkClosed checks a process whose client is closed.
func (w *world) checkClosed(p *process) {
	if p.killed() {
		return
	}
	stats, ok := p.client.SpoolStats()
	if ok && !w.config.spool || !ok && w.config.spool && !p.lackedSpool() && !w.tampered {
		w.ledger.fail("spool", "%s has a spool: %v, want as configured", p.name, ok)
	}
	w.checkSpool(p.name, stats)
	if !ok || w.config.instances || p.number != w.processes || w.running[0] != nil && w.running[1] != nil || w.tampered {
		return // another process uses the folder, or has used it
	}
	if files := w.countFiles(); files < int(stats.Points) || !w.faulty && files != int(stats.Points) {
		w.ledger.fail("spool", "%s: %+v, but the files have %d points", p.name, stats, files)
	}
}

// limited reports whether the limits of the spool are so low that it may drop points.
func (w *world) limited() bool { return w.config.bytes < 1<<20 || w.config.age < 24*time.Hour }

// checkAll compares the counts of all units and processes with the points at the server.
func (w *world) checkAll() {
	w.ledger.mu.Lock()
	defer w.ledger.mu.Unlock()
	l := w.ledger
	excess, lost, rejected := 0, w.taken, 0 // missing points that no unit has reported; points that spools have dropped; points that spools have rejected
	for _, p := range w.ended {
		stats, spool := p.exporter.Stats(), p.atDeath.spool
		if p.killed() {
			stats = p.atDeath.stats
		} else {
			spool, _ = p.client.SpoolStats()
		}
		lost += int(spool.Dropped)
		if w.taken > 0 {
			lost += int(spool.Removed)
		}
		rejected += int(spool.Rejected)
		produced, together, missing := 0, counts{}, 0 // of concurrent Exports, whose counts are known only in sum
		together.dropped = int(stats.Dropped)
		for _, u := range p.units {
			if !u.returned || u.refused {
				if !p.killed() && !u.returned {
					l.failLocked("lifecycle", "%s has not returned", u.name)
				}
				continue
			}
			t := u.tally()
			switch {
			case u.isSend():
				excess += max(0, t.missing-u.counts.failed)
				continue
			case u.exact:
				excess += max(0, t.missing-u.counts.dropped)
				together.dropped -= u.counts.dropped
			default:
				missing += t.missing
			}
			produced += len(u.points) + u.invalid
		}
		excess += max(0, missing-together.dropped)
		if sum := stats.Accepted + stats.Rejected + stats.Spooled + stats.Dropped; sum != stats.Produced || !p.killed() && produced != int(stats.Produced) {
			l.failLocked("accounts", "%s: %+v, want %d produced", p.name, stats, produced)
		}
	}
	if excess > lost && (!w.crashed || !w.limited()) {
		l.failLocked("lost", "%d points are missing at the server and not reported as dropped; spools have dropped %d", excess, lost)
	}
	if lost > 0 && w.config.calm && !w.limited() && !w.struck() {
		l.failLocked("dropped", "spools have dropped %d points without a reason", lost)
	}
	refused := 0
	for _, p := range l.points {
		if p.refused {
			refused++
		}
	}
	if rejected > refused {
		l.failLocked("rejected", "spools report %d rejected points, the server has refused %d", rejected, refused)
	}
}

// struck reports whether the quarantine has files, for example batches that have failed too often.
// The caller must hold the ledger's lock.
func (w *world) struck() bool {
	for name := range w.drive.Files() {
		if len(name) > 10 && name[:10] == "quarantine" {
			return true
		}
	}
	return false
}
