// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"cmp"
	"slices"
	"unsafe"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// Series is the constant part of a series' points: everything up to the
// timestamp, rendered once. Where many have to fit, it has 64 bytes: a cache line.
type Series struct {
	run   *Run
	more  *more  // what few series have
	place uint64 // in its table
	at    uint32 // in its run
	refs  int32
	lives uint32 // how often it was borrowed

	// What this export has given the series already; see Mark.
	generation uint32
	last       stamp

	float uint64 // the last float
}

// more is what few series have.
type more struct {
	earlier []stamp // sorted: there are several in one export

	// The text of a float that stays: many gauges are what they were.
	text [maxFloat]byte
	size int8 // 0: there is none
}

// single is a series alone and its run, in one piece.
type single struct {
	Series
	Run
}

func newSingle(text string) *Series {
	s := &single{Run: Run{text: text}}
	s.run = &s.Run
	return &s.Series
}

// others returns what few series have, of this one.
func (s *Series) others() *more {
	if s.more == nil {
		s.more = new(more)
	}
	return s.more
}

// stamp is a point of a series: its time, and who wrote it.
type stamp struct {
	ts    int64
	owner uint32
}

// NewSeries returns a series outside any table, for points that are sent once.
func NewSeries(prefix []byte) *Series { return newSingle(string(prefix)) }

// Borrow makes s a series outside any table whose prefix is these bytes, for as
// long as they do not change. It may be used again and again.
func (s *Series) Borrow(prefix []byte) *Series {
	run := s.run
	if run == nil {
		run = new(Run)
	}
	*run = Run{text: unsafe.String(unsafe.SliceData(prefix), len(prefix))}
	*s = Series{run: run, lives: s.lives + 1}
	return s
}

// Users returns how many users an interned series has, 0 for another one.
func (s *Series) Users() int { return int(s.refs) }

// Prefix returns the rendered part. To read many in a run, use a [Reader].
func (s *Series) Prefix() string {
	if s.alone() {
		return s.run.text
	}
	var r Reader
	return string(r.Append(nil, s))
}

// maxFloat is the length of the longest float: -2.2250738585072014e-308.
const maxFloat = 24

// appendValue is v.Append, remembering what a float that stays was formatted to.
func (s *Series) appendValue(dst []byte, v model.Value) []byte {
	if v.Kind() == model.Integer {
		return v.Append(dst)
	}
	stays := s.float == v.Bits()
	if stays && s.more != nil && s.more.size > 0 {
		return append(dst, s.more.text[:s.more.size]...)
	}
	at := len(dst)
	dst = v.Append(dst)
	switch {
	case stays:
		m := s.others()
		m.size = int8(copy(m.text[:], dst[at:]))
	case s.more != nil:
		s.more.size = 0
	}
	s.float = v.Bits()
	return dst
}

// Mark notes that owner writes a point of the series at ts in the given
// generation (one export, counted from 1). It returns false, and who came
// first, if the series has a point of that time in that generation already: two
// points that render to one series and timestamp.
func (s *Series) Mark(generation uint32, ts int64, owner uint32) (first uint32, ok bool) {
	now := stamp{ts, owner}
	if s.generation != generation {
		s.generation, s.last = generation, now
		if s.more != nil {
			s.more.earlier = s.more.earlier[:0]
		}
		return owner, true
	}
	if ts == s.last.ts {
		return s.last.owner, false
	}
	m := s.others()
	if ts > s.last.ts {
		m.earlier = append(m.earlier, s.last)
		s.last = now
		return owner, true
	}
	i, found := slices.BinarySearchFunc(m.earlier, ts, func(e stamp, ts int64) int { return cmp.Compare(e.ts, ts) })
	if found {
		return m.earlier[i].owner, false
	}
	m.earlier = slices.Insert(m.earlier, i, now)
	return owner, true
}

// MarkedSince reports whether the series has had a point in a generation, or later.
func (s *Series) MarkedSince(generation uint32) bool { return s.generation >= generation }

// Marked reports whether the series has a point in a generation.
func (s *Series) Marked(generation uint32) bool { return s.generation == generation }
