// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// Bounds of the encoded names that are remembered.
const (
	maxNames     = 10_000
	maxNameBytes = 8 << 20
)

// sweepTime is the time between two looks for names that are no longer used.
const sweepTime = time.Minute

// names remembers what encoded names say: programs have the same ones at every
// Send. When it is full, a name has to be out of use to give way to another: names
// beyond the bounds, in turn, would otherwise push each other out, and none would
// ever be found. It is safe for concurrent use.
type names struct {
	mode    encoding.SanitizeMode
	entries int
	bytes   int

	mu    sync.RWMutex
	known map[string]*name
	held  int // bytes
	sweep uint32
	swept time.Time
}

// name is what an encoded name says.
type name struct {
	metric string      // sanitized
	tags   []model.Tag // a layer of model.MergeTags
	err    error       // instead of both
	used   atomic.Uint32
}

func newNames(mode encoding.SanitizeMode, entries, bytes int) *names {
	return &names{mode: mode, entries: entries, bytes: bytes, known: make(map[string]*name)}
}

// isEncoded tells an encoded name from a plain one.
func isEncoded(metric string) bool { return strings.IndexByte(metric, '{') >= 0 }

// decode returns what an encoded name says, which is not to be changed.
func (n *names) decode(encoded string) *name {
	n.mu.RLock()
	found, ok := n.known[encoded]
	if ok && found.used.Load() != n.sweep { // or every Send would write what all others read
		found.used.Store(n.sweep)
	}
	n.mu.RUnlock()
	if ok {
		return found
	}
	encoded = strings.Clone(encoded) // it may be a part of something large
	found = readName(n.mode, encoded)
	n.keep(encoded, found)
	return found
}

func readName(mode encoding.SanitizeMode, encoded string) *name {
	metric, tags, err := encoding.DecodeName(encoded)
	if err != nil {
		return &name{err: err}
	}
	metric = mode.Sanitize(metric)
	if err := model.CheckName(encoding.FieldMetric, metric); err != nil {
		return &name{err: err}
	}
	layer, err := model.SanitizeTags(mode, model.TagsOf(nil, tags))
	if err != nil {
		return &name{err: err}
	}
	return &name{metric: metric, tags: layer}
}

// cost is what a name takes in memory, about, in bytes. Texts of tags count twice,
// as the key has them, too.
func (d *name) cost(encoded string) int { return 192 + 2*len(encoded) + 32*len(d.tags) }

// keep remembers a name if there is room.
func (n *names) keep(encoded string, d *name) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, ok := n.known[encoded]; ok {
		return
	}
	cost := d.cost(encoded)
	if !n.fits(cost) {
		n.makeRoom()
	}
	if n.fits(cost) {
		d.used.Store(n.sweep)
		n.known[encoded] = d
		n.held += cost
	}
}

func (n *names) fits(cost int) bool { return len(n.known) < n.entries && n.held+cost <= n.bytes }

// makeRoom forgets what has not been used since the sweep before the last one.
func (n *names) makeRoom() {
	now := time.Now()
	if now.Sub(n.swept) < sweepTime {
		return
	}
	n.swept = now
	for encoded, d := range n.known {
		if n.sweep-d.used.Load() > 1 {
			delete(n.known, encoded)
			n.held -= d.cost(encoded)
		}
	}
	n.sweep++
}
