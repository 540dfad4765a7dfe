// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"hash/maphash"
	"sync"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/encoding"
)

// known remembers the series that the server has refused, and why, so that one
// that is refused in every push is logged once. It is safe for concurrent use.
type known struct {
	hasher

	mu     sync.Mutex
	series map[identity]struct{}
}

// maxKnown bounds the series that are remembered. Beyond it all are new again.
const maxKnown = 10_000

func newKnown() *known {
	return &known{hasher: newHasher(), series: make(map[identity]struct{})}
}

// point reports whether the series of a point has been reported with this
// reason, and notes it.
func (k *known) point(p *apptuitclient.PointError) bool {
	name, err := encoding.EncodeName(p.Point.Metric, p.Point.Tags)
	if err != nil {
		return false
	}
	name += p.Reason
	id := identity{maphash.String(k.seeds[0], name), maphash.String(k.seeds[1], name)}
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, ok := k.series[id]; ok {
		return true
	}
	if len(k.series) == maxKnown {
		clear(k.series)
	}
	k.series[id] = struct{}{}
	return false
}
