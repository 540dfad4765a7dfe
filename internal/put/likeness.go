// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"bytes"
	"hash/maphash"
	"math/bits"
	"unsafe"
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

// likeness returns that of a series alone.
func (r *Run) likeness(seed maphash.Seed) likeness {
	if r.like == 0 {
		r.like = likenessOf(seed, unsafe.Slice(unsafe.StringData(r.text), len(r.text))) | 1
	}
	return r.like
}

// like returns how many of the parts are the same.
func (l likeness) like(other likeness) int {
	const low = 0x7f7f7f7f7f7f7f7f
	x := uint64(l ^ other)
	return 8 - bits.OnesCount64((x&low+low|x)&^low)
}
