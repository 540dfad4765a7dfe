// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/histogram"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// stamp is the timestamp of data points that need no particular one.
const stamp = 1_700_000_000

const second = int64(time.Second)

// recorder is a sink that keeps the points of a conversion.
type recorder struct {
	builder *put.Builder
	points  []string // "metric{tags} value", with another timestamp than stamp "metric{tags} value @timestamp"
	rejects []put.Rejection
}

func newRecorder(t testing.TB) *recorder {
	r := new(recorder)
	r.builder = put.NewCodec(put.None).NewBuilder(put.Limits{Points: math.MaxInt, Bytes: math.MaxInt64}, func(b *put.Batch) {
		defer b.Release()
		err := b.Lines(context.Background(), func(_ int, line []byte) bool {
			r.points = append(r.points, pointText(t, line))
			return true
		})
		if err != nil {
			t.Error(err)
		}
	})
	return r
}

func pointText(t testing.TB, line []byte) string {
	p, err := put.DecodePoint(line)
	if err != nil {
		t.Fatal(err)
	}
	var tags []string
	for _, t := range model.TagsOf(nil, p.Tags) {
		tags = append(tags, t.Key+"="+t.Value)
	}
	_, value, _ := strings.Cut(string(line), `,"value":`)
	text := fmt.Sprintf("%s{%s} %s", p.Metric, strings.Join(tags, ","), strings.TrimSuffix(value, "}"))
	if p.Timestamp != stamp {
		text += fmt.Sprintf(" @%d", p.Timestamp)
	}
	return text
}

func (r *recorder) Lines() *put.Builder { return r.builder }

func (r *recorder) Sequential() {}

func (r *recorder) Reject(j put.Rejection) { r.rejects = append(r.rejects, j) }

func noTags() []model.Tag { return nil }

// point finds a point, and adds it if it is new. Its key is the value of its tag k.
func point(i *convert.Instrument[string], key string) convert.Point[string] {
	if p, ok := i.Lookup(key); ok {
		return p
	}
	return i.Add(key, []model.Tag{{Key: "k", Value: key}}, false)
}

// pool has the converters of a harness.
type pool = convert.Pool[string, struct{}]

// harness exports data points of one resource with a store and a converter. Each export
// is ten seconds after the one before.
type harness struct {
	t     testing.TB
	store *Store[string]
	pool  *pool
	step  int64
}

// newHarness returns a harness whose store and whose pool keep that many bytes each.
func newHarness(t testing.TB, layout Layout, bytes int64) *harness {
	if layout.Unit == 0 {
		layout.Unit = time.Second
	}
	h := &harness{t: t, store: NewStore[string](layout, bytes)}
	h.pool = h.newPool(bytes)
	return h
}

func (h *harness) newPool(bytes int64) *pool {
	return convert.NewPool[string, struct{}](convert.Config{Layout: convert.Layout{Custom: h.store.layout.Shape}}, bytes)
}

// conv returns a converter, for an export that does not end.
func (h *harness) conv() *convert.Converter[string] {
	return h.pool.Begin(newRecorder(h.t), time.Unix(stamp, 0)).Lease("another", tagsOfResource).Converter
}

func tagsOfResource() convert.Tags {
	return convert.Tags{Base: []model.Tag{{Key: "host", Value: "web1"}}}
}

// plenty is more bytes than any test needs.
const plenty = 1 << 30

// resource returns the state of the resource that is exported.
func (h *harness) resource() *resource[string] { return h.store.resources["resource"] }

// seen is a data point of an export: a histogram of one of the two kinds, or else a
// number.
type seen struct {
	name, unit, key string
	delta           bool
	explicit        *histogram.Explicit
	exponential     *histogram.Exponential
	number          model.Value
	start           int64 // of a cumulative stream, in seconds after stamp
}

func (s seen) spec() convert.InstrumentSpec {
	spec := convert.InstrumentSpec{Name: s.name, Unit: s.unit, Kind: convert.Sum, Monotonic: true}
	if s.explicit != nil {
		spec.Kind = convert.Histogram
	}
	if s.exponential != nil {
		spec.Kind = convert.Exponential
	}
	return spec
}

// run exports data points, ten seconds after the export before.
func (h *harness) run(points ...seen) *recorder {
	h.t.Helper()
	h.step++
	return h.export(h.pool, "resource", time.Unix(stamp+10*h.step, 0), points...)
}

func (h *harness) export(p *pool, resource string, now time.Time, points ...seen) *recorder {
	h.t.Helper()
	rec := newRecorder(h.t)
	defer rec.builder.Flush()
	x := p.Begin(rec, now)
	defer x.Close()
	conv := x.Lease("resource", tagsOfResource)
	defer conv.End()
	o := h.store.Observer(resource, conv.Converter, now)
	var found []*convert.Instrument[string]
	for _, p := range points {
		found = append(found, conv.Scope("scope", "1.0", "", "", noTags).Instrument(p.spec(), 1))
	}
	o.Observe(now, now.UnixNano(), func() {
		for n, p := range points {
			span := Span{Start: (stamp + p.start) * second, End: now.UnixNano(), Delta: p.delta}
			if p.delta {
				span.Start = span.End - 10*second
			}
			switch i := found[n]; {
			case !o.Observed(i, p.delta):
			case p.explicit != nil:
				o.Explicit(i, p.key, span, p.explicit)
			case p.exponential != nil:
				o.Exponential(i, p.key, span, p.exponential)
			default:
				o.Number(i, p.key, span, p.number)
			}
		}
	})
	for n, p := range points {
		if at := point(found[n], p.key); o.Observed(found[n], p.delta) {
			at.Values(convert.Time{At: stamp * 1e9}, o.Next(), uint32(n+1))
		} else {
			at.Number(convert.Time{At: stamp * 1e9}, p.number, uint32(n+1))
		}
	}
	for p, at := range o.Idle {
		p.Values(convert.Time{At: uint64(at)}, o.Next(), 0)
	}
	return rec
}

// recorded returns an exponential histogram of positive values, as an SDK records it.
func recorded(scale int32, values ...float64) *histogram.Exponential {
	index := func(v float64) int32 { return int32(math.Ceil(math.Ldexp(math.Log2(v), int(scale)))) - 1 }
	first, last := index(slices.Min(values)), index(slices.Max(values))
	h := &histogram.Exponential{
		Count: uint64(len(values)), Extremes: histogram.Extremes{Min: slices.Min(values), Max: slices.Max(values)},
		Scale: scale, Positive: histogram.Buckets{Offset: first, Counts: make([]uint64, last-first+1)},
	}
	for _, v := range values {
		h.Positive.Counts[index(v)-first]++
		h.Sum += v
	}
	return h
}

// of returns a histogram of the values of an interval.
func of(values ...float64) *histogram.Exponential { return recorded(20, values...) }

func itoa(n int64) string { return string(model.Int(n).Append(nil)) }

// wantValues compares some of the points, by the suffix of their names: "count 3", or
// "count" if there must be none.
func wantValues(t *testing.T, r *recorder, want ...string) {
	t.Helper()
	var names []string
	for _, w := range want {
		name, _, _ := strings.Cut(w, " ")
		names = append(names, name)
	}
	var got []string
	for _, p := range r.points {
		series, value, _ := strings.Cut(p, " ")
		metric, _, _ := strings.Cut(series, "{")
		if name := strings.TrimPrefix(metric, "t_"); slices.Contains(names, name) {
			got = append(got, name+" "+value)
		}
	}
	want = slices.DeleteFunc(want, func(w string) bool { return !strings.Contains(w, " ") })
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("points (-want +got):\n%s", diff)
	}
}

func wantNothing(t *testing.T, r *recorder) {
	t.Helper()
	if len(r.points)+len(r.rejects) > 0 {
		t.Errorf("points %v, rejections %+v, want none", r.points, r.rejects)
	}
}
