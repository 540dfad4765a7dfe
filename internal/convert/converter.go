// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"time"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/block"
	"github.com/apptuitai/apptuit-go/internal/histogram"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
	"github.com/apptuitai/apptuit-go/internal/reported"
)

// IdleTime is how long a series is kept without data points.
const IdleTime = 5 * time.Minute

const idleSeconds = uint32(IdleTime / time.Second)

// Config configures how data points are converted.
type Config struct {
	Names     Names
	ScopeTags bool // adds the tags otel_scope_name and otel_scope_version
	MaxTags   int  // of a point; 0 stands for [encoding.MaxTags]
	Layout    Layout
	// Usage makes [Export.Usage] return a result. Each export must then have one lease.
	Usage bool
	// CardinalityWarning is the number of series above which an instrument causes a warning;
	// 0 causes none. Series are data points of the export, or the series that are kept
	// because they had a data point within [IdleTime], if these are more.
	CardinalityWarning int

	Resolution Resolution // of timestamps
	// Snapshots says that an export holds one collection. Then two data points of a series
	// with the same timestamp collide, even if their times differ.
	Snapshots bool
	// Claims detects points of two resources with the same series and timestamp, see
	// claims.go.
	Claims bool
}

func (c *Config) setDefaults() {
	if c.MaxTags == 0 {
		c.MaxTags = encoding.MaxTags
	}
	if c.Layout.Quantiles == nil {
		c.Layout.Quantiles = DefaultQuantiles()
	}
}

// tagRules returns the rules for the tags of points.
func (c *Config) tagRules() model.TagRules {
	return model.TagRules{Mode: c.Names.Mode, Values: c.Names.Values, Max: c.MaxTags}
}

// Tags are the tags that a resource gives to its points. Each is a layer of
// [model.MergeTags].
type Tags struct {
	Base []model.Tag // of all points; attributes of points override them
	// Short takes the place of Base in points that would have too many tags. Nil stands for
	// Base: such points are rejected.
	Short  []model.Tag
	Target []model.Tag // of target_info; nil if there is none
}

// Sink is the receiver of an export.
type Sink = block.Sink

// Converter converts the data points of one resource. K identifies the attributes of a
// data point, a scope or a resource. A Converter belongs to one export at a time.
type Converter[K comparable] struct {
	cfg    *Config
	tags   Tags
	budget *Budget
	bytes  int64 // taken from the budget

	scopes      map[scopeKey[K]]*Scope[K]
	metrics     map[string]*metric[K] // by metric.key
	names       map[string][]*metric[K]
	instruments []*Instrument[K] // by id; nil where an id is free
	freeIDs     []uint32
	target      *Instrument[K] // nil until it is used

	// Reports that are not kept in a point.
	collisions *reported.Set[CollisionError]
	faults     *reported.Set[faultKey[K]]
	warned     *reported.Set[warned] // of all converters of the pool

	Clock
	swept uint32 // the time of the last sweep
	full  bool   // there was a sweep in this export to make room

	// Timestamps, see reservations. They are 0 if they are not known.
	earlier int64 // newest of the exports before the current one
	others  int64 // newest of the exports of other converters

	// Times in nanoseconds since 1970 at which series were dropped, see startPoint.
	dropped  uint64
	squeezed uint64 // to make room, while an export was converted

	// The current export.
	wall      uint64 // its time in nanoseconds since 1970
	ws        *workspace
	sink      Sink
	claims    *claims[K] // nil if no other resource has the tags of this one
	tally     Tally
	open      []*metric[K]     // of the instruments of the export
	transient []*Instrument[K] // instruments of the export that are not kept
}

// Clock counts seconds from the first export to the current one. It stands still while the
// system's clock is behind the last export.
type Clock struct {
	start time.Time
	now   uint32
}

// Now returns the seconds from the first to the last call of Set.
func (c *Clock) Now() uint32 { return c.now }

// Set sets the time of an export.
func (c *Clock) Set(now time.Time) {
	if c.start.IsZero() {
		c.start = now
	}
	c.now = max(c.now, uint32(max(0, now.Sub(c.start))/time.Second))
}

// maxReported bounds the collisions, and the faults, that a converter remembers, and the
// warnings that a pool remembers.
const maxReported = 1000

// newConverter returns a converter that keeps nothing yet.
func newConverter[K comparable](cfg *Config, tags Tags, budget *Budget, warned *reported.Set[warned]) *Converter[K] {
	return &Converter[K]{
		cfg: cfg, tags: tags, budget: budget, warned: warned,
		scopes:  make(map[scopeKey[K]]*Scope[K]),
		metrics: make(map[string]*metric[K]),
		names:   make(map[string][]*metric[K]),

		collisions: reported.NewSet[CollisionError](maxReported),
		faults:     reported.NewSet[faultKey[K]](maxReported),
	}
}

// begin starts an export. claims is nil if no other resource has the tags of this one.
func (c *Converter[K]) begin(ws *workspace, sink Sink, now time.Time, claims *claims[K]) {
	c.Set(now)
	c.full, c.tally, c.wall = false, Tally{}, uint64(now.UnixNano())
	c.ws, c.sink, c.claims = ws, sink, claims
	var asked block.Claims
	if claims != nil {
		asked = claims
		sink.Sequential() // its series may have points of another resource
	}
	ws.writer.Begin(sink, c, asked)
	if c.tags.Target != nil {
		c.openTarget()
	}
}

// end writes the metrics that were not written yet, ends the export and returns its tally.
func (c *Converter[K]) end() Tally {
	for _, m := range c.open {
		m.open, m.late, m.awaited = false, false, 0
		c.write(m)
	}
	c.review()
	for _, i := range c.transient {
		c.drop(i)
	}
	clear(c.open)
	clear(c.transient)
	c.open, c.transient = c.open[:0], c.transient[:0]
	if c.now-c.swept >= idleSeconds/2 {
		c.sweep()
	}
	c.ws.writer.End()
	c.ws, c.sink, c.claims = nil, nil, nil
	return c.tally
}

// close gives back all that the converter keeps.
func (c *Converter[K]) close() {
	c.budget.Take(-c.bytes)
	c.bytes = 0
}

// Integer returns the text of an integer attribute.
func (c *Converter[K]) Integer(v int64) string { return c.ws.attributes.integer(v) }

// Collision returns the error of a point that collides with a point of another resource or
// instrument, or of its own, and whether the error was reported before. It implements
// [block.Owners].
func (c *Converter[K]) Collision(winner, loser uint32) (reported bool, err error) {
	if winner == block.Elsewhere {
		return c.claims.collision(c.instruments[loser].Identity())
	}
	w, l := c.instruments[winner], c.instruments[loser]
	e := CollisionError{Winner: w.Identity(), Loser: l.Identity(), Filtered: w.filtered || l.filtered}
	return c.collisions.Seen(e), e
}

// workspace is memory that a conversion needs and that belongs to no resource. Exports
// that run at the same time have one each.
type workspace struct {
	writer     block.Writer
	renderer   put.Renderer
	attributes attributeCache
	tags       []model.Tag // of a new data point
	text       []byte      // of its tags
	transient  transientPoint
	refusal    refusal
	lines      block.Distribution
	earlier    block.Distribution // a start point, or buckets that go before lines
	floats     []float64
	explicit   histogram.ExplicitBuckets
	accounts   put.Accounts // by id of the instrument
	usage      []Usage
}

func newWorkspace(cfg *Config) *workspace {
	return &workspace{writer: block.Writer{LabelValues: cfg.Names.Values}, attributes: attributeCache{names: cfg.Names, integers: make(map[int64]string)}}
}
