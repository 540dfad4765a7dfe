// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"fmt"

	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// fault is a kind of rejection. Each is reported once for a data point, and a value that
// is not finite once for a line.
type fault uint16

const (
	faultSeries fault = 1 << iota
	faultLabel
	faultTimestamp
	faultShape
	faultValue // shifted by the suffix, see valueFault
)

// valueFault returns the fault of a value that is not finite. The last suffixes share one.
func valueFault(s Suffix) fault { return faultValue << min(s, SuffixPercentile75) }

// faultKey is a fault of a data point that is not kept.
type faultKey[K comparable] struct {
	instrument Identity
	point      K
	fault      fault
}

// accept returns the value of a line if it can be sent. Otherwise it rejects the line and
// returns an absent value. Lines are numbered: first those without a label, then one
// number for each label.
func (p Point[K]) accept(line int, ts int64, v model.Value, source uint32) model.Value {
	s := p.state()
	labelled := line >= len(p.i.shape.Suffixes)
	err, kind := p.lineErr(s, labelled), faultSeries
	switch {
	case err != nil && labelled:
		kind = faultLabel
	case err != nil:
	case ts == 0:
		err, kind = model.CheckPoint(ts, v), faultTimestamp
	case !v.Finite():
		err, kind = model.CheckPoint(ts, v), valueFault(p.i.shape.suffixOf(line))
	default:
		return v
	}
	p.reject(line, ts, v, err, kind, source)
	return absent()
}

// acceptAll replaces values of the lines with label n that cannot be sent by absent ones.
func (p Point[K]) acceptAll(n int, ts int64, source uint32, values []model.Value) {
	line := len(p.i.shape.Suffixes) + n
	sound := ts != 0 && p.state().flags&(noSeries|noLabelled) == 0
	for i, v := range values {
		if (!sound || !v.Finite()) && !v.NaN() {
			values[i] = p.accept(line, ts, v, source)
		}
	}
}

// rejectLines rejects n lines with a label of a histogram that is malformed.
func (p Point[K]) rejectLines(label, n int, ts int64, total uint64, err error, source uint32) {
	for range n {
		p.reject(len(p.i.shape.Suffixes)+label, ts, model.Uint(total), err, faultShape, source)
	}
}

// reject rejects a line. It is reported with all that is known of it the first time, and
// afterwards only counted.
func (p Point[K]) reject(line int, ts int64, v model.Value, err error, kind fault, source uint32) {
	c := p.i.scope.c
	if p.reported(kind) {
		c.sink.Reject(put.Rejection{Source: source, Reported: true})
		return
	}
	r := put.Rejection{Source: source, Metric: p.i.metric.nameOf(line), Timestamp: ts, Value: v, Err: err}
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
		return p.i.scope.c.faults.Seen(faultKey[K]{p.i.Identity(), p.i.passing, kind})
	}
	told := s.told&kind != 0
	s.told |= kind
	return told
}

// Identity names an instrument.
type Identity struct{ Instrument, Scope, Version string }

// String is the form that errors show.
func (i Identity) String() string {
	return fmt.Sprintf("%q (scope %q)", i.Instrument, i.Scope+versionSuffix(i.Version))
}

func versionSuffix(version string) string {
	if version == "" {
		return ""
	}
	return "@" + version
}

// CollisionError says that two points of one export render to the same series
// and timestamp.
type CollisionError struct {
	Winner, Loser Identity
	// Filtered says that a filter has left out attributes of points of one of them.
	Filtered bool
}

// Error names both instruments and scopes, and a filter that may be the reason.
func (e CollisionError) Error() string {
	who, without := fmt.Sprintf("%v and %v", e.Winner, e.Loser), ""
	if e.Winner == e.Loser {
		who = fmt.Sprintf("two points of %v", e.Winner)
	}
	if e.Filtered {
		without = ", without the attributes that the attribute filter leaves out"
	}
	return who + " render to one series and timestamp" + without + ": the first is sent"
}
