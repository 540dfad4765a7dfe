// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package block

import (
	"bytes"
	"strconv"

	"github.com/apptuitai/apptuit-go/internal/put"
)

// form is a line whose parts change between the lines of a block: metric, tags, label and
// time. Each method changes one part by an edit. In the text the order of the parts is
// metric, tags with the label, time; changes in this order are fastest.
type form struct {
	line    put.Line
	metrics [][]byte // that the line may have
	metric  int
	time    int64
	digits  []byte // of the time
	label   label
	text    []byte // of a line without tags
}

// label is the label of a line, or none if end is 0.
type label struct {
	at, value, end int // offsets in the tags: of the tag, of its value, and of its end
	text           []byte
}

// nameStart comes before the metric and nameEnd after it. A metric is a valid name, which
// in JSON needs no escapes.
const (
	nameStart = put.HeadStart + `"`
	nameEnd   = `"` + put.HeadEnd
)

// head and tail return the number of bytes before and after the tags.
func (f *form) head() int { return len(nameStart) + len(f.metrics[f.metric]) + len(nameEnd) }
func (f *form) tail() int { return len(put.PrefixEnd) + len(f.digits) + len(put.ValueKey) }

// reset makes the form a line without tags.
func (f *form) reset(metrics [][]byte) {
	f.metrics, f.metric, f.time, f.label.end = metrics, 0, 0, 0
	f.digits = append(f.digits[:0], '0')
	f.text = append(append(f.text[:0], nameStart...), metrics[0]...)
	f.text = append(append(append(f.text, nameEnd+put.PrefixEnd...), f.digits...), put.ValueKey...)
	f.line.SetText(f.text)
}

// tagsLen returns the length of the tags, with the label.
func (f *form) tagsLen() int { return f.line.Len() - f.head() - f.tail() }

// tags removes the label and returns the tags. They are valid until the line is changed or
// appended.
func (f *form) tags() []byte {
	f.unlabel(f.metric)
	text := f.line.Text()
	return text[f.head() : len(text)-f.tail()]
}

func (f *form) setMetric(metric int) {
	if metric == f.metric {
		return
	}
	old, own := f.metrics[f.metric], f.metrics[metric]
	same := put.CommonPrefix(old, own)
	f.line.Edit(len(nameStart)+same, len(old)-same, own[same:])
	f.metric = metric
}

func (f *form) setTime(ts int64) {
	if ts == f.time {
		return
	}
	at := f.line.Len() - len(put.ValueKey) - len(f.digits)
	del := len(f.digits)
	f.time, f.digits = ts, strconv.AppendInt(f.digits[:0], ts, 10)
	f.line.Edit(at, del, f.digits)
}

// setLabel gives the line a label at an offset of the tags, or another value of the label
// that it has.
func (f *form) setLabel(at int, key string, value []byte) {
	l := &f.label
	if l.end > 0 {
		f.line.Edit(f.head()+l.value, l.end-1-l.value, value)
		l.end = l.value + len(value) + 1
		return
	}
	last := at == f.tagsLen()
	l.text = l.text[:0]
	if last && at > 0 {
		l.text = append(l.text, ',')
	}
	l.text = append(append(append(l.text, '"'), key...), `":"`...)
	l.at, l.value = at, at+len(l.text)
	l.text = append(append(l.text, value...), '"')
	l.end = at + len(l.text)
	if !last {
		l.text = append(l.text, ',')
	}
	f.line.Edit(f.head()+at, 0, l.text)
}

// unlabel makes the line one of a metric without a label.
func (f *form) unlabel(metric int) {
	f.setMetric(metric)
	l := &f.label
	if l.end == 0 {
		return
	}
	end := l.end
	if end < f.tagsLen() {
		end++ // the comma
	}
	f.line.Edit(f.head()+l.at, end-l.at, nil)
	l.end = 0
}

// labelPlace returns the offset in rendered tags where a tag with a key belongs, or -1 if
// the tags have the key.
func labelPlace(tags []byte, key string) (at int) {
	for at < len(tags) {
		name := tags[at+1:]
		switch {
		case name[0] > key[0]:
			return at
		case name[0] == key[0]:
			switch c := bytes.Compare(name[:bytes.IndexByte(name, '"')], []byte(key)); {
			case c == 0:
				return -1
			case c > 0:
				return at
			}
		}
		// Within a value, a quote comes after a backslash.
		end := bytes.Index(tags[at:], []byte(`","`))
		if end < 0 {
			return len(tags)
		}
		at += end + len(`",`)
	}
	return at
}
