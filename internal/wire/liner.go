// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"

	"github.com/apptuitai/apptuit-go/internal/deflate"
)

// liner compresses a body line by line. Nearly all of a line stands in the one
// before it, and where is known: the prefix by the link of its series, the rest
// by the form of a line. What is left are the value and what tells two series
// apart.
//
//	,\n {"metric":…,"timestamp": 1700000000 ,"value": 12.5 }
//	    prefix                   time       gap       value
//
// The brace that ends a line is written with the beginning of the next one.
type liner struct {
	w     *deflate.Writer
	lines int

	// The line before.
	series *Series // nil if it is not kept
	prefix []byte  // of it then
	start  int     // of its prefix in the text
	length int     // of its prefix
	time   int64
	digits int // of time
	value  []byte

	steps  []step // of a prefix that has no link
	text   []byte // of the prefix before then
	differ differ
}

const (
	bodyStart = "[\n"
	bodyEnd   = "\n]"
	lineStart = ",\n"
	lineEnd   = "}"
	valueKey  = `,"value":`
)

// line is a line that has been added to the text.
type line struct {
	series *Series // nil if it is not kept
	text   []byte  // from its prefix on
	start  int     // of its prefix in the text
	prefix int     // its length
	time   int64
	digits int // of time
}

func (l *liner) begin(dst []byte) {
	l.w.Reset(dst)
	l.lines, l.series = 0, nil
}

// add writes a line.
func (l *liner) add(n *line) {
	value := n.text[n.prefix+n.digits+len(valueKey) : len(n.text)-len(lineEnd)]
	switch l.lines {
	case 0:
		l.w.Literals([]byte(bodyStart))
		l.w.Literals(n.text[:len(n.text)-len(lineEnd)])
	default:
		l.follow(n, l.stepsTo(n), value)
	}
	l.lines++
	if l.series = n.series; n.series == nil {
		l.prefix = append(l.prefix[:0], n.text[:n.prefix]...)
	}
	l.start, l.length, l.time, l.digits = n.start, n.prefix, n.time, n.digits
	l.value = append(l.value[:0], value...)
}

// follow writes a line in terms of the one before.
func (l *liner) follow(n *line, steps []step, value []byte) {
	distance := n.start - l.start // between two lines' beginnings
	ahead := 0                    // of what is copied with the first step
	if l.lines > 1 && len(steps) > 0 && steps[0].length > 0 && steps[0].literal == 0 && steps[0].from == 0 {
		ahead = len(lineEnd + lineStart)
	} else {
		l.w.Literals([]byte(lineEnd + lineStart))
	}
	at := 0
	whole := false // the prefix, time and gap are
	for i, s := range steps {
		l.w.Literals(n.text[at : at+int(s.literal)])
		at += int(s.literal)
		if s.length == 0 {
			break
		}
		length, from := int(s.length), int(s.from)
		back := distance + at - from
		at += length
		if i == len(steps)-1 && at == n.prefix && from+length == l.length && n.time == l.time {
			whole = true
			length += n.digits + len(valueKey)
			if bytes.Equal(value, l.value) {
				length += len(value)
				value = nil
			}
		}
		l.w.Match(length+ahead, back)
		ahead = 0
	}
	if !whole {
		l.w.Literals(n.text[at : n.prefix+n.digits])
		l.gap(distance + n.prefix + n.digits - l.length - l.digits)
	}
	l.w.Literals(value)
}

// gap writes what is between time and value.
func (l *liner) gap(back int) {
	if back > deflate.MaxDistance {
		l.w.Literals([]byte(valueKey))
		return
	}
	l.w.Match(len(valueKey), back)
}

// stepsTo returns how a line's prefix follows from the one before.
func (l *liner) stepsTo(n *line) []step {
	kept := n.series != nil && l.series != nil
	if kept {
		if steps := n.series.linkOf(l.series); steps != nil {
			return steps
		}
	}
	if l.series != nil {
		l.text = append(l.text[:0], l.series.prefix...)
	} else {
		l.text, l.prefix = l.prefix, l.text
	}
	l.steps = l.differ.steps(l.steps[:0], l.text, n.text[:n.prefix])
	if kept {
		n.series.link(l.series, l.steps)
	}
	return l.steps
}

// end writes the end of the body and returns it.
func (l *liner) end() []byte {
	l.w.Literals([]byte(lineEnd + bodyEnd))
	return l.w.Finish()
}
