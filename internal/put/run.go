// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"bytes"
	"unsafe"
)

// Run has the text of series. Most are in runs of many that are alike, in the
// order in which they are sent: of each is kept what it has other than the one before
// it, which is a tenth of its text, and at the same time how a line follows from the
// line before. A series alone has its whole text. A run is in memory, whole, as long as
// one of its series is used.
type Run struct {
	text  string   // of a series alone, and
	like  likeness // its likeness, 0 until it is needed
	links links    // and links
	many  *many    // nil of a series alone
}

// many is what a run of many series has.
type many struct {
	series  []Series
	code    []byte // what makes each text, but the first, of the one before; see reader.go
	anchors []anchor
	cost    int64 // of a series, in bytes
}

// anchor is a text from which those that follow can be made.
type anchor struct {
	text string
	next uint32 // where in the code the next one begins
}

// anchored is how far apart anchors are. The texts between are made to find the one
// that is wanted out of order.
const anchored = 32

const (
	// aloneOverhead is what a series alone costs beside its text: itself, its run, and
	// its place in the table.
	aloneOverhead = 260
	// runOverhead is what a series in a run costs beside its code: itself, its place in
	// the table, a float that stays, and what it takes to make the run.
	runOverhead = 256
)

// MaxRun is how many series one run has at the most.
const MaxRun = 4 << 10

// Member is a series that is about to be in a run.
type Member struct {
	Prefix []byte
	Series *Series // nil if it is new
}

// Runs reports whether a series of this text may be in a run.
func Runs(prefix []byte) bool { return len(prefix) <= maxLinked }

// Runs reports whether the series may be in a run.
func (s *Series) Runs() bool { return !s.alone() || len(s.run.text) <= maxLinked }

// StagedCost is what a new series of this text is to be charged while it waits for
// [Table.Arrange], or for [Table.Intern].
func StagedCost(prefix []byte) int64 { return int64(len(prefix)) + aloneOverhead }

// Arrange makes a run of series, one at least, in this order. Those that are in the
// table have one user, who gets the new one in the place of the old one. Those that
// are new have been charged [StagedCost], which is given back, and have a user now;
// if a series has come into the table since, the one that is there has one more.
// Arrange returns nil, and nothing has changed, if there is no room.
func (t *Table) Arrange(members []Member) []*Series {
	r := &many{series: make([]Series, len(members))}
	run := &Run{many: r}
	t.encode(r, members)
	size := len(r.code)
	for _, a := range r.anchors {
		size += len(a.text) + int(unsafe.Sizeof(a))
	}
	r.cost = runOverhead + int64(size/len(members))
	cost := r.cost * int64(len(members))
	for _, m := range members {
		if m.Series != nil {
			cost -= m.Series.cost()
		} else {
			cost -= StagedCost(m.Prefix)
		}
	}
	if !t.Charge(cost) {
		return nil
	}
	all := make([]*Series, len(members))
	for i, m := range members {
		all[i] = t.enter(run, i, m)
	}
	return all
}

// encode makes the code and the anchors.
func (t *Table) encode(r *many, members []Member) {
	t.code, t.text = t.code[:0], t.text[:0]
	for i, m := range members {
		if i > 0 {
			t.steps = t.differ.steps(t.steps[:0], members[i-1].Prefix, m.Prefix)
			t.code = appendCode(t.code, t.steps, m.Prefix)
		}
		if i%anchored == 0 {
			t.text = append(t.text, m.Prefix...)
		}
	}
	t.code = append(t.code, make([]byte, codeSlack)...)
	r.code = bytes.Clone(t.code)
	all, at := string(t.text), 0
	r.anchors = make([]anchor, 0, (len(members)+anchored-1)/anchored)
	next := 0
	for i, m := range members {
		if i > 0 {
			next += codeSize(r.code[next:])
		}
		if i%anchored == 0 {
			r.anchors = append(r.anchors, anchor{all[at : at+len(m.Prefix)], uint32(next)})
			at += len(m.Prefix)
		}
	}
}

// enter makes a member the series i of a run.
func (t *Table) enter(run *Run, i int, m Member) *Series {
	s := &run.many.series[i]
	if old := m.Series; old != nil {
		*s = *old
		s.run, s.at = run, uint32(i)
		t.series[s.place] = s
		old.leave()
		return s
	}
	place, there := t.find(m.Prefix)
	if there != nil {
		there.refs++
		t.Charge(-run.many.cost)
		return there
	}
	*s = Series{run: run, at: uint32(i), place: place, refs: 1}
	t.series[place] = s
	return s
}

// leave lets go of what a series that is not used any more holds of others.
func (s *Series) leave() {
	s.refs = 0
	if s.alone() {
		s.run.links = links{} // or those that come after it would hold all that came before
	}
}

// alone reports whether the series is in no run of many.
func (s *Series) alone() bool { return s.run.many == nil }

// bytes returns the text of a series alone, which must not be changed.
func (s *Series) bytes() []byte {
	return unsafe.Slice(unsafe.StringData(s.run.text), len(s.run.text))
}

// before returns the series before this one in its run, nil if there is none.
func (s *Series) before() *Series {
	if s.at == 0 || s.alone() {
		return nil
	}
	return &s.run.many.series[s.at-1]
}

// cost is what the series costs in its table.
func (s *Series) cost() int64 {
	if s.alone() {
		return int64(len(s.run.text)) + aloneOverhead
	}
	return s.run.many.cost
}
