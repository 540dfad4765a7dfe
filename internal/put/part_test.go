// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// partOf is a part of the group of a series with these tags; without a label, one
// of the fixed ones.
func partOf(s *Series, tags []model.Tag, metric, of string, label *model.Tag) *Part {
	p := &Part{Series: s, Tags: len(AppendHead(nil, of)), Head: string(AppendHead(nil, metric))}
	if label == nil {
		return p
	}
	at := 0
	for at < len(tags) && tags[at].Key < label.Key {
		at++
	}
	before := AppendTags(nil, tags[:at])
	if at > 0 && at < len(tags) {
		before = append(before, ',')
	}
	p.At = len(before)
	p.Label, p.Key = string(AppendTags(nil, []model.Tag{*label})), len(label.Key)+len(`"":"`)
	return p
}

func TestPartsRenderAsSeries(t *testing.T) {
	le := &model.Tag{Key: "le", Value: "0.5"}
	for _, tags := range [][]model.Tag{nil, {{Key: "a", Value: "1"}}, {{Key: "z", Value: "1"}}, {{Key: "a", Value: "1"}, {Key: "z", Value: "2"}}, {{Key: "a", Value: "1"}, {Key: "b", Value: "2"}}, {{Key: "y", Value: "1"}, {Key: "z", Value: "2"}}} {
		s := NewSeries(AppendPrefix(nil, "m_count", tags))
		want := string(AppendPrefix(nil, "m_bucket", model.WithTag(nil, tags, *le)))
		if diff := cmp.Diff(want, string(partOf(s, tags, "m_bucket", "m_count", le).AppendPrefix(nil))); diff != "" {
			t.Errorf("%v: %s", tags, diff)
		}
		want = string(AppendPrefix(nil, "m_sum", tags))
		if diff := cmp.Diff(want, string(partOf(s, tags, "m_sum", "m_count", nil).AppendPrefix(nil))); diff != "" {
			t.Errorf("%v: %s", tags, diff)
		}
	}
}

// Parts after each other, in any order, with lines of other kinds in between,
// over several chunks.
func TestPartsAtRandom(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	codec, table := NewCodec(Gzip), NewTable(NewBudget(1<<30))
	type group struct {
		series *Series
		tags   []model.Tag
		name   string
	}
	var groups []group
	for i := range 20 {
		var tags []model.Tag
		for _, key := range []string{"a", "lb", "lf", "z"} {
			if random.IntN(2) == 0 {
				tags = append(tags, model.Tag{Key: key, Value: strings.Repeat("v", random.IntN(30))})
			}
		}
		name := fmt.Sprintf("name%d", i%3)
		groups = append(groups, group{table.Intern(AppendPrefix(nil, name+"_count", tags)), tags, name})
	}
	if long := strings.Repeat("x", maxLinked); true {
		tags := []model.Tag{{Key: "a", Value: long}}
		groups = append(groups, group{NewSeries(AppendPrefix(nil, "long_count", tags)), tags, "long"})
	}
	for range 60 {
		p := newPair(t, codec)
		for range random.IntN(300) {
			g := groups[random.IntN(len(groups))]
			ts := int64(1_700_000_000 + random.IntN(2)*random.IntN(1_000_000))
			for range random.IntN(12) {
				v := model.Int(int64(random.IntN(3)))
				var part *Part
				switch random.IntN(8) {
				case 0:
					p.series(g.series, ts, v)
					continue
				case 1:
					p.prefix(labelled("other", "a"), ts, v)
					continue
				case 2:
					part = partOf(g.series, g.tags, g.name+[]string{"_sum", "_min", "_minimum", ""}[random.IntN(4)], g.name+"_count", nil)
				case 3:
					part = partOf(g.series, g.tags, g.name, g.name+"_count", &model.Tag{Key: "quantile", Value: fmt.Sprint(random.IntN(3))})
				default:
					part = partOf(g.series, g.tags, g.name+"_bucket", g.name+"_count", &model.Tag{Key: "le", Value: fmt.Sprint(random.IntN(1000))})
				}
				p.lines.AppendPart(part, ts, v, 0)
				p.plain.AppendPart(part, ts, v, 0)
			}
		}
		p.prefix(prefixOf(0), 1, model.Int(1))
		p.check()
	}
}

// A series that is borrowed for one group after the other is not taken for the
// same one.
func TestPartsOfBorrowedSeries(t *testing.T) {
	p := newPair(t, NewCodec(Gzip))
	var s Series
	for i := range 100 {
		tags := []model.Tag{{Key: "a", Value: strings.Repeat("v", i%7)}, {Key: "b", Value: fmt.Sprint(i)}}
		s.Borrow(AppendPrefix(nil, "m_count", tags))
		for j := range 3 {
			part := partOf(&s, tags, "m_bucket", "m_count", &model.Tag{Key: "le", Value: fmt.Sprint(j)})
			p.lines.AppendPart(part, 1, model.Int(7), 0)
			p.plain.AppendPart(part, 1, model.Int(7), 0)
		}
	}
	p.check()
}

// What repeats is looked for when series are new, and not again, neither among
// numbers nor among groups.
func TestWarmExportsLookForNothing(t *testing.T) {
	codec, table := NewCodec(Gzip), NewTable(NewBudget(1<<30))
	type group struct {
		series *Series
		tags   []model.Tag
	}
	var numbers []*Series
	var groups []group
	for i := range 200 {
		tags := []model.Tag{{Key: "a", Value: strings.Repeat("v", i%7)}, {Key: "b", Value: fmt.Sprint(i)}, {Key: "c", Value: fmt.Sprint(i % 13)}}
		numbers = append(numbers, table.Intern(AppendPrefix(nil, "number", tags)))
		groups = append(groups, group{table.Intern(AppendPrefix(nil, "m_count", tags)), tags})
	}
	searches := func() bool {
		b := codec.NewSeriesBuilder(unlimited())
		b.Append(numbers[0], 1, model.Int(1), 0)
		b.lines.steps = nil
		for i, s := range numbers[1:] {
			b.Append(s, 1, model.Int(int64(i)), 0)
		}
		for i, g := range groups {
			b.Append(g.series, 1, model.Int(int64(i)), 0)
			b.AppendPart(partOf(g.series, g.tags, "m_sum", "m_count", nil), 1, model.Int(2), 0)
			for le := range 10 {
				b.AppendPart(partOf(g.series, g.tags, "m_bucket", "m_count", &model.Tag{Key: "le", Value: fmt.Sprint(le)}), 1, model.Int(3), 0)
			}
		}
		looked := b.lines.steps != nil
		b.Batch().Release()
		return looked
	}
	if !searches() {
		t.Fatal("nothing is looked for at first: the test sees nothing")
	}
	searches() // and the second time for better ones
	if searches() {
		t.Error("something is looked for in a warm export")
	}
}
