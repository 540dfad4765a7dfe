// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
)

// step is a part of a prefix that is like another one: some bytes of its own, then
// a copy.
type step struct {
	literal uint16
	from    uint16 // in the other prefix
	length  uint16 // of the copy; 0 in a last step without one
}

// maxSteps bounds the steps of a prefix: shorter copies give way to literals.
const maxSteps = 8

// link is how the prefix of a series repeats that of one that came some lines
// before it.
type link struct {
	model *Series
	back  uint8 // lines
	n     int8
	first bool // has not been used again yet
	steps [maxSteps]step
}

// links are those of a series: points come in one order, or in two that
// alternate.
type links struct {
	one    link
	other  *link // most series have none
	latest *link
}

// next returns the link that was not made last, for another one.
func (l *links) next() *link {
	switch {
	case l.latest != &l.one:
		l.latest = &l.one
	case l.other == nil:
		l.other = new(link)
		fallthrough
	default:
		l.latest = l.other
	}
	return l.latest
}

func (k *link) set(model *Series, back uint8, steps []step) {
	k.model, k.back, k.n, k.first = model, back, int8(copy(k.steps[:], steps)), false
}

// minCopy is the shortest copy that is worth its codes.
const minCopy = 4

// maxLinked is the longest prefix that is linked: farther than deflate's window
// nothing can be copied from.
const maxLinked = 8 << 10

// differ finds what a text repeats of another one.
type differ struct {
	places [256]uint16 // by hash: 1 + where
}

// steps appends what makes next of before.
func (d *differ) steps(dst []step, before, next []byte) []step {
	if len(before) > maxLinked || len(next) > maxLinked {
		return append(dst, step{literal: uint16(min(len(next), math.MaxUint16))})
	}
	first := len(dst)
	head := commonPrefix(before, next)
	if head < minCopy {
		head = 0
	}
	if head > 0 {
		dst = append(dst, step{length: uint16(head)})
	}
	afterHead := len(dst)
	tail := commonSuffix(before[head:], next[head:])
	if tail < minCopy {
		tail = 0
	}
	end := len(next) - tail
	literal := end - head
	if literal >= 2*minCopy {
		var left int
		if dst, left = byTags(dst, before, next[:end], head); 2*left > literal {
			dst, left = d.search(dst[:afterHead], before, next[:end], head)
		}
		literal = left
	}
	if tail > 0 || literal > 0 {
		dst = append(dst, step{literal: uint16(literal), from: uint16(len(before) - tail), length: uint16(tail)})
	}
	for len(dst)-first > maxSteps {
		dst = withoutShortest(dst, first)
	}
	return dst
}

// withoutShortest makes a literal of the shortest copy but the last.
func withoutShortest(steps []step, first int) []step {
	at := first
	for i := first; i < len(steps)-1; i++ {
		if steps[i].length < steps[at].length {
			at = i
		}
	}
	steps[at+1].literal += steps[at].literal + steps[at].length
	return slices.Delete(steps, at, at+1)
}

// byTags finds copies for next from at on, where before has the same tags with
// other values: what differs ends with a quote in both. It returns how many bytes
// are left behind the last copy.
func byTags(dst []step, before, next []byte, at int) ([]step, int) {
	literal, from := 0, at
	for at < len(next) {
		theirs, ours := bytes.IndexByte(before[from:], '"'), bytes.IndexByte(next[at:], '"')
		if theirs < 0 || ours < 0 {
			break
		}
		same := commonSuffix(before[from:from+theirs], next[at:at+ours])
		literal += ours - same
		from += theirs - same
		at += ours - same
		n := commonPrefix(before[from:], next[at:])
		if n < minCopy {
			literal += n
		} else {
			dst = append(dst, step{literal: uint16(literal), from: uint16(from), length: uint16(n)})
			literal = 0
		}
		from += n
		at += n
	}
	return dst, literal + len(next) - at
}

// search finds copies for next from at on, wherever they are, and returns how many
// bytes are left behind the last one.
func (d *differ) search(dst []step, before, next []byte, at int) ([]step, int) {
	clear(d.places[:])
	for i := 0; i+minCopy <= len(before); i++ {
		d.places[hash(before[i:])] = uint16(i + 1)
	}
	literal := 0
	for at+minCopy <= len(next) {
		if place := int(d.places[hash(next[at:])]); place > 0 {
			if n := commonPrefix(before[place-1:], next[at:]); n >= minCopy {
				dst = append(dst, step{literal: uint16(literal), from: uint16(place - 1), length: uint16(n)})
				at += n
				literal = 0
				continue
			}
		}
		at++
		literal++
	}
	return dst, literal + len(next) - at
}

func hash(p []byte) uint8 {
	return uint8(binary.LittleEndian.Uint32(p) * 2654435761 >> 24)
}
