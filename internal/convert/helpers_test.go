// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// stamp is the timestamp of points that need no particular one.
const stamp = 1_700_000_000

// recorder is a sink that keeps what comes out of a conversion.
type recorder struct {
	repeats int
	points  []string // as "metric{tags} value", or with another timestamp, "metric{tags} value @timestamp"
	rejects []Rejection
}

func (r *recorder) Append(s *put.Series, ts int64, v model.Value) {
	line := fmt.Sprintf("%s %s", seriesText(s), v.Append(nil))
	if ts != stamp {
		line += fmt.Sprintf(" @%d", ts)
	}
	r.points = append(r.points, line)
}

func (r *recorder) AppendPart(p *put.Part, ts int64, v model.Value) {
	r.Append(put.NewSeries(p.AppendPrefix(nil)), ts, v)
}

func (r *recorder) AppendParts(p *put.Part, labels []string, ts int64, values []model.Value) {
	for i, v := range values {
		p.Label = labels[i]
		r.AppendPart(p, ts, v)
	}
}

func (r *recorder) Repeats() { r.repeats++ }

func (r *recorder) Reject(j Rejection) {
	j.Tags = slices.Clone(j.Tags)
	r.rejects = append(r.rejects, j)
}

// seriesText prints a series as metric{key=value,…}.
func seriesText(s *put.Series) string {
	p, err := put.DecodePoint([]byte(s.Prefix() + `1,"value":0}`))
	if err != nil {
		return err.Error()
	}
	return p.Metric + tagsText(model.TagsOf(nil, p.Tags))
}

func tagsText(tags []model.Tag) string {
	texts := make([]string, 0, len(tags))
	for _, t := range tags {
		texts = append(texts, t.Key+"="+t.Value)
	}
	return "{" + strings.Join(texts, ",") + "}"
}

// harness is a converter whose points are known by the text of their
// attributes, "key=value,key=value" in order of the keys.
type harness struct {
	*Converter[string]
	t    testing.TB
	rec  *recorder
	time time.Time

	source uint32
}

// newHarness returns a harness with room for everything, unless the
// configuration has a budget.
func newHarness(t testing.TB, cfg Config) *harness {
	if cfg.Budget == nil {
		cfg.Budget = put.NewBudget(1 << 30)
	}
	return &harness{Converter: New[string](cfg), t: t, time: time.Unix(stamp, 0)}
}

// export runs one export and returns what came out of it.
func (h *harness) export(walk func()) *recorder {
	h.t.Helper()
	h.rec = &recorder{}
	h.Begin(h.rec, &h.source, h.time)
	walk()
	h.Settle()
	h.End()
	return h.rec
}

// instrument returns an instrument in the scope "scope".
func (h *harness) instrument(name string, kind Kind) *Instrument[string] {
	return h.Scope("scope", "1.0", "", "", noTags).Instrument(InstrumentSpec{Name: name, Kind: kind})
}

// point looks a point up, and adds it if it is new, as exporters do.
func (h *harness) point(i *Instrument[string], attributes string) *Point[string] {
	if p := i.Lookup(attributes); p != nil {
		return p
	}
	return i.Add(attributes, parseTags(attributes), false)
}

// number converts one point of a number.
func (h *harness) number(name, attributes string, v model.Value) {
	h.Number(h.point(h.instrument(name, Sum), attributes), stamp, v)
}

func parseTags(text string) []model.Tag {
	var tags []model.Tag
	for item := range strings.SplitSeq(text, ",") {
		if key, value, ok := strings.Cut(item, "="); ok {
			tags = append(tags, model.Tag{Key: key, Value: value})
		}
	}
	return tags
}

// manyTags returns attributes of n keys, k00=v and so on.
func manyTags(n int) string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprintf("k%02d=v", i)
	}
	return strings.Join(texts, ",")
}

// wantPoints compares points, in whatever order.
func wantPoints(t testing.TB, r *recorder, want ...string) {
	t.Helper()
	if diff := cmp.Diff(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(r.points))); diff != "" {
		t.Errorf("points (-want +got):\n%s", diff)
	}
}

// wantRejects compares rejections, in whatever order, printed as "metric{tags}
// value: error", or "known".
func wantRejects(t testing.TB, r *recorder, want ...string) {
	t.Helper()
	var got []string
	for _, j := range r.rejects {
		if j.Known {
			got = append(got, "known")
			continue
		}
		got = append(got, fmt.Sprintf("%s%s %v: %v", j.Metric, tagsText(j.Tags), j.Value.Float64(), j.Err))
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(got))); diff != "" {
		t.Errorf("rejections (-want +got):\n%s", diff)
	}
}

func set(v model.Value) Optional { return Optional{Value: v, Set: true} }
