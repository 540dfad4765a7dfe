// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"time"

	"github.com/apptuitai/apptuit-go/internal/histogram"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// IdleTime is how long a point is remembered without being seen.
const IdleTime = 5 * time.Minute

// Config says how points are rendered.
type Config struct {
	Names     Names
	Base      []model.Tag // under the points' own: a layer of model.MergeTags
	Target    []model.Tag // of target_info, as Base is; nil if there is none
	ScopeTags bool        // otel_scope_name and so on
	Layout    Layout
	Budget    *put.Budget
}

// Sink takes what comes out of a conversion.
type Sink interface {
	// Append takes a valid point.
	Append(s *put.Series, ts int64, v model.Value)
	// AppendPart takes a valid point of a group. The part is valid during the
	// call only.
	AppendPart(p *put.Part, ts int64, v model.Value)
	// AppendParts takes valid points of a group that differ in their label: as many as
	// there are values.
	AppendParts(p *put.Part, labels []string, ts int64, values []model.Value)
	// Repeats says, at most once an export, that a series may come more than once.
	Repeats()
	// Reject takes a point that cannot be sent. The rejection's tags are valid
	// during the call only.
	Reject(Rejection)
}

// Rejection is a wire point that cannot be sent.
type Rejection struct {
	// Collision says that it is one, and not invalid.
	Collision bool
	// Known says that this fault of this series, or this pair of instruments,
	// has been reported before. Nothing that follows is set then.
	Known     bool
	Metric    string
	Tags      []model.Tag
	Timestamp int64
	Value     model.Value
	Err       error
}

// Converter converts the points of one resource. K identifies the attributes
// of a point within its instrument.
type Converter[K comparable] struct {
	cfg    Config
	table  *put.Table
	scopes map[scopeKey[K]]*Scope[K]

	target      *Instrument[K]   // nil if there is none
	instruments []*Instrument[K] // by id; nil where an id is free
	freeIDs     []uint32
	passing     []*Instrument[K] // there was no room to keep them
	roles       map[string]*roles
	keys        map[string]key // sanitized
	lastKeys    []lastKey      // of the last new point
	integers    map[int64]string
	reported    reported[K]
	lost        *CollisionError // the group that is being converted, by this
	single      put.Part        // of it
	places      [labelKinds]int // in its tags, of ours

	sink       Sink
	source     *uint32        // whose data the points are
	holding    *Instrument[K] // of which values are held back
	staged     stage[K]       // of it
	texts      put.Reader
	renderer   put.Renderer
	promised   int // places for points that are new in this export
	generation uint32
	start      time.Time // of the first Begin
	now        uint32    // seconds from there to the last Begin
	swept      uint32    // and to the last sweep
	full       bool      // a sweep in this export was no help
	tally      Tally
	repeated   bool // the sink knows

	quantileSet []float64                 // of histograms
	explicit    histogram.ExplicitBuckets // of an exponential histogram

	prefix  []byte
	merged  []model.Tag
	values  []float64
	numbers []model.Value
	scratch Point[K]

	passingSeries put.Series // of what is not kept, till the next one
	passingPrefix []byte

	scratchDetail detail
}

// New returns a converter with an empty cache. Close gives its memory back to
// the budget.
func New[K comparable](cfg Config) *Converter[K] {
	quantiles := cfg.Layout.Quantiles
	if quantiles == nil {
		quantiles = DefaultQuantiles()
	}
	c := &Converter[K]{
		quantileSet: quantiles,

		cfg:    cfg,
		table:  put.NewTable(cfg.Budget),
		scopes: make(map[scopeKey[K]]*Scope[K]),
		roles:  make(map[string]*roles),
		keys:   make(map[string]key),

		integers: make(map[int64]string),
	}
	if cfg.Target != nil {
		c.target = c.newTarget()
	}
	return c
}

// Begin starts an export into a sink. Whose data points are, is what source points
// to when they are converted, and again when they come to the sink.
func (c *Converter[K]) Begin(sink Sink, source *uint32, now time.Time) {
	c.abandon()
	c.sink, c.source = sink, source
	c.generation++
	if c.start.IsZero() {
		c.start = now
	}
	c.now = max(c.now, uint32(max(0, now.Sub(c.start))/time.Second)) // whatever the clock does
	c.full, c.promised = false, 0
	c.tally = Tally{}
	c.repeated = false
}

// Expect says that an export is of some n points.
func (c *Converter[K]) Expect(n int) { c.table.Expect(n) }

// repeats tells the sink that a series may come more than once: it has, or what
// is known of it is not kept.
func (c *Converter[K]) repeats() {
	if !c.repeated {
		c.repeated = true
		c.sink.Repeats()
	}
}

// Tally counts OpenTelemetry points of an export, not wire points.
type Tally struct {
	Overflowed int // carried the SDK's overflow attribute
	Filtered   int // have lost attributes to a filter
}

// Plus adds what another export has counted.
func (t Tally) Plus(other Tally) Tally {
	return Tally{Overflowed: t.Overflowed + other.Overflowed, Filtered: t.Filtered + other.Filtered}
}

// End ends an export, and returns what it has counted.
func (c *Converter[K]) End() Tally {
	c.Settle()
	c.sink, c.source = nil, nil
	c.staged.shrink()
	for _, i := range c.passing {
		c.free(i)
	}
	c.passing = c.passing[:0]
	if c.now-c.swept >= idleSeconds/2 {
		c.sweep()
	}
	return c.tally
}

// Close ends the use of the converter.
func (c *Converter[K]) Close() { c.table.Close() }

// Bytes returns what the cache holds.
func (c *Converter[K]) Bytes() int64 { return c.table.Bytes() }

// emit sends a point of a series, unless the export has one of that time.
func (c *Converter[K]) emit(i *Instrument[K], kept bool, s *put.Series, ts int64, v model.Value) {
	if !kept || s.Marked(c.generation) {
		c.repeats()
	}
	first, ok := s.Mark(c.generation, ts, i.id)
	if ok {
		c.sink.Append(s, ts, v)
		return
	}
	collision := c.collision(first, i)
	if c.reported.collision(collision) {
		c.sink.Reject(Rejection{Collision: true, Known: true})
		return
	}
	metric, tags := c.describe(s)
	c.sink.Reject(Rejection{Collision: true, Metric: metric, Tags: tags, Timestamp: ts, Value: v, Err: collision})
}

// collision is the error of a point whose series another instrument, or its own, has
// written first.
func (c *Converter[K]) collision(first uint32, loser *Instrument[K]) CollisionError {
	winner := c.instruments[first]
	return CollisionError{Winner: winner.Identity(), Loser: loser.Identity(), Filtered: winner.filtered || loser.filtered}
}

// describe reads name and tags back from a rendered series.
func (c *Converter[K]) describe(s *put.Series) (string, []model.Tag) {
	p, err := put.DecodePoint([]byte(s.Prefix() + `0,"value":0}`))
	if err != nil { // we rendered it
		return s.Prefix(), nil
	}
	return p.Metric, model.TagsOf(nil, p.Tags)
}
