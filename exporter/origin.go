// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"crypto/rand"
	"os"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"

	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/wire"
)

// origin is a resource whose metrics are exported: the tags that all its points
// share, its converters, and how its Exports fared.
type origin struct {
	base []wire.Tag
	self selfMetrics

	// guarded by origins.mu
	key  attribute.Distinct
	idle []*converter
	used time.Time
}

// origins knows the resources that are exported. One exporter may serve several
// MeterProviders: each resource has converters of its own, so that their caches
// do not thrash, under one budget. Every Export leases a converter for itself,
// so that none waits for the other's requests.
type origins struct {
	cfg    *config
	budget *wire.Budget
	lowest []wire.Tag // tags below the resource's

	mu     sync.Mutex
	byKey  map[attribute.Distinct]*origin
	closed bool
}

// Bounds on what is kept for resources and for concurrent Exports.
const (
	maxOrigins = 64
	maxIdle    = 4
)

func newOrigins(cfg *config) *origins {
	o := &origins{cfg: cfg, budget: wire.NewBudget(cfg.cacheBytes), byKey: make(map[attribute.Distinct]*origin)}
	if cfg.instanceTag {
		o.lowest = append(o.lowest, wire.Tag{Key: string(semconv.ServiceInstanceIDKey), Value: rand.Text()})
	}
	return o
}

// of returns the origin of a resource.
func (o *origins) of(r *resource.Resource) *origin {
	if r == nil {
		r = resource.Empty()
	}
	key := r.Equivalent()
	o.mu.Lock()
	defer o.mu.Unlock()
	if found, ok := o.byKey[key]; ok {
		found.used = time.Now()
		return found
	}
	if len(o.byKey) >= maxOrigins {
		o.forgetOldest()
	}
	n := &origin{key: key, base: o.tags(r), used: time.Now()}
	o.byKey[key] = n
	return n
}

// tags merges what is below the points' own attributes: the exporter's tags,
// the client's, the environment's, the resource's, and at last the host.
func (o *origins) tags(r *resource.Resource) []wire.Tag {
	set, _ := attribute.NewSetWithFiltered(r.Attributes(), o.cfg.resource)
	layers := append(slices.Clone(o.cfg.shared), o.layer(tagsOf(nil, &set)))
	low := slices.Clone(o.lowest)
	if !o.cfg.noHostTag {
		if name := hostName(r); name != "" {
			low = append(low, wire.Tag{Key: "host", Value: name})
		}
	}
	wire.SortTags(low)
	layers = append(layers, o.layer(low))
	var merged []wire.Tag
	for _, layer := range layers {
		merged = wire.MergeTags(nil, merged, layer)
	}
	return merged
}

// layer makes a layer of tags of the resource or our own. A key that stays
// invalid, in mode none, is left out: it would cost every point.
func (o *origins) layer(tags []wire.Tag) []wire.Tag {
	valid := make([]wire.Tag, 0, len(tags))
	for i := range tags {
		if _, err := wire.SanitizeTags(o.cfg.mode, slices.Clone(tags[i:i+1])); err == nil {
			valid = append(valid, tags[i])
		}
	}
	layer, _ := wire.SanitizeTags(o.cfg.mode, valid)
	return layer
}

func hostName(r *resource.Resource) string {
	if v, ok := r.Set().Value(semconv.HostNameKey); ok && v.String() != "" {
		return v.String()
	}
	name, _ := os.Hostname() // without one there is no tag
	return name
}

// lease takes a converter of an origin.
func (o *origins) lease(n *origin) *converter {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, other := range o.byKey {
		if other != n && time.Since(other.used) > convert.IdleTime {
			o.drop(other) // it may hold all of the budget
		}
	}
	if last := len(n.idle) - 1; last >= 0 {
		c := n.idle[last]
		n.idle = n.idle[:last]
		return c
	}
	return convert.New[attribute.Distinct](convert.Config{
		Mode: o.cfg.mode, Prefix: o.cfg.prefix, Base: n.base, ScopeTags: o.cfg.scopeTags, Budget: o.budget,
	})
}

// release ends a lease.
func (o *origins) release(n *origin, c *converter) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || o.byKey[n.key] != n || len(n.idle) == maxIdle {
		c.Close()
		return
	}
	n.idle = append(n.idle, c)
}

// forgetOldest makes room for another origin.
func (o *origins) forgetOldest() {
	var oldest *origin
	for _, n := range o.byKey {
		if oldest == nil || n.used.Before(oldest.used) {
			oldest = n
		}
	}
	o.drop(oldest)
	delete(o.byKey, oldest.key)
}

func (o *origins) drop(n *origin) {
	for _, c := range n.idle {
		c.Close()
	}
	n.idle = nil
}

// close gives all caches back.
func (o *origins) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	for _, n := range o.byKey {
		o.drop(n)
	}
}
