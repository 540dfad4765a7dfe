// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// stamp is the timestamp of points in tests that do not depend on the time.
const stamp = 1_700_000_000

// recorder is a sink that collects the points and rejections of a conversion.
type recorder struct {
	t       testing.TB
	builder *put.Builder
	repeats int
	points  []string // "metric{tags} value", followed by " @timestamp" unless the timestamp is stamp
	sources []uint32
	rejects []put.Rejection
}

func newRecorder(t testing.TB) *recorder {
	r := &recorder{t: t}
	r.builder = put.NewCodec(put.None).NewBuilder(put.Limits{Points: math.MaxInt, Bytes: math.MaxInt64}, func(b *put.Batch) {
		defer b.Release()
		err := b.Lines(context.Background(), func(i int, line []byte) bool {
			r.points = append(r.points, pointText(t, line))
			r.sources = append(r.sources, b.Source(i))
			return true
		})
		if err != nil {
			t.Error(err)
		}
	})
	return r
}

// pointText returns the text of a line in the form of recorder.points.
func pointText(t testing.TB, line []byte) string {
	p, err := put.DecodePoint(line)
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	_, value, _ := strings.Cut(string(line), `,"value":`)
	text := p.Metric + tagsText(model.TagsOf(nil, p.Tags)) + " " + strings.TrimSuffix(value, "}")
	if p.Timestamp != stamp {
		text += fmt.Sprintf(" @%d", p.Timestamp)
	}
	return text
}

func (r *recorder) Lines() *put.Builder { return r.builder }

func (r *recorder) Sequential() { r.repeats++ }

func (r *recorder) Reject(j put.Rejection) {
	j.Tags = slices.Clone(j.Tags)
	r.rejects = append(r.rejects, j)
}

func tagsText(tags []model.Tag) string {
	texts := make([]string, 0, len(tags))
	for _, t := range tags {
		texts = append(texts, t.Key+"="+t.Value)
	}
	return "{" + strings.Join(texts, ",") + "}"
}

// harness is a converter that identifies data points by the text of their attributes,
// "key=value,key=value" in the order of the keys.
type harness struct {
	*Converter[string]
	t      testing.TB
	ws     *workspace
	rec    *recorder
	time   time.Time
	source uint32
}

// newHarness returns a harness. The further arguments may be the Tags of the resource, and a
// *Budget. The default budget of 1 GiB has room for all series.
func newHarness(t testing.TB, cfg Config, with ...any) *harness {
	budget, tags := NewBudget(1<<30), Tags{}
	for _, v := range with {
		switch v := v.(type) {
		case *Budget:
			budget = v
		case Tags:
			tags = v
		default:
			t.Fatalf("%T", v)
		}
	}
	cfg.setDefaults()
	return &harness{Converter: newConverter[string](&cfg, tags, budget, newWarnings()), t: t, ws: newWorkspace(&cfg), time: time.Unix(stamp, 0)}
}

// export runs one export, and returns its points and rejections.
func (h *harness) export(walk func()) *recorder {
	h.t.Helper()
	h.rec, h.source = newRecorder(h.t), 0
	h.begin(h.ws, h.rec, h.time, nil)
	walk()
	h.end()
	h.rec.builder.Flush()
	return h.rec
}

// instrument returns an instrument in the scope "scope".
func (h *harness) instrument(name string, kind Kind) *Instrument[string] {
	return h.Scope("scope", "1.0", "", "", noTags).Instrument(InstrumentSpec{Name: name, Kind: kind}, 0)
}

// point finds a data point, or adds it if it is new, as exporters do.
func (h *harness) point(i *Instrument[string], attributes string) Point[string] {
	if p, ok := i.Lookup(attributes); ok {
		return p
	}
	return i.Add(attributes, parseTags(attributes), false)
}

// next returns the source of the next data point.
func (h *harness) next() uint32 {
	h.source++
	return h.source
}

func (h *harness) Number(p Point[string], ts int64, v model.Value) { p.Number(at(ts), v, h.next()) }

func (h *harness) Histogram(p Point[string], ts int64, v *HistogramPoint) {
	p.Histogram(at(ts), v, h.next())
}

func (h *harness) Exponential(p Point[string], ts int64, v *ExponentialPoint) {
	p.Exponential(at(ts), v, h.next())
}

func (h *harness) Summary(p Point[string], ts int64, v *SummaryPoint) { p.Summary(at(ts), v, h.next()) }

func (h *harness) Values(p Point[string], ts int64, v *Values) { p.Values(at(ts), v, h.next()) }

// number converts one data point of a sum.
func (h *harness) number(name, attributes string, v model.Value) {
	h.Number(h.point(h.instrument(name, Sum), attributes), stamp, v)
}

// at returns the time of a timestamp in seconds.
func at(ts int64) Time { return Time{At: uint64(ts) * 1e9} }

func noTags() []model.Tag { return nil }

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

// wantPoints compares the points of an export, in any order.
func wantPoints(t testing.TB, r *recorder, want ...string) {
	t.Helper()
	if diff := cmp.Diff(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(r.points))); diff != "" {
		t.Errorf("points (-want +got):\n%s", diff)
	}
}

// wantRejects compares the rejections of an export, in any order. The text of a rejection is
// "metric{tags} value: error", or "known" if it was already reported.
func wantRejects(t testing.TB, r *recorder, want ...string) {
	t.Helper()
	var got []string
	for _, j := range r.rejects {
		if j.Reported {
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
