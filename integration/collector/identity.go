// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"hash/maphash"
	"math/bits"
	"strconv"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/pattern"
)

// identity identifies a set of attributes, whatever their order: it is the sum of a 128-bit
// hash of each attribute. The hashes have random seeds, so that a sender cannot choose
// attributes that collide. With a billion sets, the probability of a collision is below 10^-20.
type identity [2]uint64

// plus returns the identity of a set with one more attribute.
func (id identity) plus(attribute identity) identity {
	return identity{id[0] + attribute[0], id[1] + attribute[1]}
}

// hasher computes identities.
type hasher struct{ seeds [2]maphash.Seed }

func newHasher() hasher {
	return hasher{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
}

func (h *hasher) text(text string) identity {
	return identity{maphash.String(h.seeds[0], text), maphash.String(h.seeds[1], text)}
}

func (h *hasher) bytes(text []byte) identity {
	return identity{maphash.Bytes(h.seeds[0], text), maphash.Bytes(h.seeds[1], text)}
}

// attribute returns the hash of an attribute from the hashes of its key and its value. It is a
// product of both, so that the sum of two attributes changes if they exchange their values.
func (h *hasher) attribute(key, value identity) (hash identity) {
	for i := range hash {
		high, low := bits.Mul64(key[i]^0x9e3779b97f4a7c15, value[i]^0xc2b2ae3d27d4eb4f)
		hash[i] = high ^ low
	}
	return hash
}

// attributes reads the sets of attributes of one push, one after the other, without garbage.
//
// It remembers the attribute at each position. Most sets have the same keys in the same order
// as the set before, and many of the same values. Comparing them is faster than hashing them:
// a push of 10,000 sums with six attributes takes 228 instead of 460 ns a point (go test -bench
// Push).
type attributes struct {
	hasher
	set    pcommon.Map // that was read last
	last   []hashedAttribute
	sorted []pair
	buffer []byte
	tags   []model.Tag
}

// hashedAttribute is an attribute with its hash. Strings and integers are remembered.
type hashedAttribute struct {
	key     string
	keyHash identity
	kind    pcommon.ValueType // of the value
	text    string
	integer int64
	hash    identity
}

// maxHashed is the limit of the attributes of a set that are remembered.
const maxHashed = 64

// identify returns the identity of a set.
func (a *attributes) identify(m pcommon.Map) (id identity) {
	a.set = m
	i := 0
	for key, v := range m.All() {
		id = id.plus(a.hash(min(i, maxHashed), key, v))
		i++
	}
	return id
}

// hash returns the hash of the attribute at a position.
func (a *attributes) hash(i int, key string, v pcommon.Value) identity {
	if i == len(a.last) {
		a.last = append(a.last, hashedAttribute{keyHash: a.text("")})
	}
	last := &a.last[i]
	if last.key != key {
		*last = hashedAttribute{key: key, keyHash: a.text(key)}
	}
	switch kind := v.Type(); kind {
	case pcommon.ValueTypeStr:
		if text := v.Str(); last.kind != kind || last.text != text {
			last.kind, last.text = kind, text
			last.hash = a.attribute(last.keyHash, a.text(text))
		}
	case pcommon.ValueTypeInt:
		if n := v.Int(); last.kind != kind || last.integer != n {
			last.kind, last.integer = kind, n
			a.buffer = strconv.AppendInt(a.buffer[:0], n, 10)
			last.hash = a.attribute(last.keyHash, a.bytes(a.buffer))
		}
	default:
		a.buffer = appendText(a.buffer[:0], v)
		last.kind, last.hash = kind, a.attribute(last.keyHash, a.bytes(a.buffer))
	}
	return last.hash
}

// selected returns the selected attributes of the set that was read last, sorted by key, and
// whether others were left out. Without a selection it returns all. The attributes are valid
// until the next call.
func (a *attributes) selected(by *pattern.Selection) (tags []model.Tag, filtered bool) {
	a.sorted = sortedAttributes(a.sorted, a.set)
	a.tags = a.tags[:0]
	for _, p := range a.sorted {
		if by == nil || p.key == convert.OverflowKey || by.Matches(p.key) {
			a.tags = append(a.tags, model.Tag{Key: p.key, Value: text(p.value)})
		}
	}
	return a.tags, len(a.tags) < len(a.sorted)
}

// all returns all attributes of the set that was read last, as selected does.
func (a *attributes) all() []model.Tag {
	tags, _ := a.selected(nil)
	return tags
}
