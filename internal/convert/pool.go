// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"container/list"
	"sync"
	"time"

	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/reported"
)

// Pool keeps the converters of all resources that an exporter serves, under one budget.
// A converter belongs to one resource. Exports of one resource that run at the same time use
// a converter each, so that no export waits for the requests of another. S is the state that
// the user of the pool keeps for a resource. A Pool is safe for concurrent use.
type Pool[K comparable, S any] struct {
	cfg    Config
	budget *Budget
	warned *reported.Set[warned]
	same   *ambiguity[K] // nil unless Config.Claims

	mu         sync.Mutex
	resources  map[K]*resource[K, S]
	active     list.List // of *resource, most recently used first
	dormant    list.List // of *resource that were not used for IdleTime, in the same order
	workspaces []*workspace
	dropped    uint64 // time at which a resource was dropped, in nanoseconds since 1970
	closed     bool
}

// resource is a resource with its idle converters.
type resource[K comparable, S any] struct {
	key       K
	tags      Tags
	sets      []*tagSet // nil unless it is active or transient, and Config.Claims
	transient bool      // it was announced, and there is no room to keep it
	state     S
	dropped   uint64 // see Converter.dropped, of its first converter
	leased    bool
	idle      []*Converter[K]
	reserved  reservations[K]
	used      time.Time
	list      *list.List // nil if the resource is not kept
	element   *list.Element
	charged   int64
}

const (
	// maxIdle bounds the converters of a resource that are kept for further exports.
	maxIdle = 4
	// maxWorkspaces bounds the workspaces that are kept for further exports.
	maxWorkspaces = 4
	// freeResources is the number of resources that are kept even without room in the
	// budget, for the sake of their state.
	freeResources = 64
	// resourceCost is the size of a resource with an empty converter, in bytes.
	resourceCost = 1536
)

// NewPool returns a pool that keeps at most cacheBytes bytes.
func NewPool[K comparable, S any](cfg Config, cacheBytes int64) *Pool[K, S] {
	cfg.setDefaults()
	p := &Pool[K, S]{
		cfg: cfg, budget: NewBudget(cacheBytes), warned: newWarnings(),
		resources: make(map[K]*resource[K, S]),
	}
	if cfg.Claims {
		p.same = newAmbiguity[K](&cfg, p.budget)
	}
	return p
}

// Export is an export of the data points of one resource after the other. The calls are
// Begin; with [Config.Claims], Announce for each resource; for each resource Lease, the
// conversions, and End; and at last Close.
type Export[K comparable, S any] struct {
	pool   *Pool[K, S]
	ws     *workspace
	sink   Sink
	now    time.Time
	lease  Lease[K, S] // of the resource that is converted
	claims *claims[K]  // nil until the export converts an ambiguous resource

	announced []*resource[K, S]
	leased    int // number of the announced resources that Lease has returned
}

// Lease is the use of a converter for one resource. It is valid until its End.
type Lease[K comparable, S any] struct {
	*Converter[K]
	// State is kept for the resource. Exports of one resource that run at the same time
	// share it. It can be used after End.
	State    *S
	export   *Export[K, S]
	resource *resource[K, S]
}

// Begin begins an export into a sink. The caller must call Close.
func (p *Pool[K, S]) Begin(sink Sink, now time.Time) *Export[K, S] {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := &Export[K, S]{pool: p, sink: sink, now: now}
	if last := len(p.workspaces) - 1; last >= 0 {
		x.ws, p.workspaces = p.workspaces[last], p.workspaces[:last]
	} else {
		x.ws = newWorkspace(&p.cfg)
	}
	if p.cfg.Usage {
		x.ws.usage = x.ws.usage[:0]
		x.ws.accounts.Reset()
		sink.Lines().Track(&x.ws.accounts)
	}
	return x
}

// Close ends an export. If the lease of a resource was not ended, because a function of the
// caller panicked, its converter and the workspace are not used again.
func (x *Export[K, S]) Close() {
	p := x.pool
	for _, r := range x.announced {
		if r.transient {
			p.same.leave(r.sets)
		}
	}
	if l := &x.lease; l.Converter != nil {
		l.close()
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if x.claims != nil && !p.closed {
		p.same.remember(x.claims.made)
	}
	if !p.closed && len(p.workspaces) < maxWorkspaces {
		p.workspaces = append(p.workspaces, x.ws)
	}
}

// Announce says that the export will convert a resource, so that ambiguous resources are known
// before the first data point is converted. If the resource is new, Announce calls tags for
// its tags. The caller must call Lease for the same resources in the same order.
func (x *Export[K, S]) Announce(key K, tags func() Tags) {
	p := x.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	p.demote(x.now)
	r := p.find(key, x.now, tags)
	if r.list == nil {
		r.transient, r.sets = true, p.same.join(r.tags)
	}
	x.announced = append(x.announced, r)
}

// next returns the resource that was announced next, nil if there is none.
func (x *Export[K, S]) next() *resource[K, S] {
	if x.leased == len(x.announced) {
		return nil
	}
	x.leased++
	return x.announced[x.leased-1]
}

// claimsOf returns the claims of the export for a resource in these sets, nil if it is not
// ambiguous.
func (x *Export[K, S]) claimsOf(key K, sets []*tagSet) *claims[K] {
	if sets == nil || !x.pool.same.ambiguous(sets) {
		return nil
	}
	if x.claims == nil {
		x.claims = newClaims(x.pool.same)
	}
	x.claims.resource = key
	return x.claims
}

// Describe sets the attributes of an ambiguous resource, sorted by key, which the errors of
// collisions contain. It does not call attributes for any other resource.
func (l *Lease[K, S]) Describe(attributes func() []model.Tag) {
	if l.claims != nil {
		l.claims.describe(attributes)
	}
}

// Lease begins the conversion of a resource, which End ends. If the resource is new, it
// calls tags for its tags.
func (x *Export[K, S]) Lease(key K, tags func() Tags) *Lease[K, S] {
	r, c, sets := x.pool.acquire(x.next(), key, x.now, tags)
	c.begin(x.ws, x.sink, x.now, x.claimsOf(key, sets))
	x.lease = Lease[K, S]{Converter: c, State: &r.state, export: x, resource: r}
	return &x.lease
}

// Reserve reserves the timestamps of the export, so that other exports of the resource that run
// at the same time send other timestamps, and no series gets two values at one timestamp.
// newest is the time of the newest data point in nanoseconds, 0 if there is none. All series
// of the resource may then be sent with later timestamps, so the caller must call Reserve only
// if the data points of an export have about the same time. Reserve must be called before the
// first data point.
func (l *Lease[K, S]) Reserve(newest uint64) {
	p := l.export.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	l.resource.reserved.begin(l.Converter, newest)
}

// End writes what was converted and ends the conversion of the resource.
func (l *Lease[K, S]) End() Tally {
	tally := l.end()
	l.export.pool.release(l)
	*l = Lease[K, S]{}
	return tally
}

// acquire returns a resource, a converter for it, and the sets of resources with its tags. r is
// the resource if it was announced, otherwise nil.
func (p *Pool[K, S]) acquire(r *resource[K, S], key K, now time.Time, tags func() Tags) (*resource[K, S], *Converter[K], []*tagSet) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r == nil || r.list == &p.dormant {
		r = p.find(key, now, tags)
	}
	dropped := uint64(now.UnixNano()) // another converter has, or had, the series of the resource
	if !r.leased {
		dropped, r.leased = r.dropped, true
	}
	if last := len(r.idle) - 1; last >= 0 {
		c := r.idle[last]
		r.idle = r.idle[:last]
		return r, c, r.sets
	}
	c := newConverter[K](&p.cfg, r.tags, p.budget, p.warned)
	c.dropped = dropped
	return r, c, r.sets
}

// find returns a resource. A new one is kept if there is room.
func (p *Pool[K, S]) find(key K, now time.Time, tags func() Tags) *resource[K, S] {
	p.demote(now)
	r, ok := p.resources[key]
	if !ok {
		r = &resource[K, S]{key: key, tags: tags(), dropped: p.dropped}
		p.keep(r, now)
	}
	r.used = now
	p.move(r, &p.active)
	return r
}

// keep keeps a new resource. It drops dormant resources to make room, and keeps nothing if there
// is still no room.
func (p *Pool[K, S]) keep(r *resource[K, S], now time.Time) {
	cost := resourceCost + tagsCost(r.tags.Base) + tagsCost(r.tags.Short) + tagsCost(r.tags.Target)
	if p.same != nil {
		cost += 2 * tagSetCost
	}
	fits := p.budget.Take(cost)
	for !fits && p.dormant.Len() > 0 {
		oldest, _ := p.dormant.Back().Value.(*resource[K, S])
		oldest.closeIdle()
		p.move(oldest, nil)
		delete(p.resources, oldest.key)
		p.dropped = uint64(now.UnixNano())
		p.budget.Take(-oldest.charged)
		fits = p.budget.Take(cost)
	}
	switch {
	case fits:
		r.charged = cost
	case len(p.resources) >= freeResources:
		p.dropped = uint64(now.UnixNano())
		return
	}
	p.resources[r.key] = r
	r.sets = p.same.join(r.tags)
	r.list, r.element = &p.active, p.active.PushFront(r)
}

// move moves a resource to the front of a list. nil removes it from its list. Only active
// resources are ambiguous: a program that has ended does not slow down its successor.
func (p *Pool[K, S]) move(r *resource[K, S], to *list.List) {
	switch r.list {
	case nil: // it is not kept
		return
	case to:
		to.MoveToFront(r.element)
		return
	}
	if r.list == &p.active {
		p.same.leave(r.sets)
		r.sets = nil
	}
	r.list.Remove(r.element)
	if r.list = to; to != nil {
		r.element = to.PushFront(r)
	}
	if to == &p.active {
		r.sets = p.same.join(r.tags)
	}
}

// demote moves resources that were not used for IdleTime to the dormant list. They keep
// their state, but no converters.
func (p *Pool[K, S]) demote(now time.Time) {
	for {
		oldest := p.active.Back()
		if oldest == nil {
			return
		}
		r, _ := oldest.Value.(*resource[K, S])
		if now.Sub(r.used) <= IdleTime {
			return
		}
		r.closeIdle()
		p.move(r, &p.dormant)
	}
}

// release takes a converter back.
func (p *Pool[K, S]) release(l *Lease[K, S]) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := l.resource
	// A resource can become dormant, or be dropped, during a long export.
	if p.closed || r.list != &p.active || len(r.idle) == maxIdle {
		l.close()
		return
	}
	r.idle = append(r.idle, l.Converter)
}

func (r *resource[K, S]) closeIdle() {
	for _, c := range r.idle {
		c.close()
	}
	r.idle = nil
}

// Used returns the bytes that the pool keeps.
func (p *Pool[K, S]) Used() int64 { return p.budget.Used() }

// Close drops everything that the pool keeps. Exports that have begun can continue.
func (p *Pool[K, S]) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed, p.workspaces = true, nil
	p.same.forget()
	for _, r := range p.resources {
		r.closeIdle()
		p.budget.Take(-r.charged)
		r.charged = 0
	}
}
