// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package deflate

import (
	"encoding/binary"
	"hash/crc32"
)

// Writer writes one body at a time. Reset makes it ready. It belongs to one
// goroutine.
type Writer struct {
	code   *Code
	sample *Sample // counts; nil most of the time
	out    []byte
	acc    uint64
	n      uint8 // bits in acc, fewer than 32
	sum    uint32
	size   uint32
}

// Reset begins a body in a code, which is appended to dst. What is written is
// counted in the sample, unless that is nil, which is faster.
func (w *Writer) Reset(dst []byte, code *Code, sample *Sample) {
	w.code, w.sample = code, sample
	dst = append(dst, w.code.header...)
	w.out = dst
	w.acc, w.n = uint64(w.code.rest.bits), w.code.rest.n
	w.sum, w.size = 0, 0
}

// Literals writes bytes as they are.
func (w *Writer) Literals(p []byte) {
	if w.sample != nil {
		w.sample.text(p)
	}
	out, acc, n := w.out, w.acc, w.n
	for _, b := range p {
		s := w.code.literal[b]
		acc |= uint64(s.bits) << (n & 63)
		if n += s.n; n >= 32 {
			out = binary.LittleEndian.AppendUint32(out, uint32(acc))
			acc >>= 32
			n -= 32
		}
	}
	w.out, w.acc, w.n = out, acc, n
}

// Match writes length bytes, at least [MinMatch], that stand distance bytes
// before.
func (w *Writer) Match(length, distance int) {
	if w.sample != nil {
		w.sample.match(min(length, maxMatch), distance)
	}
	d := w.distance(distance)
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

func (w *Writer) distance(distance int) symbol {
	if distance < len(w.code.near) {
		return w.code.near[distance]
	}
	at, extra, value := distanceCode(distance)
	return join(w.code.distance[at], value, extra)
}

func (w *Writer) match(length int, d symbol) {
	l := w.code.length[length]
	w.acc |= uint64(l.bits) << (w.n & 63)
	w.n += l.n // below 32 + 15 + 5
	w.spill()
	w.acc |= uint64(d.bits) << (w.n & 63)
	w.n += d.n // below 32 + 15 + 13
	w.spill()
}

// spill makes room for at least 32 bits.
func (w *Writer) spill() {
	if w.n >= 32 {
		w.out = binary.LittleEndian.AppendUint32(w.out, uint32(w.acc))
		w.acc >>= 32
		w.n -= 32
	}
}

// Sum says which text has been written, or is about to be. All of it has to be
// said, in order, before Finish; long pieces are faster.
func (w *Writer) Sum(text []byte) {
	w.sum = crc32.Update(w.sum, crc32.IEEETable, text)
	w.size += uint32(len(text))
}

// Finish ends the body and returns what Reset got with the body behind it.
func (w *Writer) Finish() []byte {
	end := w.code.literal[endOfBlock]
	w.acc |= uint64(end.bits) << (w.n & 63)
	for w.n += end.n; ; w.n -= 8 {
		w.out = append(w.out, byte(w.acc))
		w.acc >>= 8
		if w.n <= 8 {
			break
		}
	}
	w.out = binary.LittleEndian.AppendUint32(w.out, w.sum)
	w.out = binary.LittleEndian.AppendUint32(w.out, w.size)
	out := w.out
	w.out = nil
	return out
}
