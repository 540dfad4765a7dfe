// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package block

// bitset is a set of entries.
type bitset []uint64

func (s bitset) has(id uint32) bool {
	return int(id/64) < len(s) && s[id/64]>>(id%64)&1 != 0
}

func (s *bitset) add(id uint32) {
	for int(id/64) >= len(*s) {
		*s = append(*s, 0)
	}
	(*s)[id/64] |= 1 << (id % 64)
}
