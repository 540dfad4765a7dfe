// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"encoding/binary"
	"slices"
)

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
	a := &s.run.many.anchors[s.at/anchored]
	r.run, r.at, r.next = s.run, s.at/anchored*anchored, int(a.next)
	to := &r.bufs[(r.at+1)%2]
	*to = append((*to)[:0], a.text...)
	r.text = *to
}

// make makes the next text of the last one.
func (r *Reader) make(dst []byte) ([]byte, []step) {
	code := r.run.many.code[r.next:]
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
