// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"encoding/binary"
	"hash/maphash"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// identity stands for a set of attributes: 128 bits of their hash under seeds
// of this process, so that nobody who sends can choose attributes that collide.
// With a billion sets the chance of one collision is below 10^-20. Attributes
// of the same keys and texts are the same: they make the same series.
type identity [2]uint64

// hasher identifies sets of attributes.
type hasher struct{ seeds [2]maphash.Seed }

func newHasher() hasher {
	return hasher{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
}

// attributes reads sets of attributes, one after the other, without garbage.
type attributes struct {
	hasher
	sorted []pair
	text   []byte
	tags   []model.Tag
}

// read takes a map and returns its identity.
func (a *attributes) read(m pcommon.Map) identity {
	a.sorted = sortedAttributes(a.sorted, m)
	buf := a.text[:0]
	for _, p := range a.sorted {
		start := len(buf)
		buf = append(buf, p.key...)
		middle := len(buf)
		buf = appendText(buf, p.value)
		// Lengths behind the texts make the whole unambiguous, read from its end.
		end := len(buf)
		buf = binary.LittleEndian.AppendUint64(buf, uint64(middle-start))
		buf = binary.LittleEndian.AppendUint64(buf, uint64(end-middle))
	}
	a.text = buf
	return identity{maphash.Bytes(a.seeds[0], buf), maphash.Bytes(a.seeds[1], buf)}
}

// chosen returns the attributes read last, sorted by key, and whether there are
// others that the chooser, if there is one, has left out. They are good until the
// next call.
func (a *attributes) chosen(by *chooser) (tags []model.Tag, filtered bool) {
	a.tags = a.tags[:0]
	for _, p := range a.sorted {
		if by == nil || p.key == convert.OverflowKey || by.passes(p.key) {
			a.tags = append(a.tags, model.Tag{Key: p.key, Value: text(p.value)})
		}
	}
	return a.tags, len(a.tags) < len(a.sorted)
}

// all returns the attributes read last, as chosen does.
func (a *attributes) all() []model.Tag {
	tags, _ := a.chosen(nil)
	return tags
}
