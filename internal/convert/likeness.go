// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"bytes"
	"cmp"
	"math/bits"
	"slices"

	"github.com/apptuitai/apptuit-go/internal/put"
)

// sorter sorts series, those that are alike next to each other. What it takes for some
// stays for others.
type sorter struct {
	parts []put.Parts
	keys  []sortKey
}

type sortKey struct {
	key   uint64
	place int // among the parts
}

// sortColumns are how many parts of series the order goes by.
const sortColumns = 8

// sort returns the places of the parts that have been added, in order. Series whose
// keys are the same are told apart by their texts. Of two that are the same the first
// stays the first.
func (s *sorter) sort(text func(place int) []byte) []sortKey {
	s.setKeys()
	slices.SortFunc(s.keys, func(a, b sortKey) int {
		if c := cmp.Compare(a.key, b.key); c != 0 {
			return c
		}
		if c := bytes.Compare(text(a.place), text(b.place)); c != 0 {
			return c
		}
		return cmp.Compare(a.place, b.place)
	})
	return s.keys
}

// setKeys makes what series are sorted by of their parts, those first that differ
// least often.
func (s *sorter) setKeys() {
	var seen [len(put.Parts{})][4]uint64
	for i := range s.parts {
		for column, part := range s.parts[i] {
			seen[column][part>>6] |= 1 << (part & 63)
		}
	}
	var columns []int
	var values [len(seen)]int
	for column := range seen {
		for _, word := range seen[column] {
			values[column] += bits.OnesCount64(word)
		}
		if values[column] > 1 {
			columns = append(columns, column)
		}
	}
	slices.SortStableFunc(columns, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	columns = columns[:min(len(columns), sortColumns)]
	s.keys = slices.Grow(s.keys[:0], len(s.parts))
	for i := range s.parts {
		key := uint64(0)
		for _, column := range columns {
			key = key<<8 | uint64(s.parts[i][column])
		}
		s.keys = append(s.keys, sortKey{key, i})
	}
}
