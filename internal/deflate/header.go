// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package deflate

import "slices"

// codeLengthOrder is the order of the code length code's lengths (RFC 1951,
// section 3.2.7).
func codeLengthOrder() []int {
	return []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
}

// header renders gzip's header and that of the only block, with these codes.
func header(literals, distanceLengths []uint8) ([]byte, symbol) {
	var w bitWriter
	w.out = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 0xff} // deflate, no time, fastest, unknown system
	w.put(1, 1)                                           // the last block
	w.put(2, 2)                                           // dynamic codes
	w.put(uint32(len(literals)-257), 5)
	w.put(uint32(len(distanceLengths)-1), 5)

	// The lengths, without run lengths: there is one header a body.
	all := slices.Concat(literals, distanceLengths)
	weights := make([]uint64, 19)
	for _, n := range all {
		weights[n]++
	}
	lengths := lengthsOf(weights, 7)
	codes := codesOf(lengths)
	w.put(19-4, 4)
	for _, i := range codeLengthOrder() {
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
