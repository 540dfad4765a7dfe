// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"hash/crc32"
	"hash/maphash"
	"math/bits"
	"unsafe"

	"github.com/apptuitai/apptuit-go/encoding"
)

// likeness is eight hashes of eight bits, of a prefix's parts between commas. The
// tags of two series of one instrument are the same where the hashes are.
type likeness uint64

func likenessOf(seed maphash.Seed, prefix []byte) likeness {
	var l likeness
	for i := 0; ; i++ {
		part, rest, more := bytes.Cut(prefix, []byte(`","`))
		shift := i % 8 * 8
		l ^= likeness(maphash.Bytes(seed, part)&0xff) << shift
		if !more {
			return l
		}
		prefix = rest
	}
}

// likeness returns that of the series' prefix.
func (s *Series) likeness(seed maphash.Seed) likeness {
	if s.like == 0 {
		s.like = likenessOf(seed, unsafe.Slice(unsafe.StringData(s.prefix), len(s.prefix))) | 1
	}
	return s.like
}

// like returns how many of the parts are the same.
func (l likeness) like(other likeness) int {
	const low = 0x7f7f7f7f7f7f7f7f
	x := uint64(l ^ other)
	return 8 - bits.OnesCount64((x&low+low|x)&^low)
}

// MaxParts is how many parts of a series' text [Series.Parts] tells apart: the
// metric's name and as many tags as a point may have.
const MaxParts = 1 + encoding.MaxTags

// Parts returns a hash of each part of the series' text between commas, 0 where
// there is none. It is the same at every run.
func (s *Series) Parts() (parts [MaxParts]uint8) {
	text := unsafe.Slice(unsafe.StringData(s.prefix), len(s.prefix))
	for i := range parts {
		part, rest, more := bytes.Cut(text, []byte(`","`))
		parts[i] = uint8(crc32.ChecksumIEEE(part))
		if !more {
			break
		}
		text = rest
	}
	return parts
}
