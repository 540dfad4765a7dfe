// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"slices"

	"github.com/apptuitai/apptuit-go/encoding"
)

// Series is the constant part of a series' points: everything up to the
// timestamp, rendered once.
type Series struct {
	prefix string
	refs   int32

	// The stamps this export has given the series already; see Mark.
	generation uint64
	owner      uint32
	last       int64
	earlier    []int64
}

// NewSeries returns a series outside any table, for points that are sent once.
func NewSeries(prefix []byte) *Series { return &Series{prefix: string(prefix)} }

// Prefix returns the rendered part.
func (s *Series) Prefix() string { return s.prefix }

// Mark notes that owner writes a point of the series at ts in the given
// generation (one export). It returns false, and who came first, if the series
// has a point of that time in that generation already: two points that render
// to one series and timestamp.
func (s *Series) Mark(generation uint64, ts int64, owner uint32) (first uint32, ok bool) {
	if s.generation != generation {
		s.generation, s.owner, s.last = generation, owner, ts
		s.earlier = s.earlier[:0]
		return owner, true
	}
	if ts == s.last {
		return s.owner, false
	}
	i, found := slices.BinarySearch(s.earlier, ts)
	if found {
		return s.owner, false
	}
	if ts < s.last {
		s.earlier = slices.Insert(s.earlier, i, ts)
	} else {
		s.earlier = append(s.earlier, s.last)
		s.last = ts
	}
	return owner, true
}

// AppendPrefix renders the constant part of a series. The metric and the keys
// are valid names, the tags sorted by key; equal series give equal bytes.
func AppendPrefix(dst []byte, metric string, tags []Tag) []byte {
	dst = append(dst, `{"metric":`...)
	dst = encoding.AppendString(dst, metric)
	dst = append(dst, `,"tags":{`...)
	for i, t := range tags {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = encoding.AppendString(dst, t.Key)
		dst = append(dst, ':')
		dst = encoding.AppendString(dst, t.Value)
	}
	return append(dst, `},"timestamp":`...)
}
