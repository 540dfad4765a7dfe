// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package wire

import "bytes"

// Part is a series of a group: series that have the tags of one of them, under
// another name, most with one more tag.
type Part struct {
	Series *Series // one of the group
	Tags   int     // where its tags begin in its prefix
	Head   string  // of the part's prefix, as AppendHead renders it
	Label  string  // the tag that it has more, as AppendTags renders it; empty if there is none
	Key    int     // how much of Label is before the value's text
	At     int     // where Label belongs, in bytes of the tags
}

// AppendPrefix renders the part's prefix.
func (p *Part) AppendPrefix(dst []byte) []byte {
	prefix := p.Series.prefix
	tags := prefix[p.Tags : len(prefix)-len(PrefixTail)]
	dst = append(dst, p.Head...)
	if p.Label != "" {
		before, after := tags[:p.At], tags[p.At:]
		dst = append(dst, before...)
		if len(before) > 0 && len(after) == 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, p.Label...)
		if len(after) > 0 {
			dst = append(dst, ',')
		}
		tags = after
	}
	dst = append(dst, tags...)
	return append(dst, PrefixTail...)
}

// AppendPart is Append for a part of a group.
func (b *Builder) AppendPart(p *Part, ts int64, v Value, source uint32) (full bool) {
	mark := b.begin(b.codec.encoding == Gzip)
	at := len(b.chunk)
	b.chunk = p.AppendPrefix(b.chunk)
	n := line{placed: placed{length: len(b.chunk) - at, time: ts}, part: p}
	return b.end(mark, &n, v, source)
}

// labelAt returns where the text of the label's value begins and ends in the
// part's prefix.
func (p *Part) labelAt() (start, end int) {
	start = len(p.Head) + p.At + p.Key
	tags := len(p.Series.prefix) - len(PrefixTail) - p.Tags
	if p.At > 0 && p.At == tags {
		start++ // a comma
	}
	return start, start + len(p.Label) - p.Key - len(`"`)
}

// sibling writes a line that is of the same group as the one before, and reports
// whether it is such a line. It differs in its name, or in its label, or has one
// while the other has none, all of which is known: nothing has to be looked for.
func (l *liner) sibling(n *line, value []byte) bool {
	before := &l.recent[(l.lines-1)%window]
	if n.part == nil || l.lines < 2 || n.length > maxLinked || before.length > maxLinked {
		return false
	}
	last, life := &l.part, l.life
	if before.series == n.part.Series {
		last = &Part{Series: before.series, Tags: n.part.Tags, Head: before.series.prefix[:n.part.Tags]}
		life = before.series.lives
	}
	if last.Series != n.part.Series || life != n.part.Series.lives {
		return false
	}
	const headEnd = len(`","tags":{`)
	distance := n.start - before.start
	ahead := len(lineEnd + lineStart)
	var from, to, was int // what is its own, and where that ended in the line before
	switch {
	case n.part.Label != "" && last.Label != "" && n.part.Head == last.Head:
		from, to = n.part.labelAt()
		_, was = last.labelAt()
	case last.Label == "":
		from = commonHead(n.part.Head, last.Head)
		to, was = max(from, len(n.part.Head)-headEnd), len(last.Head)-headEnd
		if was < from { // one name begins with the other
			return false
		}
		if n.part.Label == "" {
			break
		}
		// The name, and then what is before the label.
		l.w.Match(ahead+from, distance)
		l.w.Literals(n.text[from:to])
		l.w.Match(len(n.part.Head)+n.part.At-to, distance+to-was)
		ahead = 0
		from = len(n.part.Head) + n.part.At
		to = n.length - (len(last.Series.prefix) - n.part.Tags - n.part.At) // what is behind it is as long
		was = len(last.Head) + n.part.At
	default:
		return false
	}
	if ahead > 0 {
		l.w.Match(ahead+from, distance)
	}
	l.w.Literals(n.text[from:to])
	length, back := n.length-to, distance+to-was
	if n.time != before.time {
		l.w.Match(length, back)
		l.w.Literals(n.text[n.length : n.length+n.digits])
		l.gap(distance + n.length + n.digits - before.length - before.digits)
		l.w.Literals(value)
		return true
	}
	length += n.digits + len(valueKey)
	if bytes.Equal(value, l.value) {
		length += len(value)
		value = nil
	}
	l.w.Match(length, back)
	l.w.Literals(value)
	return true
}

func commonHead(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
