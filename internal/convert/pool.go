// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"sync"
	"time"

	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// Bounds on what is kept for resources and for concurrent exports, beside the
// bytes. A Collector may serve thousands of resources.
const (
	maxOrigins = 10_000
	maxIdle    = 4
)

// Pool keeps the converters of all resources that one exporter serves: each
// resource has converters of its own, so that their caches do not thrash, under
// one budget. Every export leases one for itself, so that none waits for the
// requests of another. S is what the user of the pool keeps for a resource. A
// Pool is safe for concurrent use.
type Pool[K comparable, S any] struct {
	cfg    Config
	budget *put.Budget // of the converters

	mu      sync.Mutex
	origins map[K]*origin[K, S]
	swept   time.Time // when idle origins were looked for last
	closed  bool
}

// origin is a resource.
type origin[K comparable, S any] struct {
	key    K
	base   []model.Tag
	target []model.Tag
	state  S
	idle   []*Converter[K]
	used   time.Time
}

// Lease is the use of a converter by one export.
type Lease[K comparable, S any] struct {
	*Converter[K]
	// State is kept for the resource. Exports of one resource share it.
	State  *S
	pool   *Pool[K, S]
	origin *origin[K, S]
}

// NewPool returns a pool whose converters have this configuration, but for Base,
// Target and Budget, and together keep at most that many bytes.
func NewPool[K comparable, S any](cfg Config, cacheBytes int64) *Pool[K, S] {
	return &Pool[K, S]{cfg: cfg, origins: make(map[K]*origin[K, S]), budget: put.NewBudget(cacheBytes)}
}

// Lease takes a converter of a resource. If the resource is new, tags is asked
// for those that all its points share, and those of target_info (see [BaseTags]
// and [Config]). Release ends the lease.
func (p *Pool[K, S]) Lease(resource K, tags func() (base, target []model.Tag)) *Lease[K, S] {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	o, ok := p.origins[resource]
	if !ok {
		if len(p.origins) >= maxOrigins {
			p.forgetOldest()
		}
		o = &origin[K, S]{key: resource}
		o.base, o.target = tags()
		p.origins[resource] = o
	}
	o.used = now
	p.sweep(now)
	return &Lease[K, S]{Converter: p.converter(o), State: &o.state, pool: p, origin: o}
}

// sweep gives back what resources hold that have gone: it may be all of the
// budget.
func (p *Pool[K, S]) sweep(now time.Time) {
	if now.Sub(p.swept) < IdleTime/4 {
		return
	}
	p.swept = now
	for _, o := range p.origins {
		if now.Sub(o.used) > IdleTime {
			o.drop()
		}
	}
}

func (p *Pool[K, S]) converter(o *origin[K, S]) *Converter[K] {
	if last := len(o.idle) - 1; last >= 0 {
		c := o.idle[last]
		o.idle = o.idle[:last]
		return c
	}
	cfg := p.cfg
	cfg.Base, cfg.Target, cfg.Budget = o.base, o.target, p.budget
	return New[K](cfg)
}

// Release ends the lease.
func (l *Lease[K, S]) Release() {
	p := l.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.origins[l.origin.key] != l.origin || len(l.origin.idle) == maxIdle {
		l.Close()
		return
	}
	l.origin.idle = append(l.origin.idle, l.Converter)
}

// forgetOldest makes room for another resource.
func (p *Pool[K, S]) forgetOldest() {
	var oldest *origin[K, S]
	for _, o := range p.origins {
		if oldest == nil || o.used.Before(oldest.used) {
			oldest = o
		}
	}
	oldest.drop()
	delete(p.origins, oldest.key)
}

func (o *origin[K, S]) drop() {
	for _, c := range o.idle {
		c.Close()
	}
	o.idle = nil
}

// Used returns what the pool holds, in bytes.
func (p *Pool[K, S]) Used() int64 { return p.budget.Used() }

// Close gives all caches back. Leases that are not released yet stay good.
func (p *Pool[K, S]) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, o := range p.origins {
		o.drop()
	}
}
