// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"fmt"

	"github.com/apptuitai/apptuit-go/internal/block"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// fault is a kind of rejection. Each kind is reported once for a data point, and a value
// that is not finite once for each suffix, see valueFault.
type fault uint16

const (
	faultSeries fault = 1 << iota
	faultLabel
	faultTimestamp
	faultShape
	faultValue // of the first suffix, see valueFault
)

// faultCrowded is the fault of a data point for which there is no timestamp, see
// [Point.timestamp].
const faultCrowded fault = 1 << 15

// valueFault returns the fault of a value that is not finite in a line with a suffix. Suffixes
// from .75_percentile on share one: fault has no more than 11 bits left.
func valueFault(s Suffix) fault {
	const faults = int(SuffixPercentile75) + 1
	const _ = faultCrowded - faultValue<<(faults-1) - 1 // does not compile if it is too large
	return faultValue << min(int(s), faults-1)
}

// faultKey is a fault of a data point that is not kept.
type faultKey[K comparable] struct {
	instrument Identity
	point      K
	fault      fault
}

// accept returns the value of a line if it can be sent. Otherwise it rejects the line and
// returns an absent value. Lines are numbered: first the lines without a label, then one
// number for each label.
func (p Point[K]) accept(line int, at block.Stamp, v model.Value) model.Value {
	c, s, labelled := p.i.scope.c, p.state(), line >= len(p.i.shape.Suffixes)
	var err error
	kind := faultSeries
	if labelled {
		kind = faultLabel
	}
	switch {
	case s.flags&noSeries != 0 && labelled:
		err = p.invalid().labelErr
	case s.flags&noSeries != 0:
		err = p.invalid().err
	case s.flags&tooFewTags != 0 && !labelled:
		err = c.cfg.tagRules().Check(0)
	case s.flags&tooManyTags != 0 && labelled:
		err = c.cfg.tagRules().Check(c.cfg.MaxTags + 1)
	case at.Timestamp == 0:
		err, kind = c.ws.refusal.err, c.ws.refusal.kind
	case !v.Finite():
		err, kind = model.CheckPoint(at.Timestamp, v), valueFault(p.i.shape.suffixOf(line))
	default:
		return v
	}
	p.reject(line, at, v, err, kind)
	return absent()
}

// acceptAll replaces values of the lines with label n that cannot be sent by absent ones.
func (p Point[K]) acceptAll(n int, at block.Stamp, values []model.Value) {
	line := len(p.i.shape.Suffixes) + n
	valid := at.Timestamp != 0 && p.state().flags&(noSeries|tooManyTags) == 0
	for i, v := range values {
		if (!valid || !v.Finite()) && !v.NaN() {
			values[i] = p.accept(line, at, v)
		}
	}
}

// rejectLines rejects n lines with a label of a malformed histogram.
func (p Point[K]) rejectLines(label, n int, at block.Stamp, total uint64, err error) {
	for range n {
		p.reject(len(p.i.shape.Suffixes)+label, at, model.Uint(total), err, faultShape)
	}
}

// reject rejects a line. The first rejection of a kind is reported in full, later ones are
// only counted.
func (p Point[K]) reject(line int, at block.Stamp, v model.Value, err error, kind fault) {
	c := p.i.scope.c
	if p.reported(kind) {
		c.sink.Reject(put.Rejection{Source: at.Source, Reported: true})
		return
	}
	r := put.Rejection{Source: at.Source, Metric: p.i.metric.nameOf(line), Timestamp: at.Timestamp, Value: v, Err: err}
	if p.state().flags&noSeries != 0 {
		r.Tags = p.invalid().tags
		c.sink.Reject(r)
		return
	}
	c.ws.writer.Reject(p.block(), p.entry, r)
}

// nameOf returns the metric of a line.
func (m *metric[K]) nameOf(line int) string {
	if n := len(m.lines.Plain); line >= n {
		return m.lines.Labels[line-n].Metric
	}
	return m.lines.Plain[line]
}

// reported reports whether a kind of fault was reported for the data point, and notes it.
func (p Point[K]) reported(kind fault) bool {
	s := p.state()
	if !p.kept {
		return p.i.scope.c.faults.Seen(faultKey[K]{p.i.Identity(), p.i.transientKey, kind})
	}
	before := s.reported
	s.reported |= kind
	return before&kind != 0
}

// Identity names an instrument.
type Identity struct{ Instrument, Scope, Version string }

// String returns the text that errors show.
func (i Identity) String() string {
	scope := i.Scope
	if i.Version != "" {
		scope += "@" + i.Version
	}
	return fmt.Sprintf("%q (scope %q)", i.Instrument, scope)
}

// Identity names the instrument and its scope.
func (i *Instrument[K]) Identity() Identity {
	return Identity{Instrument: i.spec.Name, Scope: i.scope.key.name, Version: i.scope.key.version}
}

// CollisionError is the error of a point that has the same series and timestamp as an earlier
// point of the export.
type CollisionError struct {
	Winner, Loser Identity
	// Filtered says that a filter has removed attributes of points of one of the instruments.
	Filtered bool
}

// Error names both instruments and scopes, and a filter that may be the reason.
func (e CollisionError) Error() string {
	who, without, sent := fmt.Sprintf("%v and %v", e.Winner, e.Loser), "", "only the former is sent"
	if e.Winner == e.Loser {
		who, sent = fmt.Sprintf("two points of %v", e.Winner), "the first is sent"
	}
	if e.Filtered {
		without = ", without the attributes that the attribute filter leaves out"
	}
	return who + " render to one series and timestamp" + without + ": " + sent
}
