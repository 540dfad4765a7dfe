// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package deflate

import "math/bits"

const (
	// MaxDistance is how far back a match may lie (RFC 1951, section 2).
	MaxDistance = 32 << 10
	// MinMatch is the length of the shortest match.
	MinMatch = 3
	maxMatch = 258

	endOfBlock   = 256
	firstLength  = 257
	literalCodes = 286
	distances    = 30
)

// symbol is a code with the extra bits behind it, the first bit lowest.
type symbol struct {
	bits uint32
	n    uint8
}

// Code is what all bodies have in common: the header of the block and the codes.
// It never changes.
type Code struct {
	header   []byte // gzip's and the block's, whole bytes
	rest     symbol // and the bits behind them
	literal  [endOfBlock + 1]symbol
	length   [maxMatch + 1]symbol
	near     [1025]symbol      // distances up to 1024, whole
	distance [distances]symbol // without the extra bits
}

// NewCode makes the codes for what a sample has shown; without one (nil), for
// what is expected.
func NewCode(sample *Sample) *Code {
	c := new(Code)
	literalWeight, distanceWeight := literalWeights(), distanceWeights()
	if sample != nil {
		literalWeight, distanceWeight = sample.weights()
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
		at, extra, value := distanceCode(d)
		c.near[d] = join(c.distance[at], value, extra)
	}
	c.header, c.rest = header(literals, distanceLengths)
	return c
}

// join puts extra bits behind a code.
func join(s symbol, value uint32, n uint8) symbol {
	return symbol{s.bits | value<<s.n, s.n + n}
}

// lengthCode returns the code of a match's length, and its extra bits (RFC 1951,
// section 3.2.5).
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

// distanceCode returns the code of a match's distance, and its extra bits.
func distanceCode(d int) (code int, extra uint8, value uint32) {
	d--
	if d < 4 {
		return d, 0, 0
	}
	extra = uint8(bits.Len32(uint32(d)) - 2)
	return 2*int(extra) + d>>extra, extra, uint32(d) & (1<<extra - 1)
}

// literalWeights are how often literals and lengths are expected, out of some
// 10,000. The texts of series are matched but for what differs from the line
// before, so that most literals are of numbers.
func literalWeights() []uint64 {
	w := make([]uint64, literalCodes)
	set := func(symbols string, weight uint64) {
		for _, b := range []byte(symbols) {
			w[b] = weight
		}
	}
	for i := range w {
		w[i] = 1
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
		w[i] = 60 // lengths 3 to 258, some of which a line has
	}
	for i := 277; i < literalCodes; i++ { // 67 and more
		w[i] = 180
	}
	return w
}

// distanceWeights are how often distances are expected: those of a line or two.
func distanceWeights() []uint64 {
	w := make([]uint64, distances)
	for i := range w {
		w[i] = 10
	}
	for i := 12; i <= 17; i++ { // 65 to 512
		w[i] = 300
	}
	w[13], w[18], w[19] = 100, 60, 60
	return w
}
