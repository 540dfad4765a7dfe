// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// Renderer renders one prefix after the other, as [AppendPrefix] does, but faster:
// most have the keys of the one before, and some of its values. It belongs to one
// goroutine, and is ready as it is.
type Renderer struct {
	tags []rendered
	text []byte // of all tags
}

// rendered is a tag and where it ends in the text.
type rendered struct {
	model.Tag
	key, end int // of its key with the colon, and of all of it
}

// Place returns where tag i of the last prefix begins, or would, in bytes of the tags.
func (r *Renderer) Place(i int) int {
	switch {
	case i == 0:
		return 0
	case i == len(r.tags):
		return r.tags[i-1].end
	}
	return r.tags[i-1].end + len(",")
}

// AppendPrefix renders the constant part of a series, with what [AppendHead] has
// rendered of its metric. The tags stay as they are until the next time.
func (r *Renderer) AppendPrefix(dst []byte, head string, tags []model.Tag) []byte {
	dst = append(dst, head...)
	start, known := len(dst), len(r.tags)
	end := 0 // of the tag before in the last text
	for i, t := range tags {
		if i == len(r.tags) {
			r.tags = append(r.tags, rendered{})
		}
		last := &r.tags[i]
		from, key := end, last.key
		end = last.end
		switch {
		case i >= known || last.Key != t.Key:
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = encoding.AppendString(dst, t.Key)
			dst = append(dst, ':')
			last.key = len(dst) - start
			dst = encoding.AppendString(dst, t.Value)
		case last.Value != t.Value:
			dst = append(dst, r.text[from:key]...)
			last.key = len(dst) - start
			dst = encoding.AppendString(dst, t.Value)
		default:
			dst = append(dst, r.text[from:end]...)
			last.key = len(dst) - start - (end - key)
		}
		last.Tag, last.end = t, len(dst)-start
	}
	r.tags = r.tags[:len(tags)]
	r.text = append(r.text[:0], dst[start:]...)
	return append(dst, PrefixEnd...)
}
