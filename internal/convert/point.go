// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"slices"
	"strconv"
	"strings"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// Point is one set of attributes of one instrument, and the wire series it is
// made of.
type Point[K comparable] struct {
	instrument *Instrument[K]
	key        K
	next       [2]*Point[K]
	kept       bool // a cursor has it
	special    bool // something below is set that needs a look
	overflow   bool
	filtered   bool
	told       fault
	at         uint16 // of a group: where in its tags that of ours belongs
	used       uint32
	slot       int32       // 1 + the place in the instrument's order, 0 without one, waiting, or staged
	single     *put.Series // of a number that is kept, valid and not staged, or a group: most points have nothing more
	detail     *detail     // of all others
}

// detail is what points have that are made of several series, are not kept, or
// cannot be sent.
type detail struct {
	err      error // of the series, by name or tags
	labelErr error // of the series that have a tag of ours
	tags     []model.Tag
	series   []*put.Series // of the fixed suffixes, or the only one
	labels   [labelKinds]labelSeries
	cost     int64
}

// cost is what a point that is kept costs beside its series.
func (p *Point[K]) cost() int64 {
	if p.detail == nil {
		return pointOverhead
	}
	return pointOverhead + p.detail.cost
}

// fault is a kind of rejection, so that each is reported once a point, and a
// value of no use once a series.
type fault uint16

const (
	faultSeries fault = 1 << iota
	faultLabel
	faultTimestamp
	faultShape
	faultValue // shifted by the suffix; the last ones share one
)

// valueFault is that of a value of no use of a suffix.
func valueFault(suffix Suffix) fault { return faultValue << min(suffix, SuffixPercentile75) }

// OverflowKey is the attribute that the SDK sets on the point that takes what is
// over its cardinality limit (specification, Metrics SDK, cardinality limits). No
// filter leaves it out: without it that point would pass for one of the others.
const OverflowKey = "otel.metric.overflow"

// Lookup returns the point of an identity, nil if it is not known: Add it then.
func (i *Instrument[K]) Lookup(key K) *Point[K] {
	p := i.points.find(key)
	if p != nil {
		p.used = i.scope.c.now
	}
	return p
}

// LookupIdle is Lookup for a point that the export does not contain but that is
// converted all the same. It does not change the order in which Lookup expects points.
func (i *Instrument[K]) LookupIdle(key K) *Point[K] {
	p := i.points.entries[key]
	if p != nil {
		p.used, i.used = i.scope.c.now, i.scope.c.now
	}
	return p
}

// Add makes a point known by its attributes, sorted by key and used up by the
// call. Filtered says that there were more, which a filter has left out: they are
// a part of the identity, but make no tags. The point is good until the next Add.
func (i *Instrument[K]) Add(key K, attributes []model.Tag, filtered bool) *Point[K] {
	c := i.scope.c
	if i.single {
		c.turn(i)
	} else {
		c.Settle()
	}
	p, d := &c.scratch, &c.scratchDetail
	*p = Point[K]{instrument: i, key: key, used: c.now, filtered: filtered, detail: d}
	i.filtered = i.filtered || filtered
	*d = detail{tags: d.tags[:0], series: append(d.series[:0], make([]*put.Series, i.span())...), labels: d.labels}
	for l := range d.labels {
		d.labels[l] = labelSeries{values: d.labels[l].values[:0], series: d.labels[l].series[:0]}
	}
	p.overflow = slices.ContainsFunc(attributes, func(t model.Tag) bool { return t.Key == OverflowKey && t.Value == "true" })
	c.resolve(p, attributes)
	p.special = p.overflow || p.filtered || d.err != nil
	grouped := c.group(p)
	if i.points.entries != nil {
		if kept := c.keep(p, grouped); kept != nil {
			return kept
		}
	}
	if grouped {
		if p.single = c.table.Lookup(c.prefix); p.single == nil {
			c.passingPrefix = append(c.passingPrefix[:0], c.prefix...) // c.prefix is for others, while the point is converted
			p.single = c.passingSeries.Borrow(c.passingPrefix)
		}
		p.detail = nil
	}
	return p
}

// span returns how many places the series of a point need that have no tag of
// ours: by suffix, if there are several.
func (i *Instrument[K]) span() int {
	if i.single {
		return 1
	}
	return int(slices.Max(i.shape.Suffixes)) + 1
}

// keep makes a copy of a new point known, if there is room for it.
func (c *Converter[K]) keep(p *Point[K], grouped bool) *Point[K] {
	d, i := p.detail, p.instrument
	number := i.single && d.err == nil
	var own int64 // of the detail
	if !grouped && !number {
		own = detailOverhead + 8*int64(len(d.series)) + tagsCost(d.tags)
	}
	if !c.charge(pointOverhead + own) {
		return nil
	}
	var single *put.Series
	slot := int32(0)
	if number {
		switch fits, room := c.stage(i, d.tags); {
		case fits && !room:
			c.table.Charge(-pointOverhead)
			return nil
		case fits:
			slot = firstStaged - int32(len(c.staged.points)-1)
		default:
			c.prefix = c.renderer.AppendPrefix(c.prefix[:0], i.heads[i.only], d.tags)
		}
	}
	if (number || grouped) && slot == 0 {
		if single = c.internPrefix(); single == nil {
			c.table.Charge(-pointOverhead)
			return nil
		}
	}
	kept := new(Point[K])
	*kept = *p
	kept.single, kept.detail, kept.slot = single, nil, slot
	if !grouped && !number {
		kept.detail = &detail{err: d.err, labelErr: d.labelErr, tags: slices.Clone(d.tags), series: slices.Clone(d.series), cost: own}
	}
	if slot != 0 {
		c.staged.points[firstStaged-slot].point = kept
	}
	i.points.add(kept)
	return kept
}

// resolve merges the tags of a new point and judges them.
func (c *Converter[K]) resolve(p *Point[K], attributes []model.Tag) {
	d := p.detail
	var err error
	for i := range attributes {
		k := c.sanitizedAt(i, attributes[i].Key)
		if attributes[i].Key = k.text; k.err != nil && err == nil {
			err = k.err
		}
	}
	var own []model.Tag
	if err == nil {
		own = c.cfg.Names.join(attributes)
	}
	d.tags = model.MergeTags(d.tags[:0], own, p.instrument.scope.base)
	tags, countErr := model.FinishTags(d.tags)
	d.tags = tags
	d.err, d.labelErr = countErr, model.CheckTags(len(tags)+1)
	if err != nil {
		d.err, d.labelErr = err, err
	}
	if p.instrument.err != nil {
		d.err, d.labelErr = p.instrument.err, p.instrument.err
	}
}

// maxKeys bounds the keys whose sanitized form is remembered.
const maxKeys = 1000

// key is the sanitized form of a key, and what is wrong with it.
type key struct {
	text string
	err  error
}

// lastKey is a key and its sanitized form.
type lastKey struct {
	name string
	key
}

// sanitizedAt returns the sanitized form of key i of a point, which most likely is
// that of the point before it.
func (c *Converter[K]) sanitizedAt(i int, name string) key {
	if i < len(c.lastKeys) && c.lastKeys[i].name == name {
		return c.lastKeys[i].key
	}
	k := c.sanitized(name)
	if i >= 2*encoding.MaxTags {
		return k
	}
	c.lastKeys = append(c.lastKeys[:min(i, len(c.lastKeys))], lastKey{strings.Clone(name), k})
	return k
}

// sanitized returns the sanitized form of a key. Most points have the same few
// keys.
func (c *Converter[K]) sanitized(name string) key {
	clean, ok := c.keys[name]
	if !ok {
		if len(c.keys) == maxKeys {
			clear(c.keys)
		}
		clean.text = c.cfg.Names.key(name)
		clean.err = model.CheckName(encoding.FieldTagKey, clean.text)
		c.keys[strings.Clone(name)] = clean
	}
	return clean
}

// maxIntegers bounds the integers whose text is remembered.
const maxIntegers = 4096

// Integer returns the text of an attribute's value. Many points have the same few.
func (c *Converter[K]) Integer(v int64) string {
	text, ok := c.integers[v]
	if !ok {
		if len(c.integers) == maxIntegers {
			clear(c.integers)
		}
		text = strconv.FormatInt(v, 10)
		c.integers[v] = text
	}
	return text
}

// err returns why no point of the fixed series can be sent, nil if they can.
func (p *Point[K]) err() error {
	if p.detail == nil {
		return nil
	}
	return p.detail.err
}

// seriesOf returns the series of a suffix.
func (c *Converter[K]) seriesOf(p *Point[K], suffix Suffix) *put.Series {
	d := p.detail
	if d == nil {
		if p.single == nil {
			c.Settle()
		}
		return p.single
	}
	at := &d.series[min(int(suffix), len(d.series)-1)]
	if *at != nil {
		return *at
	}
	return c.series(p, at, suffix, d.tags)
}

// series renders a series, and keeps it in its place if the point is kept and
// there is room.
func (c *Converter[K]) series(p *Point[K], at **put.Series, suffix Suffix, tags []model.Tag) *put.Series {
	c.prefix = c.renderer.AppendPrefix(c.prefix[:0], p.instrument.heads[suffix], tags)
	if p.kept {
		if s := c.internPrefix(); s != nil {
			*at = s
			return s
		}
	}
	if s := c.table.Lookup(c.prefix); s != nil {
		return s
	}
	return c.passingSeries.Borrow(c.prefix)
}

// internPrefix puts a series into the table, or finds it there. It returns nil if there
// is no room.
func (c *Converter[K]) internPrefix() *put.Series {
	s := c.table.Intern(c.prefix)
	if s == nil && c.makeRoom() {
		s = c.table.Intern(c.prefix)
	}
	return s
}

// releaseAll gives series back to the table: only those of kept points are in
// it.
func (c *Converter[K]) releaseAll(p *Point[K], series []*put.Series) {
	for i, s := range series {
		if s != nil && p.kept {
			c.table.Release(s)
		}
		series[i] = nil
	}
}
