// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"cmp"
	"slices"
	"unsafe"

	"github.com/apptuitai/apptuit-go/encoding"
)

// Series is the constant part of a series' points: everything up to the
// timestamp, rendered once.
type Series struct {
	prefix string
	place  uint64 // in its table
	refs   int32
	lives  uint32   // how often it was borrowed
	like   likeness // 0 until it is needed
	links  links

	// The last float and its text: many gauges stay what they are.
	float uint64
	text  [maxFloat]byte
	size  int8

	// What this export has given the series already; see Mark.
	generation uint64
	last       stamp
	earlier    *[]stamp // sorted; nil until there are several
}

// stamp is a point of a series: its time, and who wrote it.
type stamp struct {
	ts    int64
	owner uint32
}

// NewSeries returns a series outside any table, for points that are sent once.
func NewSeries(prefix []byte) *Series { return &Series{prefix: string(prefix)} }

// Borrow makes s a series outside any table whose prefix is these bytes, for as
// long as they do not change. It may be used again and again.
func (s *Series) Borrow(prefix []byte) *Series {
	*s = Series{prefix: unsafe.String(unsafe.SliceData(prefix), len(prefix)), lives: s.lives + 1}
	return s
}

// Users returns how many users an interned series has, 0 for another one.
func (s *Series) Users() int { return int(s.refs) }

// Prefix returns the rendered part.
func (s *Series) Prefix() string { return s.prefix }

// maxFloat is the length of the longest float: -2.2250738585072014e-308.
const maxFloat = 24

// appendValue is v.Append, remembering what was formatted last.
func (s *Series) appendValue(dst []byte, v Value) []byte {
	switch {
	case !v.float:
		return v.Append(dst)
	case s.size > 0 && s.float == v.bits:
		return append(dst, s.text[:s.size]...)
	}
	at := len(dst)
	dst = v.Append(dst)
	s.float, s.size = v.bits, int8(copy(s.text[:], dst[at:]))
	return dst
}

// Mark notes that owner writes a point of the series at ts in the given
// generation (one export, counted from 1). It returns false, and who came
// first, if the series has a point of that time in that generation already: two
// points that render to one series and timestamp.
func (s *Series) Mark(generation uint64, ts int64, owner uint32) (first uint32, ok bool) {
	now := stamp{ts, owner}
	if s.generation != generation {
		s.generation, s.last = generation, now
		if s.earlier != nil {
			*s.earlier = (*s.earlier)[:0]
		}
		return owner, true
	}
	if ts == s.last.ts {
		return s.last.owner, false
	}
	if s.earlier == nil {
		s.earlier = new([]stamp)
	}
	if ts > s.last.ts {
		*s.earlier = append(*s.earlier, s.last)
		s.last = now
		return owner, true
	}
	i, found := slices.BinarySearchFunc(*s.earlier, ts, func(e stamp, ts int64) int { return cmp.Compare(e.ts, ts) })
	if found {
		return (*s.earlier)[i].owner, false
	}
	*s.earlier = slices.Insert(*s.earlier, i, now)
	return owner, true
}

// MarkedSince reports whether the series has had a point in a generation, or later.
func (s *Series) MarkedSince(generation uint64) bool { return s.generation >= generation }

// Marked reports whether the series has a point in a generation.
func (s *Series) Marked(generation uint64) bool { return s.generation == generation }

// AppendPrefix renders the constant part of a series. The metric and the keys
// are valid names, the tags sorted by key; equal series give equal bytes.
func AppendPrefix(dst []byte, metric string, tags []Tag) []byte {
	return append(AppendTags(AppendHead(dst, metric), tags), PrefixTail...)
}

// PrefixTail is what is between the tags and the timestamp.
const PrefixTail = `},"timestamp":`

// AppendHead renders what is before the tags of a prefix.
func AppendHead(dst []byte, metric string) []byte {
	dst = append(dst, `{"metric":`...)
	dst = encoding.AppendString(dst, metric)
	return append(dst, `,"tags":{`...)
}

// AppendTags renders tags as they are in a prefix.
func AppendTags(dst []byte, tags []Tag) []byte {
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
