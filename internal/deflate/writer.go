// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package deflate

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
)

// Writer writes one body at a time. The calls are Reset, then Literals and Match in the
// order of the text, and Sum for all of the text, then Finish. A Writer belongs to one
// goroutine.
//
// Bits are collected in acc. A store writes all eight bytes of acc, even if fewer are
// complete, and the next store overwrites the others. A branch on the number of complete
// bytes would be mispredicted half of the time.
type Writer struct {
	code   *Code
	sample *Sample // counts the symbols; usually nil
	out    []byte
	at     int // the offset of acc in out
	acc    uint64
	n      uint // bits in acc, fewer than 8
	sum    uint32
	size   uint32
}

// slack is the number of bytes that a store may write beyond its bits.
const slack = 8

// Reset begins a body with a code table. The body is appended to dst. If sample is not nil,
// it counts the symbols of the body.
func (w *Writer) Reset(dst []byte, code *Code, sample *Sample) {
	w.code, w.sample = code, sample
	dst = append(dst, w.code.header...)
	w.out, w.at = dst[:cap(dst)], len(dst)
	w.acc, w.n = uint64(w.code.rest.bits), uint(w.code.rest.n)
	w.sum, w.size = 0, 0
}

// grow makes room for n bytes and slack, and for as much again as there is.
func (w *Writer) grow(n int) {
	w.out = slices.Grow(w.out[:w.at], max(n+slack, w.at))
	w.out = w.out[:cap(w.out)]
}

// Literals writes bytes as they are, four at a time, which makes an export 2 % faster.
func (w *Writer) Literals(p []byte) {
	if w.sample != nil {
		w.sample.text(p)
	}
	if w.at+2*len(p)+2*slack > len(w.out) { // a code has fewer bits than two bytes
		w.grow(2*len(p) + slack)
	}
	out, at, acc, n := w.out, w.at, w.acc, w.n
	code := &w.code.literal
	for len(p) >= 4 { // 7 + 4 * maxLiteralBits bits fit into acc
		a, b, c, d := code[p[0]], code[p[1]], code[p[2]], code[p[3]]
		acc |= uint64(a.bits) << (n & 63)
		n += uint(a.n)
		acc |= uint64(b.bits) << (n & 63)
		n += uint(b.n)
		acc |= uint64(c.bits) << (n & 63)
		n += uint(c.n)
		acc |= uint64(d.bits) << (n & 63)
		n += uint(d.n)
		binary.LittleEndian.PutUint64(out[at:], acc)
		at += int(n >> 3)
		acc >>= n & 56
		n &= 7
		p = p[4:]
	}
	for _, b := range p {
		s := code[b]
		acc |= uint64(s.bits) << (n & 63)
		n += uint(s.n)
	}
	binary.LittleEndian.PutUint64(out[at:], acc)
	w.at, w.acc, w.n = at+int(n>>3), acc>>(n&56), n&7
}

// Match writes length bytes that also stand distance bytes before. The length must be at
// least [MinMatch].
func (w *Writer) Match(length, distance int) {
	if w.sample != nil {
		w.sample.match(min(length, maxMatch), distance)
	}
	var d symbol
	if distance < len(w.code.near) { // the usual case: histograms take 3 % less time
		d = w.code.near[distance]
	} else {
		d = w.code.distanceSymbol(distance)
	}
	for length > maxMatch {
		part := maxMatch
		if length-part < MinMatch {
			part -= MinMatch // leaves enough for another match
		}
		w.match(part, d)
		length -= part
	}
	w.match(length, d)
}

// match writes the codes of a match: at most 7 + maxLiteralBits + 5 + maxBits + 13
// bits, which fit into acc.
func (w *Writer) match(length int, d symbol) {
	if w.at+2*slack > len(w.out) {
		w.grow(slack)
	}
	l := w.code.length[length]
	acc, n := w.acc, w.n
	acc |= uint64(l.bits) << (n & 63)
	n += uint(l.n)
	acc |= uint64(d.bits) << (n & 63)
	n += uint(d.n)
	binary.LittleEndian.PutUint64(w.out[w.at:], acc)
	w.at += int(n >> 3)
	w.acc, w.n = acc>>(n&56), n&7
}

// Sum adds text to the checksum. Before Finish, the caller must pass all text of the body,
// in order. It is faster with long pieces.
func (w *Writer) Sum(text []byte) {
	w.sum = crc32.Update(w.sum, crc32.IEEETable, text)
	w.size += uint32(len(text))
}

// Len returns the length of dst with the body so far, without an incomplete byte.
func (w *Writer) Len() int { return w.at }

// Finish ends the body and returns the slice that Reset was given with the body appended.
func (w *Writer) Finish() []byte {
	end := w.code.literal[endOfBlock]
	w.acc |= uint64(end.bits) << w.n
	w.n += uint(end.n)
	out := w.out[:w.at]
	for n := 0; n < int(w.n); n += 8 {
		out = append(out, byte(w.acc>>n))
	}
	out = binary.LittleEndian.AppendUint32(out, w.sum)
	out = binary.LittleEndian.AppendUint32(out, w.size)
	w.out = nil
	return out
}
