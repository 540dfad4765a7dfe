// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package block

import (
	"bytes"
	"strconv"

	"github.com/apptuitai/apptuit-go/internal/put"
)

// lineEditor holds the current line of a write. Each method changes one part of the line,
// by an edit. The order of the parts in the text is metric, tags with the label, time;
// changes in this order are fastest.
type lineEditor struct {
	line    put.Line
	metrics [][]byte // that the line may have
	metric  int      // index of the current one
	time    int64
	digits  []byte // of the time
	label   labelSpan
	text    []byte // a part of the line that is being made
}

// labelSpan is the place of the label in the tags: the offsets of the tag, of its value,
// and of its end. end is 0 if the line has no label.
type labelSpan struct{ at, value, end int }

// nameStart comes before the metric and nameEnd after it. A metric is a valid name, which
// needs no escapes in JSON.
const (
	nameStart = put.HeadStart + `"`
	nameEnd   = `"` + put.HeadEnd
)

// head and tail return the number of bytes before and after the tags.
func (e *lineEditor) head() int { return len(nameStart) + len(e.metrics[e.metric]) + len(nameEnd) }
func (e *lineEditor) tail() int { return len(put.PrefixEnd) + len(e.digits) + len(put.ValueKey) }

// reset starts with a line of the first metric, without tags.
func (e *lineEditor) reset(metrics [][]byte) {
	e.metrics, e.metric, e.time, e.label.end = metrics, 0, 0, 0
	e.digits = append(e.digits[:0], '0')
	e.text = append(append(e.text[:0], nameStart...), metrics[0]...)
	e.text = append(append(append(e.text, nameEnd+put.PrefixEnd...), e.digits...), put.ValueKey...)
	e.line.SetText(e.text)
}

// tagsLen returns the length of the tags with the label.
func (e *lineEditor) tagsLen() int { return e.line.Len() - e.head() - e.tail() }

// setTags replaces all tags. The compressor has to search for the differences.
func (e *lineEditor) setTags(tags []byte) {
	e.line.Edit(e.head(), e.tagsLen(), tags)
	e.line.Apply()
}

func (e *lineEditor) setMetric(metric int) {
	if metric == e.metric {
		return
	}
	before, after := e.metrics[e.metric], e.metrics[metric]
	same := put.CommonPrefix(before, after)
	e.line.Edit(len(nameStart)+same, len(before)-same, after[same:])
	e.metric = metric
}

func (e *lineEditor) setTime(ts int64) {
	if ts == e.time {
		return
	}
	before := len(e.digits)
	at := e.line.Len() - len(put.ValueKey) - before
	e.time, e.digits = ts, strconv.AppendInt(e.digits[:0], ts, 10)
	e.line.Edit(at, before, e.digits)
}

// setLabel adds a label at an offset of the tags, or replaces the value of the label that
// the line has.
func (e *lineEditor) setLabel(at int, key string, value []byte) {
	l := &e.label
	if l.end > 0 {
		e.line.Edit(e.head()+l.value, l.end-1-l.value, value)
		l.end = l.value + len(value) + 1
		return
	}
	last := at == e.tagsLen()
	e.text = e.text[:0]
	if last && at > 0 {
		e.text = append(e.text, ',')
	}
	e.text = append(append(append(e.text, '"'), key...), `":"`...)
	l.at, l.value = at, at+len(e.text)
	e.text = append(append(e.text, value...), '"')
	l.end = at + len(e.text)
	if !last {
		e.text = append(e.text, ',')
	}
	e.line.Edit(e.head()+at, 0, e.text)
}

// removeLabel changes the metric and removes the label.
func (e *lineEditor) removeLabel(metric int) {
	e.setMetric(metric)
	l := &e.label
	if l.end == 0 {
		return
	}
	end := l.end
	if end < e.tagsLen() {
		end++ // the comma
	}
	e.line.Edit(e.head()+l.at, end-l.at, nil)
	l.end = 0
}

// labelOffset returns the offset in rendered tags at which a tag with a key belongs, or -1
// if the tags have the key.
func labelOffset(tags []byte, key string) (at int) {
	for at < len(tags) {
		name := tags[at+1:]
		switch c := bytes.Compare(name[:bytes.IndexByte(name, '"')], []byte(key)); {
		case c == 0:
			return -1
		case c > 0:
			return at
		}
		at += len(`"`) + bytes.IndexByte(name, '"') + len(`":"`)
		at += valueLen(tags[at:]) + len(`"`)
		if at == len(tags) {
			return at
		}
		at++ // the comma
	}
	return at
}

// valueLen returns the length of the JSON string at the beginning of a text, up to its
// closing quote: the first quote that has no backslash before it.
func valueLen(text []byte) (n int) {
	for {
		n += bytes.IndexAny(text[n:], `"\`)
		if text[n] == '"' {
			return n
		}
		n += 2
	}
}
