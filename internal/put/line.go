// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"encoding/binary"
	"slices"
)

// Line is the text of a point up to its value. The caller changes it by edits from one
// point to the next, and appends it to a [Builder] in between:
//
//	line.SetText(…)
//	builder.Append(line, value, source)
//	line.Edit(…)
//	builder.Append(line, value, source)
//
// Edits are not applied to the text at once. The builder makes the text of the point from
// the text before and the edits, directly in its buffer, and passes the edits to the
// compressor. A Line is used with one Builder.
type Line struct {
	text    []byte // before the edits; after an Append in the buffer of the builder
	edits   []Edit
	inserts [][]byte // the bytes that the edits insert, one after another
	end     int      // of the last edit in the edited text
	buffer  []byte   // for text that is in no builder
	owned   bool     // text is in buffer
	changed bool     // text is not what was appended last
}

// SetText sets the whole text. The line keeps no reference to it.
func (l *Line) SetText(text []byte) {
	l.own(text)
	l.changed = true
	l.clear()
}

// own copies a text into the line.
func (l *Line) own(text []byte) {
	l.buffer = append(l.buffer[:0], text...)
	l.text, l.owned = l.buffer, true
}

// Len returns the length of the text.
func (l *Line) Len() int {
	n := len(l.text)
	for _, e := range l.edits {
		n += int(e.Insert) - int(e.Delete)
	}
	return n
}

// Edit replaces del bytes at an offset of the text by others, which must not change before
// the line is appended. It is fastest if edits between two points come in the order of
// their offsets.
func (l *Line) Edit(at, del int, insert []byte) {
	if at < l.end {
		l.Apply()
	}
	l.edits = appendEdit(l.edits, at-l.end, del, len(insert))
	l.inserts = append(l.inserts, insert)
	l.end = at + len(insert)
}

// EditAll makes several edits, of which the first one skips bytes after an offset of the
// text. It returns the number of bytes of inserted that they insert. As those of Edit,
// they must not change before the line is appended.
func (l *Line) EditAll(at int, edits []Edit, inserted []byte) (n int) {
	if len(edits) == 0 {
		return 0
	}
	first := edits[0]
	if at+int(first.Skip) < l.end {
		l.Apply()
	}
	l.edits = appendEdit(l.edits, at+int(first.Skip)-l.end, int(first.Delete), int(first.Insert))
	l.edits = append(l.edits, edits[1:]...)
	for _, e := range edits {
		at += int(e.Skip) + int(e.Insert)
		n += int(e.Insert)
	}
	l.inserts = append(l.inserts, inserted[:n])
	l.end = at
	return n
}

// Text returns the text. It is valid until the next call of a method of the line or the
// builder.
func (l *Line) Text() []byte {
	if len(l.edits) > 0 {
		l.Apply()
	}
	return l.text
}

// Apply applies the edits to the text. How the text differs from the one that was appended
// last is not known any more.
func (l *Line) Apply() {
	if !l.owned {
		l.own(l.text)
	}
	at, next := 0, 0
	var insert []byte
	for _, e := range l.edits {
		at += int(e.Skip)
		n := int(e.Insert)
		for ; n > 0 && len(insert) == 0; next++ {
			insert = l.inserts[next]
		}
		l.buffer = replace(l.buffer, at, int(e.Delete), insert[:n])
		insert = insert[n:]
		at += n
	}
	l.text, l.changed = l.buffer, true
	l.clear()
}

// clear drops the edits.
func (l *Line) clear() { l.edits, l.inserts, l.end = l.edits[:0], l.inserts[:0], 0 }

// appended says that a builder has the edited text in its buffer.
func (l *Line) appended(text []byte) {
	l.text, l.owned, l.changed = text, false, false
	l.clear()
}

// detach copies the text out of the buffer of a builder, which is about to be used again.
func (l *Line) detach() {
	if !l.owned {
		l.own(l.text)
	}
}

// appendTo appends the edited text.
func (l *Line) appendTo(dst []byte) []byte {
	start, size := len(dst), l.Len()
	dst = slices.Grow(dst, size)[:start+size]
	out, old := dst[start:], l.text
	// Where edits delete as much as they insert, the text before and after them is copied
	// as one piece, together with bytes that the edits overwrite.
	at, from, piece, shift := 0, 0, 0, 0
	for _, e := range l.edits {
		at, from = at+int(e.Skip), from+int(e.Skip)
		if e.Insert != e.Delete {
			copy(out[piece:at], old[piece+shift:])
			piece, shift = at+int(e.Insert), from-at+int(e.Delete)-int(e.Insert)
		}
		at, from = at+int(e.Insert), from+int(e.Delete)
	}
	copy(out[piece:], old[piece+shift:])
	at, from = 0, 0
	next := 0 // of inserts
	var insert []byte
	for _, e := range l.edits {
		at, from = at+int(e.Skip), from+int(e.Skip)+int(e.Delete)
		n := int(e.Insert)
		for ; n > 0 && len(insert) == 0; next++ {
			insert = l.inserts[next]
		}
		put8(out[at:], insert, n, old[from:])
		insert = insert[n:]
		at += n
	}
	return dst
}

// put8 copies n bytes of src to dst, where they are followed by the bytes of rest. Most of
// the time n is small, and then it is faster to store eight bytes at once, the first ones
// of rest among them. It reads nothing of dst, which was just written: the processor would
// have to wait for that.
func put8(dst, src []byte, n int, rest []byte) {
	if n >= 8 || len(dst) < 8 || cap(src) < 8 || len(rest) < 8 {
		copy(dst[:n], src)
		return
	}
	own, shift := binary.LittleEndian.Uint64(src[:8]), 8*uint(n)
	binary.LittleEndian.PutUint64(dst, own&(1<<shift-1)|binary.LittleEndian.Uint64(rest)<<shift)
}
