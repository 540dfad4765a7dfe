// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"hash/maphash"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/reported"
)

// Refusals remembers which series the server has refused, and why, so that a series that
// is refused again and again is reported once. It is safe for concurrent use.
type Refusals struct {
	seeds [2]maphash.Seed
	seen  *reported.Set[[2]uint64]
}

// maxRefusals bounds the refusals that are remembered.
const maxRefusals = 20_000

// NewRefusals returns an empty memory.
func NewRefusals() *Refusals {
	return &Refusals{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, seen: reported.NewSet[[2]uint64](maxRefusals)}
}

// Known reports whether the series of a point has been reported with this reason, and
// notes it.
func (r *Refusals) Known(p *PointError) bool {
	name, err := encoding.EncodeName(p.Point.Metric, p.Point.Tags)
	if err != nil {
		return false
	}
	name += p.Reason
	return r.seen.Seen([2]uint64{maphash.String(r.seeds[0], name), maphash.String(r.seeds[1], name)})
}
