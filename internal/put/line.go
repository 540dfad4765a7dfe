// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

// Line is the text of a point up to its value. The caller changes it by edits from one
// point to the next, and appends it to a [Builder] in between:
//
//	line.SetText(…)
//	builder.Append(line, value, source)
//	line.Edit(…)
//	builder.Append(line, value, source)
//
// Edits are not applied to the text at once. The builder makes the text of a point from
// the previous text and the edits, directly in its buffer, and passes the edits to the
// compressor. A Line must be used with one Builder only.
type Line struct {
	text     []byte // before the edits; after an Append, a part of the builder's buffer
	edits    []Edit
	inserted []byte // the bytes that the edits insert, one after another
	end      int    // of the last edit, in the edited text
	buffers  [2][]byte
	owned    bool // text is in buffers[0], not in the buffer of a builder
	changed  bool // text differs from the text that was appended last, by unknown edits
}

// SetText sets the whole text. The line keeps no reference to it.
func (l *Line) SetText(text []byte) {
	l.copyText(text)
	l.changed = true
	l.clear()
}

// copyText copies a text into the line.
func (l *Line) copyText(text []byte) {
	l.buffers[0] = append(l.buffers[0][:0], text...)
	l.text, l.owned = l.buffers[0], true
}

// Len returns the length of the text.
func (l *Line) Len() int {
	n := len(l.text)
	for _, e := range l.edits {
		n += int(e.Insert) - int(e.Delete)
	}
	return n
}

// Edit replaces del bytes at an offset of the text. Edits should come in the order of
// their offsets: an edit before the last one makes the line apply all edits, and then the
// compressor has to search for the differences.
func (l *Line) Edit(at, del int, insert []byte) {
	if at < l.end {
		l.Apply()
	}
	l.edits = appendEdit(l.edits, at-l.end, del, len(insert))
	l.inserted = append(l.inserted, insert...)
	l.end = at + len(insert)
}

// EditAll makes several edits, the first of which skips bytes after an offset of the
// text. It returns the number of bytes that the edits insert, which are the first bytes
// of inserted.
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
	l.inserted = append(l.inserted, inserted[:n]...)
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

// Apply applies the edits to the text. Afterwards it is unknown how the text differs from
// the text that was appended last.
func (l *Line) Apply() {
	l.buffers[1] = l.appendTo(l.buffers[1][:0])
	l.buffers[0], l.buffers[1] = l.buffers[1], l.buffers[0]
	l.text, l.owned, l.changed = l.buffers[0], true, true
	l.clear()
}

// clear drops the edits.
func (l *Line) clear() { l.edits, l.inserted, l.end = l.edits[:0], l.inserted[:0], 0 }

// appended notes that a builder has the edited text in its buffer.
func (l *Line) appended(text []byte) {
	l.text, l.owned, l.changed = text, false, false
	l.clear()
}

// detach copies the text out of the buffer of a builder, before the builder reuses it.
func (l *Line) detach() {
	if !l.owned {
		l.copyText(l.text)
	}
}

// appendTo appends the edited text.
func (l *Line) appendTo(dst []byte) []byte {
	text, inserted := l.text, l.inserted
	for _, e := range l.edits {
		dst = append(dst, text[:e.Skip]...)
		dst = append(dst, inserted[:e.Insert]...)
		text, inserted = text[int(e.Skip)+int(e.Delete):], inserted[e.Insert:]
	}
	return append(dst, text...)
}
