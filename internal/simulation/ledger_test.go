// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// ledger records all points, and whether the server has stored or refused them. A unique value or
// tag identifies each point.
type ledger struct {
	mu       sync.Mutex
	points   map[string]*point // by wire.key
	places   map[place]*point  // the points that have arrived at the server
	next     int
	failures []failure
	secrets  []string
}

// point is a point that a unit sends.
type point struct {
	unit *unit
	at   int64
	k    string // the value of its tag k
	sent int64  // the timestamp with which it arrived; 0 before

	stored    int
	confirmed bool // an immediate and unambiguous answer has said that the point was stored or refused
	refused   bool // because of its content
	denied    bool // its request was refused for a reason other than its points, for example an invalid token
}

// place is a timestamp of a series of a process. Only one point may have it.
type place struct {
	p         *process
	series    string
	timestamp int64
}

// failure is a violation of an invariant.
type failure struct{ check, detail string }

func (f failure) String() string { return f.check + ": " + f.detail }

func newLedger() *ledger { return &ledger{points: map[string]*point{}, places: map[place]*point{}} }

func (l *ledger) fail(check, format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failLocked(check, format, args...)
}

func (l *ledger) failLocked(check, format string, args ...any) {
	if len(l.failures) < 20 {
		l.failures = append(l.failures, failure{check, fmt.Sprintf(format, args...)})
	}
}

// secret adds a text that no error, warning, log record or file may contain.
func (l *ledger) secret(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Contains(l.secrets, text) {
		l.secrets = append(l.secrets, text)
	}
}

// inspect looks for secrets in a text.
func (l *ledger) inspect(where, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.secrets {
		if strings.Contains(text, s) {
			l.failLocked("secret", "%s: %q is in %q", where, s, text)
		}
	}
}

// id returns a new number, which identifies a point.
func (l *ledger) id() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next++
	return l.next
}

// maxAdvance is the largest number of seconds by which the exporter advances a timestamp.
const maxAdvance = 10

// arriveLocked records the timestamp with which a point arrives. A point must always arrive with
// the same timestamp, and no other point of the series may have it. A Send does not change
// timestamps.
func (l *ledger) arriveLocked(p *point, w wire) {
	most := p.at
	if !p.unit.isSend() {
		most += maxAdvance
	}
	if p.k != w.Tags["k"] || w.Timestamp < p.at || w.Timestamp > most || p.sent != 0 && p.sent != w.Timestamp {
		l.failLocked("content", "%+v arrived, want k=%q at %d; it arrived before at %d", w, p.k, p.at, p.sent)
	}
	p.sent = w.Timestamp
	if p.unit.isSend() {
		return
	}
	at := place{p.unit.p, w.Metric + "|" + w.Tags["k"] + "|" + w.Tags["id"] + "|" + w.Tags["le"], w.Timestamp}
	if l.places[at] == nil {
		l.places[at] = p
	}
	if l.places[at] != p {
		l.failLocked("timestamp", "%+v arrived, but the series already has another value with this timestamp", w)
	}
}

// expect adds a point that a unit will send.
func (l *ledger) expect(u *unit, key, k string, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := &point{unit: u, at: at.Unix(), k: k}
	l.points[key] = p
	u.points = append(u.points, p)
}

// unit is an Export or a Send.
type unit struct {
	name    string
	p       *process
	points  []*point
	invalid int // points that cannot be sent
	began   time.Time
	limit   time.Time // its deadline; zero without a deadline
	alone   bool      // no other call of the process was in progress

	returned bool
	refused  bool // by an exporter that was shut down, which does not accept its points
	counts   counts
	exact    bool // each of accepted, rejected, spooled and dropped is known
}

// counts is the number of points of a unit with each outcome, as the client reports it.
type counts struct{ accepted, rejected, spooled, dropped, failed int }

// tally is the number of points of a unit with each outcome at the server.
type tally struct{ stored, refused, denied, missing int }

func (u *unit) tally() (t tally) {
	for _, p := range u.points {
		switch {
		case p.stored > 0:
			t.stored++
		case !p.refused && !p.denied:
			t.missing++
		}
		if p.refused {
			t.refused++
		} else if p.denied {
			t.denied++
		}
	}
	return t
}
