// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"strconv"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// The constant parts of a line:
//
//	{"metric":"cpu.load","tags":{"host":"web1","os":"linux"},"timestamp":1700000000,"value":1.5}
//	          ── name ──         ───────── tags ──────────               ── time ──
//
// The line up to the tags is called head, up to the time prefix, and up to the value text,
// which is the text of a [Line].
const (
	// HeadStart comes before the name.
	HeadStart = `{"metric":`
	// HeadEnd comes between the name and the tags.
	HeadEnd = `,"tags":{`
	// PrefixEnd comes between the tags and the time.
	PrefixEnd = `},"timestamp":`
	// ValueKey comes between the time and the value.
	ValueKey = `,"value":`
)

// AppendHead renders a line up to the tags.
func AppendHead(dst []byte, metric string) []byte {
	dst = append(dst, HeadStart...)
	dst = encoding.AppendString(dst, metric)
	return append(dst, HeadEnd...)
}

// AppendTags renders tags. Equal sets of tags give equal bytes if they are sorted by key.
func AppendTags(dst []byte, tags []model.Tag) []byte {
	for i, t := range tags {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = encoding.AppendString(dst, t.Key)
		dst = append(dst, ':')
		dst = encoding.AppendString(dst, t.Value)
	}
	return dst
}

// AppendPrefix renders a line up to the time, which all points of a series have in common.
func AppendPrefix(dst []byte, metric string, tags []model.Tag) []byte {
	return append(AppendTags(AppendHead(dst, metric), tags), PrefixEnd...)
}

// AppendTime renders a timestamp in wire units and the bytes between it and the value.
func AppendTime(dst []byte, ts int64) []byte {
	return append(strconv.AppendInt(dst, ts, 10), ValueKey...)
}

// Renderer renders the tags of one series after another, as [AppendTags] does, but copies
// the tags that are equal to tags of the previous series. It takes half the time (go test
// ./internal/put -run '^$' -bench Renderer), and a first export of sums 4 % less. The zero
// value is ready for use. A Renderer belongs to one goroutine.
type Renderer struct {
	tags []renderedTag
	text []byte // of all tags
}

// renderedTag is a tag and where it ends in the text.
type renderedTag struct {
	model.Tag
	keyEnd, end int // of the key with the colon, and of the tag
}

// AppendTags renders tags. They must not change before the next call.
func (r *Renderer) AppendTags(dst []byte, tags []model.Tag) []byte {
	start, known := len(dst), len(r.tags)
	end := 0 // of the tag before in the last text
	for i, t := range tags {
		if i == len(r.tags) {
			r.tags = append(r.tags, renderedTag{})
		}
		last := &r.tags[i]
		from, keyEnd := end, last.keyEnd
		end = last.end
		switch {
		case i >= known || last.Key != t.Key:
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = encoding.AppendString(dst, t.Key)
			dst = append(dst, ':')
			last.keyEnd = len(dst) - start
			dst = encoding.AppendString(dst, t.Value)
		case last.Value != t.Value:
			dst = append(dst, r.text[from:keyEnd]...)
			last.keyEnd = len(dst) - start
			dst = encoding.AppendString(dst, t.Value)
		default:
			dst = append(dst, r.text[from:end]...)
			last.keyEnd = len(dst) - start - (end - keyEnd)
		}
		last.Tag, last.end = t, len(dst)-start
	}
	r.tags = r.tags[:len(tags)]
	r.text = append(r.text[:0], dst[start:]...)
	return dst
}
