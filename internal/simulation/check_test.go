// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// grace is how long after its deadline a call with a spool may return.
const grace = 100 * time.Millisecond

// checkDeadline checks that a call has returned by its deadline.
func (w *world) checkDeadline(name string, now, limit time.Time, spool bool) {
	if limit.IsZero() {
		return
	}
	if spool {
		limit = limit.Add(grace)
	}
	if now.After(limit) {
		w.ledger.fail("deadline", "%s has returned %v late", name, now.Sub(limit))
	}
}

// checkReturned checks the account of a unit that has just returned, against what the server
// knows at that moment.
func (w *world) checkReturned(u *unit) {
	w.ledger.mu.Lock()
	defer w.ledger.mu.Unlock()
	c, t := u.counts, u.tally()
	if u.refused {
		if t.stored > 0 {
			w.ledger.failLocked("lifecycle", "%s was refused, and points of it are stored", u.name)
		}
		return
	}
	refusable := u.invalid + t.refused
	if !w.config.spool || u.p.lackedSpool() {
		refusable += t.denied
	}
	if c.accepted > t.stored && (u.exact || c.failed+c.spooled > 0 && u.isSend()) {
		w.ledger.failLocked("accepted", "%s: %+v, and the server has stored %d points", u.name, c, t.stored)
	}
	if !u.exact {
		return
	}
	if produced := len(u.points) + u.invalid; c.accepted+c.rejected+c.spooled+c.dropped != produced {
		w.ledger.failLocked("accounts", "%s: %+v, want %d in all", u.name, c, produced)
	}
	if c.rejected > refusable || c.rejected < u.invalid {
		w.ledger.failLocked("rejected", "%s: %+v, %d points were invalid, the server knows %+v", u.name, c, u.invalid, t)
	}
	if c.spooled > 0 && !w.config.spool {
		w.ledger.failLocked("spooled", "%s: %+v, and there is no spool", u.name, c)
	}
}

// lackedSpool reports whether a process was without a spool at some time.
func (p *process) lackedSpool() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lacked
}

func (u *unit) isSend() bool { return u.name[0] == 'S' }

// checkSpool checks the account of a spool.
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
		w.ledger.fail("spool", "%s has one: %v", p.name, ok)
	}
	w.checkSpool(p.name, stats)
	if !ok || w.config.instances || p.number != w.processes || w.running[0] != nil && w.running[1] != nil || w.tampered {
		return // another process has, or had, the folder
	}
	if files := w.countFiles(); files < int(stats.Points) || !w.faulty && files != int(stats.Points) {
		w.ledger.fail("spool", "%s: %+v, and %d points are in the files", p.name, stats, files)
	}
}

// limited reports whether the limits of the spool may cost points.
func (w *world) limited() bool { return w.config.bytes < 1<<20 || w.config.age < 24*time.Hour }

// checkAll checks the accounts of all units and processes.
func (w *world) checkAll() {
	w.ledger.mu.Lock()
	defer w.ledger.mu.Unlock()
	l := w.ledger
	excess, lost, rejected := 0, w.taken, 0 // points that no unit has reported as failed; that spools have dropped, and rejected
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
		produced, together, missing := 0, counts{}, 0 // of Exports that were not alone
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
		l.failLocked("lost", "%d points that nobody has reported as dropped are not at the server; spools have dropped %d", excess, lost)
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
		l.failLocked("rejected", "spools say that %d points were rejected, the server has refused %d", rejected, refused)
	}
}

// struck reports whether a batch may have failed too often. The caller holds the ledger's
// lock.
func (w *world) struck() bool {
	for name := range w.drive.Files() {
		if len(name) > 10 && name[:10] == "quarantine" {
			return true
		}
	}
	return false
}
