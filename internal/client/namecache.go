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

// Limits of the cache of encoded names.
const (
	maxNames     = 10_000
	maxNameBytes = 8 << 20
)

// sweepInterval is the least time between two searches for entries that are out of use.
const sweepInterval = time.Minute

// nameCache caches decoded names, because programs send the same encoded names again and
// again. It is safe for concurrent use.
//
// When the cache is full, a new name replaces only names that have been out of use for at
// least one sweepInterval. Replacing the least recently used name would be of no use to a
// program that sends more names than fit, in the same order each time: each name would be
// replaced before its next use.
type nameCache struct {
	rules      model.TagRules
	maxEntries int
	maxBytes   int

	mu      sync.RWMutex            // guards the fields below
	entries map[string]*decodedName // by encoded name
	bytes   int                     // estimated memory of the entries
	sweep   uint32                  // number of sweeps so far
	swept   time.Time               // time of the last sweep
}

// decodedName is the decoded form of an encoded name. It must not be modified.
type decodedName struct {
	metric string        // sanitized
	tags   []model.Tag   // sorted and sanitized, as model.MergeTags requires
	err    error         // if the name cannot be decoded; then metric and tags are empty
	used   atomic.Uint32 // value of nameCache.sweep at the last use
}

func newNameCache(rules model.TagRules, maxEntries, maxBytes int) *nameCache {
	return &nameCache{rules: rules, maxEntries: maxEntries, maxBytes: maxBytes, entries: make(map[string]*decodedName)}
}

// isEncoded reports whether a metric is an encoded name rather than a plain one.
func isEncoded(metric string) bool { return strings.IndexByte(metric, '{') >= 0 }

// decode returns the decoded form of an encoded name.
func (n *nameCache) decode(encoded string) *decodedName {
	n.mu.RLock()
	found, ok := n.entries[encoded]
	if ok && found.used.Load() != n.sweep { // avoids a write, which would invalidate the cache line on other CPUs
		found.used.Store(n.sweep)
	}
	n.mu.RUnlock()
	if ok {
		return found
	}
	encoded = strings.Clone(encoded) // it may be a substring of a large text
	found = decodeName(n.rules, encoded)
	n.keep(encoded, found)
	return found
}

// decodeName decodes and sanitizes a name.
func decodeName(rules model.TagRules, encoded string) *decodedName {
	metric, tags, err := encoding.DecodeName(encoded)
	if err != nil {
		return &decodedName{err: err}
	}
	metric = rules.Mode.Sanitize(metric)
	if err := model.CheckName(encoding.FieldMetric, metric); err != nil {
		return &decodedName{err: err}
	}
	layer, err := rules.Layer(model.TagsOf(nil, tags))
	if err != nil {
		return &decodedName{err: err}
	}
	return &decodedName{metric: metric, tags: layer}
}

// cost estimates the memory of an entry, in bytes. The name counts twice, because the tags
// repeat its text.
func (d *decodedName) cost(encoded string) int { return 192 + 2*len(encoded) + 32*len(d.tags) }

// keep adds a name to the cache if there is room.
func (n *nameCache) keep(encoded string, d *decodedName) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, ok := n.entries[encoded]; ok {
		return
	}
	cost := d.cost(encoded)
	if !n.fits(cost) {
		n.makeRoom()
	}
	if n.fits(cost) {
		d.used.Store(n.sweep)
		n.entries[encoded] = d
		n.bytes += cost
	}
}

func (n *nameCache) fits(cost int) bool {
	return len(n.entries) < n.maxEntries && n.bytes+cost <= n.maxBytes
}

// makeRoom removes the names that were not used since the sweep before the last one.
func (n *nameCache) makeRoom() {
	now := time.Now()
	if now.Sub(n.swept) < sweepInterval {
		return
	}
	n.swept = now
	for encoded, d := range n.entries {
		if n.sweep-d.used.Load() > 1 {
			delete(n.entries, encoded)
			n.bytes -= d.cost(encoded)
		}
	}
	n.sweep++
}
