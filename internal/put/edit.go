// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
)

// Edit is a difference between a text and the previous text: after Skip equal bytes, Insert
// bytes replace Delete bytes. After the last edit both texts are equal.
type Edit struct{ Skip, Delete, Insert uint16 }

// maxEdits is the number of edits after which Diff makes one edit of the rest.
const maxEdits = 100

// minSkip is the least number of equal bytes between two edits. A match with fewer bytes takes
// more bits than their literals.
const minSkip = 4

// Diff returns the edits that turn a into b, in the memory of dst. It assumes rendered
// tags: if a tag has another value, the edit is the part of the value that differs.
func Diff(dst []Edit, a, b []byte) []Edit {
	dst = dst[:0]
	skip := CommonPrefix(a, b)
	a, b = a[skip:], b[skip:]
	tail := commonSuffix(a, b)
	a, b = a[:len(a)-tail], b[:len(b)-tail]
	if len(a)+len(b) == 0 {
		return dst
	}
	for len(b) >= 2*minSkip && len(dst) < maxEdits {
		// The values that differ end at the next quote.
		i, j := bytes.IndexByte(a, '"'), bytes.IndexByte(b, '"')
		if i < 0 || j < 0 {
			break
		}
		same := commonSuffix(a[:i], b[:j])
		dst = joinEdit(dst, skip, i-same, j-same)
		a, b = a[i-same:], b[j-same:]
		skip = CommonPrefix(a, b)
		a, b = a[skip:], b[skip:]
	}
	if len(a)+len(b) > 0 {
		dst = joinEdit(dst, skip, len(a), len(b))
	}
	return dst
}

// joinEdit appends an edit, or joins it with the last edit if few bytes are between them.
func joinEdit(dst []Edit, skip, del, ins int) []Edit {
	if n := len(dst); n > 0 && skip < minSkip {
		last := dst[n-1]
		return appendEdit(dst[:n-1], int(last.Skip), int(last.Delete)+skip+del, int(last.Insert)+skip+ins)
	}
	return appendEdit(dst, skip, del, ins)
}

// appendEdit appends an edit, as several edits if its numbers are too large for one.
func appendEdit(dst []Edit, skip, del, ins int) []Edit {
	for max(skip, del, ins) > math.MaxUint16 {
		e := Edit{Skip: uint16(min(skip, math.MaxUint16))}
		if skip <= math.MaxUint16 {
			e.Delete, e.Insert = uint16(min(del, math.MaxUint16)), uint16(min(ins, math.MaxUint16))
		}
		dst = append(dst, e)
		skip, del, ins = skip-int(e.Skip), del-int(e.Delete), ins-int(e.Insert)
	}
	return append(dst, Edit{uint16(skip), uint16(del), uint16(ins)})
}

// CommonPrefix returns the number of equal bytes at the beginning of two texts.
func CommonPrefix(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for ; i+8 <= n; i += 8 {
		if x := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:]); x != 0 {
			return i + bits.TrailingZeros64(x)/8
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

// commonSuffix returns the number of equal bytes at the end of two texts.
func commonSuffix(a, b []byte) int {
	n := 0
	for n+8 <= min(len(a), len(b)) {
		x := binary.LittleEndian.Uint64(a[len(a)-n-8:]) ^ binary.LittleEndian.Uint64(b[len(b)-n-8:])
		if x != 0 {
			return n + bits.LeadingZeros64(x)/8
		}
		n += 8
	}
	for n < len(a) && n < len(b) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return n
}
