// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"hash/maphash"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/reported"
)

// Refusals remembers which series the server has refused for which reason, so that a series
// that is refused at every export is reported once for each reason. It remembers up to 20,000
// pairs of series and reason (see package reported). It is safe for concurrent use.
type Refusals struct {
	seeds [2]maphash.Seed
	seen  *reported.Set[[2]uint64]
}

// maxRefusals bounds the pairs of series and reason that are remembered.
const maxRefusals = 20_000

// NewRefusals returns an empty set.
func NewRefusals() *Refusals {
	return &Refusals{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, seen: reported.NewSet[[2]uint64](maxRefusals)}
}

// Reported reports whether the series of a point was reported with this reason before, and
// remembers the pair. For a point without an encoded name it always returns false.
func (r *Refusals) Reported(p *PointError) bool {
	name, err := encoding.EncodeName(p.Point.Metric, p.Point.Tags)
	if err != nil {
		return false
	}
	name += p.Reason
	// Two hashes of 64 bits take less memory than the name, and do not collide in practice.
	return r.seen.Seen([2]uint64{maphash.String(r.seeds[0], name), maphash.String(r.seeds[1], name)})
}
