// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package deflate

import (
	"math/bits"
	"slices"
)

const (
	// MaxDistance is the largest distance of a match (RFC 1951, section 2).
	MaxDistance = 32 << 10
	// MinMatch is the length of the shortest match.
	MinMatch = 3
	maxMatch = 258

	endOfBlock   = 256
	firstLength  = 257
	literalCodes = 286
	distances    = 30
)

// symbol is a code followed by extra bits. The first bit is the lowest.
type symbol struct {
	bits uint32
	n    uint8
}

// Code is the code table of a body, with the rendered headers of the gzip member and the
// block. It is immutable.
type Code struct {
	header   []byte // the whole bytes of the headers
	rest     symbol // the bits after these
	literal  [endOfBlock + 1]symbol
	length   [maxMatch + 1]symbol
	distance [distances]symbol // without extra bits
	near     [1025]symbol      // distances of up to 1024, with extra bits
}

// NewCode returns the code table for text like that of a sample, or for usual lines if
// the sample is nil.
func NewCode(sample *Sample) *Code {
	c := new(Code)
	literalWeight, distanceWeight := usualLiterals(), usualDistances()
	if sample != nil {
		literalWeight, distanceWeight = weights(sample.literals[:]), weights(sample.distances[:])
		literalWeight[endOfBlock] = 1
	}
	literals, distanceLengths := lengthsOf(literalWeight, maxLiteralBits), lengthsOf(distanceWeight, maxBits)
	codes := codesOf(literals)
	for i := range c.literal {
		c.literal[i] = symbol{codes[i], literals[i]}
	}
	for n := MinMatch; n <= maxMatch; n++ {
		at, extra, value := lengthCode(n)
		c.length[n] = join(symbol{codes[at], literals[at]}, value, extra)
	}
	codes = codesOf(distanceLengths)
	for i := range c.distance {
		c.distance[i] = symbol{codes[i], distanceLengths[i]}
	}
	for d := 1; d < len(c.near); d++ {
		c.near[d] = c.distanceSymbol(d)
	}
	c.header, c.rest = header(literals, distanceLengths)
	return c
}

// distanceSymbol returns the code of a distance with its extra bits.
func (c *Code) distanceSymbol(d int) symbol {
	at, extra, value := distanceCode(d)
	return join(c.distance[at], value, extra)
}

// join appends extra bits to a code.
func join(s symbol, value uint32, n uint8) symbol {
	return symbol{s.bits | value<<s.n, s.n + n}
}

// lengthCode returns the code of a match's length and its extra bits (RFC 1951, section
// 3.2.5).
func lengthCode(n int) (code int, extra uint8, value uint32) {
	switch {
	case n == maxMatch:
		return 285, 0, 0
	case n < 11:
		return firstLength + n - MinMatch, 0, 0
	}
	n -= MinMatch
	extra = uint8(bits.Len32(uint32(n)) - 3)
	return firstLength + 4*int(extra) + n>>extra, extra, uint32(n) & (1<<extra - 1)
}

// distanceCode returns the code of a match's distance and its extra bits.
func distanceCode(d int) (code int, extra uint8, value uint32) {
	d--
	if d < 4 {
		return d, 0, 0
	}
	extra = uint8(bits.Len32(uint32(d)) - 2)
	return 2*int(extra) + d>>extra, extra, uint32(d) & (1<<extra - 1)
}

// usualLiterals returns the usual frequencies of literals and lengths, in a total of some
// 10,000. Most of a line is matched with the line before, so most literals are digits of
// numbers.
func usualLiterals() []uint64 {
	w := slices.Repeat([]uint64{1}, literalCodes)
	set := func(symbols string, weight uint64) {
		for _, b := range []byte(symbols) {
			w[b] = weight
		}
	}
	for b := ' '; b <= '~'; b++ {
		w[b] = 4
	}
	set("abcdefghijklmnopqrstuvwxyz", 14)
	set("aeinorst", 24)
	set("0123456789", 600)
	set(".", 250)
	set(`-_"`, 60)
	set(`/:,{}[]`, 10)
	for i := firstLength; i < literalCodes; i++ {
		w[i] = 60 // lengths of 3 to 66
		if i >= 277 {
			w[i] = 180 // lengths of 67 and more
		}
	}
	return w
}

// usualDistances returns the usual frequencies of distances. Most are the length of one
// or two lines.
func usualDistances() []uint64 {
	w := slices.Repeat([]uint64{10}, distances)
	for i := 12; i <= 17; i++ { // distances of 65 to 512
		w[i] = 300
	}
	w[13], w[18], w[19] = 100, 60, 60
	return w
}

// Sample counts the literals and matches of bodies, from which [NewCode] makes a code
// table. Bodies are 10 to 20 % smaller with it than with the usual frequencies.
type Sample struct {
	literals  [literalCodes]uint32 // and lengths
	distances [distances]uint32
}

// Clear sets all counts to 0.
func (s *Sample) Clear() { *s = Sample{} }

func (s *Sample) text(p []byte) {
	for _, b := range p {
		s.literals[b]++
	}
}

func (s *Sample) match(length, distance int) {
	at, _, _ := lengthCode(length)
	s.literals[at]++
	at, _, _ = distanceCode(distance)
	s.distances[at]++
}

// weights returns the frequencies of counted symbols. Symbols that did not occur get a
// small frequency, since they may occur in the next body.
func weights(counts []uint32) []uint64 {
	w := make([]uint64, len(counts))
	total := uint64(0)
	for _, n := range counts {
		total += uint64(n)
	}
	for i, n := range counts {
		w[i] = 1 + total/10_000 + uint64(n)
	}
	return w
}

// header renders the headers of the gzip member and of its only block.
func header(literals, distanceLengths []uint8) ([]byte, symbol) {
	var w bitWriter
	w.out = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 0xff} // deflate, no time, fastest, unknown system
	w.put(1, 1)                                           // the last block
	w.put(2, 2)                                           // dynamic codes
	w.put(uint32(len(literals)-257), 5)
	w.put(uint32(len(distanceLengths)-1), 5)

	// The lengths of the codes, without the run-length codes of section 3.2.7.
	all := slices.Concat(literals, distanceLengths)
	frequencies := make([]uint64, 19)
	for _, n := range all {
		frequencies[n]++
	}
	lengths := lengthsOf(frequencies, 7)
	codes := codesOf(lengths)
	w.put(19-4, 4)
	for _, i := range []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15} {
		w.put(uint32(lengths[i]), 3)
	}
	for _, n := range all {
		w.put(codes[n], lengths[n])
	}
	return w.out, symbol{uint32(w.acc), w.n}
}

// bitWriter collects bits, the first one lowest.
type bitWriter struct {
	out []byte
	acc uint64
	n   uint8 // bits in acc, fewer than 8
}

func (w *bitWriter) put(bits uint32, n uint8) {
	w.acc |= uint64(bits) << w.n
	for w.n += n; w.n >= 8; w.n -= 8 {
		w.out = append(w.out, byte(w.acc))
		w.acc >>= 8
	}
}
