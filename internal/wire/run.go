// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"encoding/binary"
	"slices"
	"unsafe"
)

// Run has the text of series. Most are in runs of many that are alike, in the
// order in which they are sent: of each is kept what it has other than the one before
// it, which is a tenth of its text, and at the same time how a line follows from the
// line before. A series alone has its whole text. A run is in memory, whole, as long as
// one of its series is used.
type Run struct {
	text  string   // of the first series
	like  likeness // of it; 0 until it is needed
	links links    // of the only series
	rest  *rest    // of the others; nil if there is only one
}

// rest is what a run of many series has.
type rest struct {
	series  []Series
	code    []byte // what makes each text, but the first, of the one before; see appendCode
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
	// the table, and a float that stays.
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
	r := &rest{series: make([]Series, len(members))}
	run := &Run{text: string(members[0].Prefix), rest: r}
	t.encode(r, members)
	size := len(run.text) + len(r.code)
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
func (t *Table) encode(r *rest, members []Member) {
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
	s := &run.rest.series[i]
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
		t.Charge(-run.rest.cost)
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
func (s *Series) alone() bool { return s.run.rest == nil }

// bytes returns the text of a series alone, which must not be changed.
func (s *Series) bytes() []byte {
	return unsafe.Slice(unsafe.StringData(s.run.text), len(s.run.text))
}

// before returns the series before this one in its run, nil if there is none.
func (s *Series) before() *Series {
	if s.at == 0 || s.alone() {
		return nil
	}
	return &s.run.rest.series[s.at-1]
}

// cost is what the series costs in its table.
func (s *Series) cost() int64 {
	if s.alone() {
		return int64(len(s.run.text)) + aloneOverhead
	}
	return s.run.rest.cost
}

// The code of a text: how many steps there are, how long it is, the steps, and what is
// literal of all of them.
const (
	headSize, stepSize = 3, 6
	codeSlack          = 8 // at the end, for it is read eight bytes at once
)

func appendCode(dst []byte, steps []step, text []byte) []byte {
	dst = append(dst, byte(len(steps)))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(text)))
	for _, s := range steps {
		dst = binary.LittleEndian.AppendUint16(dst, s.literal)
		dst = binary.LittleEndian.AppendUint16(dst, s.from)
		dst = binary.LittleEndian.AppendUint16(dst, s.length)
	}
	at := 0
	for _, s := range steps {
		dst = append(dst, text[at:at+int(s.literal)]...)
		at += int(s.literal) + int(s.length)
	}
	return dst
}

// codeSize returns the length of the code at the beginning.
func codeSize(code []byte) int {
	n := headSize + stepSize*int(code[0])
	for i := range int(code[0]) {
		n += int(binary.LittleEndian.Uint16(code[headSize+stepSize*i:]))
	}
	return n
}

// Reader makes texts of series. Those of a run are made fastest in its order. It
// belongs to one goroutine, and is ready as it is.
type Reader struct {
	run   *Run
	at    uint32 // the series of the run of which text is
	next  int    // where in the code the one behind it begins
	text  []byte // in one of bufs, or in somebody's who has to say when it goes
	bufs  [2][]byte
	steps [maxSteps]step
}

// Append appends the text of a series.
func (r *Reader) Append(dst []byte, s *Series) []byte {
	dst, _ = r.append(dst, s)
	r.detach()
	return dst
}

// append appends the text of a series, and returns the steps from that of the series
// before it, if it was made so. It is read again for the next one: detach before it
// goes.
func (r *Reader) append(dst []byte, s *Series) ([]byte, []step) {
	if s.alone() {
		return append(dst, s.run.text...), nil
	}
	if r.run != s.run || s.at <= r.at || s.at > r.at+1 && s.at/anchored > r.at/anchored {
		r.seek(s)
	}
	for r.at+1 < s.at {
		to := &r.bufs[r.at%2]
		*to, _ = r.make((*to)[:0])
		r.text = *to
	}
	at := len(dst)
	var steps []step
	if r.at == s.at { // of an anchor
		dst = append(dst, r.text...)
	} else {
		dst, steps = r.make(dst)
	}
	r.text = dst[at:]
	return dst, steps
}

// seek goes to the anchor before a series.
func (r *Reader) seek(s *Series) {
	a := &s.run.rest.anchors[s.at/anchored]
	r.run, r.at, r.next = s.run, s.at/anchored*anchored, int(a.next)
	to := &r.bufs[(r.at+1)%2]
	*to = append((*to)[:0], a.text...)
	r.text = *to
}

// make makes the next text of the last one.
func (r *Reader) make(dst []byte) ([]byte, []step) {
	code := r.run.rest.code[r.next:]
	n := min(int(code[0]), maxSteps)
	size := int(binary.LittleEndian.Uint16(code[1:]))
	start := len(dst)
	dst = slices.Grow(dst, size)[:start+size]
	text, out := r.text, dst[start:]
	// Copies that lie as far apart in both are one, together with what is between them,
	// which is written over.
	at, piece, shift := 0, 0, 0
	for i := range n {
		x := binary.LittleEndian.Uint64(code[headSize+stepSize*i:])
		s := step{literal: uint16(x), from: uint16(x >> 16), length: uint16(x >> 32)}
		r.steps[i] = s
		to := at + int(s.literal)
		if int(s.from)-to != shift {
			copy(out[piece:at], text[piece+shift:])
			piece, shift = to, int(s.from)-to
		}
		at = to + int(s.length)
	}
	copy(out[piece:at], text[piece+shift:])
	steps := r.steps[:n]
	own := code[headSize+stepSize*n:]
	at = 0
	for _, s := range steps {
		patch(out[at:], own, uint(s.literal))
		own = own[s.literal:]
		at += int(s.literal) + int(s.length)
	}
	r.next += len(code) - len(own)
	r.at++
	return dst, steps
}

// patch copies n bytes, most of the time a few. There are eight in src.
func patch(dst, src []byte, n uint) {
	if n > 8 || len(dst) < 8 {
		copy(dst[:n], src)
		return
	}
	mask := uint64(1)<<(8*n) - 1
	x := binary.LittleEndian.Uint64(dst)&^mask | binary.LittleEndian.Uint64(src)&mask
	binary.LittleEndian.PutUint64(dst, x)
}

// detach keeps the last text.
func (r *Reader) detach() {
	if r.run != nil {
		to := &r.bufs[(r.at+1)%2]
		*to = append((*to)[:0], r.text...)
		r.text = *to
	}
}

// forget lets go of the run.
func (r *Reader) forget() { r.run, r.text = nil, nil }
