// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"math"
	"slices"
	"strings"

	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// The series of a histogram or summary differ in the name's suffix and in one tag
// of ours. Of such a group only the series of the count is kept: the others are
// rendered from its tags at each export, which costs less than a place in memory
// for each. The count's mark stands for the group: if it collides, all of the
// point does.
//
// That cannot see a number that is named as one of the group's series is. So an
// instrument with such a name in another role is contested, and the points of
// all that have it are made of single series.

// roles are what a rendered name is used for: the series of a suffix of a group,
// or, last, a number.
type roles [NumSuffixes + 1]int32

const numberRole = NumSuffixes

func (r *roles) contested() bool {
	used := 0
	for _, n := range r {
		if n > 0 {
			used++
		}
	}
	return used > 1
}

// occupy counts the names of an instrument, and finds what they are contested by.
func (c *Converter[K]) occupy(i *Instrument[K]) {
	news := false
	for suffix, name := range i.names {
		if name == "" {
			continue
		}
		r := c.roles[name]
		if r == nil {
			r = new(roles)
			c.roles[name] = r
		}
		was := r.contested()
		r[i.role(Suffix(suffix))]++
		i.contested = i.contested || r.contested()
		news = news || r.contested() && !was
	}
	if !news {
		return
	}
	for _, other := range c.instruments {
		if other != nil && !other.contested {
			other.contested = slices.ContainsFunc(other.names[:], func(name string) bool {
				return c.roles[name] != nil && c.roles[name].contested()
			})
		}
	}
}

// vacate is the reverse of occupy. What was contested stays so.
func (c *Converter[K]) vacate(i *Instrument[K]) {
	for suffix, name := range i.names {
		if name == "" {
			continue
		}
		r := c.roles[name]
		if r[i.role(Suffix(suffix))]--; *r == (roles{}) {
			delete(c.roles, name)
		}
	}
}

func (i *Instrument[K]) role(suffix Suffix) int {
	if i.single {
		return numberRole
	}
	return int(suffix)
}

// group reports whether a new point can be a group. If so, the prefix of its count
// is in c.prefix, and where the first tag of ours belongs in the point.
func (c *Converter[K]) group(p *Point[K]) bool {
	i, d := p.instrument, p.detail
	if i.single || i.contested || d.err != nil || d.labelErr != nil {
		return false
	}
	at := 0
	for l, has := range i.shape.labels {
		if !has {
			continue
		}
		place, taken := slices.BinarySearchFunc(d.tags, labelKey(l), func(t model.Tag, key string) int { return strings.Compare(t.Key, key) })
		if taken {
			return false // that tag moves aside where ours is
		}
		if l == i.shape.first() {
			at = place
		}
	}
	c.prefix = c.renderer.AppendPrefix(c.prefix[:0], i.heads[SuffixCount], d.tags)
	place := c.renderer.Place(at)
	if place > math.MaxUint16 {
		return false
	}
	p.at = uint16(place)
	return true
}

// grouped reports whether a point is a group.
func (p *Point[K]) grouped() bool { return p.detail == nil && !p.instrument.single }

// enter begins the conversion of a point that may be a group.
func (c *Converter[K]) enter(p *Point[K], ts int64) {
	c.Settle()
	c.note(p)
	if p.grouped() && p.instrument.contested {
		c.expand(p)
	}
	c.lost = nil
	if p.grouped() {
		c.place(p)
	}
	if p.grouped() && ts != 0 {
		if !p.kept || p.single.Marked(c.generation) {
			c.repeats()
		}
		if first, ok := p.single.Mark(c.generation, ts, p.instrument.id); !ok {
			lost := c.collision(first, p.instrument)
			c.lost = &lost
		}
	}
}

// place begins the parts of a group, and finds where the tags of ours belong in its
// tags. A point has
// room for one place: the second is looked for from there.
func (c *Converter[K]) place(p *Point[K]) {
	s := &p.instrument.shape
	c.single.Series, c.single.Tags = p.single, len(p.instrument.heads[SuffixCount])
	c.places[s.first()] = int(p.at)
	if s.labels[le] && s.labels[quantile] {
		tags := p.single.Prefix()
		tags = tags[len(p.instrument.heads[SuffixCount]) : len(tags)-len(put.PrefixEnd)]
		c.places[quantile] = placeOf(tags, int(p.at), labelKey(quantile))
	}
}

// expand makes single series of a group that has become contested.
func (c *Converter[K]) expand(p *Point[K]) {
	_, tags := c.describe(p.single)
	d := &detail{tags: tags, labelErr: model.CheckTags(len(tags) + 1), series: make([]*put.Series, p.instrument.span())}
	if p.kept {
		if cost := detailOverhead + 8*int64(len(d.series)) + tagsCost(tags); c.charge(cost) {
			d.cost = cost
		} else {
			c.evict(p)
		}
	}
	p.detail = d
}

// part converts a value of a group that has no tag of ours.
func (c *Converter[K]) part(p *Point[K], suffix Suffix, ts int64, v model.Value) {
	c.single.Head, c.single.Label, c.single.Key, c.single.At = p.instrument.heads[suffix], "", 0, 0
	c.emitPart(ts, v)
}

// labelledPart converts a value of a group that has a tag of ours.
func (c *Converter[K]) labelledPart(p *Point[K], l int, text string, ts int64, v model.Value) {
	c.label(p, l)
	c.single.Label = text
	c.emitPart(ts, v)
}

// label makes the part one that has a tag of ours.
func (c *Converter[K]) label(p *Point[K], l int) {
	c.single.Head = p.instrument.heads[labelSuffix(l)]
	c.single.Key, c.single.At = len(labelKey(l))+len(`"":"`), c.places[l]
}

// labelledParts converts values of a group that have a tag of ours each, all at once, and
// reports whether it has: nothing is wrong with any of them, and all are finite.
func (c *Converter[K]) labelledParts(p *Point[K], l int, texts []string, ts int64, values []model.Value) bool {
	if !p.grouped() || c.lost != nil || ts == 0 {
		return false
	}
	for _, v := range values {
		if !v.Finite() {
			return false
		}
	}
	c.label(p, l)
	c.sink.AppendParts(&c.single, texts, ts, values)
	return true
}

// emitPart sends a part, unless its group collides.
func (c *Converter[K]) emitPart(ts int64, v model.Value) {
	if c.lost == nil {
		c.sink.AppendPart(&c.single, ts, v)
		return
	}
	if c.reported.collision(*c.lost) {
		c.sink.Reject(Rejection{Collision: true, Known: true})
		return
	}
	c.prefix = c.single.AppendPrefix(c.prefix[:0])
	metric, own := c.describe(put.NewSeries(c.prefix))
	c.sink.Reject(Rejection{Collision: true, Metric: metric, Tags: own, Timestamp: ts, Value: v, Err: *c.lost})
}
