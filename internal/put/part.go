// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"bytes"
	"unsafe"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// Part is a series of a group: series that have the tags of one of them, under
// another name, most with one more tag.
type Part struct {
	Series *Series // one of the group, which is in no run of many
	Tags   int     // where its tags begin in its prefix
	Head   string  // of the part's prefix, as AppendHead renders it
	Label  string  // the tag that it has more, as AppendTags renders it; empty if there is none
	Key    int     // how much of Label is before the value's text
	At     int     // where Label belongs, in bytes of the tags
}

// AppendPrefix renders the part's prefix.
func (p *Part) AppendPrefix(dst []byte) []byte {
	prefix := p.Series.run.text
	tags := prefix[p.Tags : len(prefix)-len(PrefixEnd)]
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
	return append(dst, PrefixEnd...)
}

// AppendPart is Append for a part of a group.
func (b *SeriesBuilder) AppendPart(p *Part, ts int64, v model.Value, source uint32) (full bool) {
	if b.lines != nil && b.lines.again(p, ts) { // as most are
		n := b.relabel(p, []string{p.Label}, []model.Value{v})
		b.took(n, source)
		return n == 0
	}
	mark := b.begin(b.codec.encoding == Gzip)
	at := len(b.chunk)
	n := line{placed: placed{time: ts}, part: p}
	b.chunk = p.AppendPrefix(b.chunk)
	n.length = len(b.chunk) - at
	return b.end(mark, &n, v, source)
}

// labelAt returns where the text of the label's value begins and ends in the
// part's prefix.
func (p *Part) labelAt() (start, end int) {
	start = len(p.Head) + p.At + p.Key
	tags := len(p.Series.run.text) - len(PrefixEnd) - p.Tags
	if p.At > 0 && p.At == tags {
		start++ // a comma
	}
	return start, start + len(p.Label) - p.Key - len(`"`)
}

// lastPart is what is known of the line before, if it is a part of a group or its
// first series.
type lastPart struct {
	series      *Series // nil if it is neither
	life        uint32  // of series
	head, label string
	at, key     int
}

// again reports whether a part has the name and the time of the line before, which
// is of its group and is still there, so that only the label is another one.
func (l *liner) again(p *Part, ts int64) bool {
	last := &l.last
	return l.there && last.series == p.Series && last.life == p.Series.lives && last.label != "" && p.Label != "" &&
		last.head == p.Head && last.at == p.At && last.key == p.Key &&
		l.before().time == ts && l.lines > 1 && l.before().length <= maxLinked && len(p.Label) <= maxLinked
}

// sibling writes a line that is of the same group as the one before, and reports
// whether it is such a line. It differs in its name, or in its label, or has one
// while the other has none, all of which is known: nothing has to be looked for.
func (l *liner) sibling(n *line, value []byte) bool {
	before := l.before()
	if n.part == nil || l.lines < 2 || n.length > maxLinked || before.length > maxLinked {
		return false
	}
	p, last := n.part, &l.last
	if last.series != p.Series || last.life != p.Series.lives {
		return false
	}
	head := last.head
	if before.series == p.Series {
		head = p.Series.run.text[:p.Tags]
	}
	const headEnd = len(`","tags":{`)
	distance := n.start - before.start
	ahead := len(lineEnd + lineStart)
	var from, to, was int // what is its own, and where that ended in the line before
	switch {
	case p.Label != "" && last.label != "" && p.Head == head && p.At == last.at && p.Key == last.key:
		from, to = p.labelAt()
		was = from + len(last.label) - last.key - len(`"`)
	case last.label == "":
		from = commonHead(p.Head, head)
		to, was = max(from, len(p.Head)-headEnd), len(head)-headEnd
		if was < from { // one name begins with the other
			return false
		}
		if p.Label == "" {
			break
		}
		// The name, and then what is before the label.
		l.w.Match(ahead+from, distance)
		l.w.Literals(n.text[from:to])
		l.w.Match(len(p.Head)+p.At-to, distance+to-was)
		ahead = 0
		from = len(p.Head) + p.At
		to = n.length - (len(p.Series.run.text) - p.Tags - p.At) // what is behind it is as long
		was = len(head) + p.At
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
	return commonPrefix(unsafe.Slice(unsafe.StringData(a), len(a)), unsafe.Slice(unsafe.StringData(b), len(b)))
}
