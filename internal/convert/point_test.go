// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"errors"
	"slices"
	"testing"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

func TestInstrument_Add_Tags(t *testing.T) {
	base := []model.Tag{{Key: "host", Value: "web1"}, {Key: "zone", Value: ""}}
	for name, c := range map[string]struct {
		mode       encoding.SanitizeMode
		attributes string
		want       string
		reject     string
	}{
		"added to the base tags":                   {attributes: "k=v", want: "n{host=web1,k=v} 1"},
		"an attribute overrides a base tag":        {attributes: "host=own", want: "n{host=own} 1"},
		"an empty value suppresses a base tag":     {attributes: "host=,k=v", want: "n{k=v} 1"},
		"an empty value suppresses the last tag":   {attributes: "host=", reject: "n{} 1: tags: a point needs at least one tag"},
		"a key that sanitizes to another key":      {attributes: "ho?st=x,host=own", want: "n{ho_st=x,host=own} 1"},
		"colliding keys":                           {attributes: "a.b=1,a_b=2", want: "n{a_b=1;2,host=web1} 1"},
		"joined in the order of the original keys": {attributes: "a-b=1,a.b=2,a_b=3", want: "n{a_b=1;2;3,host=web1} 1"},
		"keys that are distinct in another mode":   {mode: encoding.SanitizeApptuit, attributes: "a b=1,a.b=2", want: "n{a.b=2,a_b=1,host=web1} 1"},
		"invalid in mode none":                     {mode: encoding.SanitizeNone, attributes: "a b=1", reject: `n{host=web1} 1: tag key "a b": only Unicode letters, ASCII digits and - _ . / are allowed`},
		"valid in mode none":                       {mode: encoding.SanitizeNone, attributes: "ключ.x/y-z=значение", want: "n{host=web1,ключ.x/y-z=значение} 1"},
		"an empty key":                             {attributes: "=v", reject: "n{host=web1} 1: tag key: empty"},
		"values are not sanitized":                 {attributes: "k=a b\x01\"\\é", want: "n{host=web1,k=a b\x01\"\\é} 1"},
		"invalid UTF-8":                            {attributes: "k=a\xffb", want: "n{host=web1,k=a\uFFFDb} 1"},
		"as many tags as the limit":                {attributes: manyTags(24), want: "n{host=web1," + manyTags(24) + "} 1"},
		"tags with empty values do not count":      {attributes: "a=,b=,host=," + manyTags(25), want: "n{" + manyTags(25) + "} 1"},
		"more tags than the limit":                 {attributes: manyTags(25), reject: "n{host=web1," + manyTags(25) + "} 1: tags: too many tags: a point has at most 25 tags, not 26 (WithMaxTags, APPTUIT_MAX_TAGS, max_tags)"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, Config{Names: Names{Mode: c.mode}}, Tags{Base: base})
			for range 2 { // the first export adds the series, the second finds it
				r := h.export(func() { h.number("n", c.attributes, model.Int(1)) })
				if c.reject != "" {
					wantPoints(t, r)
					wantRejects(t, r, c.reject)
					c.reject = "known"
					continue
				}
				wantPoints(t, r, c.want)
				wantRejects(t, r)
			}
		})
	}
}

// An attribute with the key of a label is renamed to "exported_" and the sanitized key. It is
// renamed again if another attribute has this key.
func TestInstrument_Add_RenamesReservedTags(t *testing.T) {
	h := newHarness(t, Config{})
	r := h.export(func() {
		histogram := func(attributes string) {
			h.Histogram(h.point(h.instrument("h", Histogram), attributes), stamp, &HistogramPoint{Count: 1, Buckets: []uint64{1}})
		}
		histogram("le=mine")
		histogram("exported_le=too,le=mine")
		histogram("quantile=0.1")
		h.Summary(h.point(h.instrument("s", Summary), "Quantile=up,quantile=mine"), stamp,
			&SummaryPoint{Quantiles: []float64{0.5}, Values: []float64{1}})
	})
	wantPoints(
		t, r,
		"h_bucket{exported_le=mine,le=+Inf} 1", "h_count{le=mine} 1",
		"h_bucket{exported_exported_le=too,exported_le=mine,le=+Inf} 1", "h_count{exported_le=too,le=mine} 1",
		"h_bucket{le=+Inf,quantile=0.1} 1", "h_count{quantile=0.1} 1",
		"s{Quantile=up,exported_quantile=mine,quantile=0.5} 1.0", "s_count{Quantile=up,quantile=mine} 0",
	)
}

// A label counts as a tag. If a point has 25 tags, its lines with a label have too many tags. If a
// point has no tags, only its lines with a label can be sent.
func TestInstrument_Add_LabelsCountAsTags(t *testing.T) {
	for name, c := range map[string]struct {
		attributes string
		points     []string
		rejects    []string
	}{
		"24 tags": {
			attributes: manyTags(24),
			points:     []string{"h_bucket{" + manyTags(24) + ",le=+Inf} 1", "h_count{" + manyTags(24) + "} 1"},
		},
		"25 tags": {
			attributes: manyTags(25),
			points:     []string{"h_count{" + manyTags(25) + "} 1"},
			rejects:    []string{"h_bucket{" + manyTags(25) + "} 1: tags: too many tags: a point has at most 25 tags, not 26 (WithMaxTags, APPTUIT_MAX_TAGS, max_tags)", "known"},
		},
		"26 tags": {
			attributes: manyTags(26),
			rejects: []string{
				"h_bucket{" + manyTags(26) + "} 1: tags: too many tags: a point has at most 25 tags, not 27 (WithMaxTags, APPTUIT_MAX_TAGS, max_tags)", "known",
				"h_count{" + manyTags(26) + "} 1: tags: too many tags: a point has at most 25 tags, not 26 (WithMaxTags, APPTUIT_MAX_TAGS, max_tags)",
			},
		},
		"none": {
			points:  []string{"h_bucket{le=1} 1", "h_bucket{le=+Inf} 1"},
			rejects: []string{"h_count{} 1: tags: a point needs at least one tag"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, Config{})
			p := HistogramPoint{Count: 1, Buckets: []uint64{1}}
			if len(c.rejects) > 0 {
				p.Bounds, p.Buckets = []float64{1}, []uint64{1, 0}
			}
			r := h.export(func() { h.Histogram(h.point(h.instrument("h", Histogram), c.attributes), stamp, &p) })
			wantPoints(t, r, c.points...)
			wantRejects(t, r, c.rejects...)
		})
	}
}

func TestNames_Metric(t *testing.T) {
	for name, c := range map[string]struct {
		mode         encoding.SanitizeMode
		prefix, name string
		want         string
		rule         error
	}{
		"prefix and name sanitized together": {prefix: "2x.", name: "a..b", want: "_2x_a_b"},
		"suffix sanitized with the name":     {name: "a.", want: "a_"},
		"apptuit":                            {mode: encoding.SanitizeApptuit, prefix: "apr.", name: "größe µ", want: "apr.größe_µ"},
		"none":                               {mode: encoding.SanitizeNone, prefix: "apr.", name: "a.b", want: "apr.a.b"},
		"none, invalid":                      {mode: encoding.SanitizeNone, name: "a b", rule: encoding.ErrInvalidName},
		"none, invalid prefix":               {mode: encoding.SanitizeNone, prefix: "a ", name: "b", rule: encoding.ErrInvalidName},
		"empty":                              {prefix: "apr.", rule: encoding.ErrEmpty},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, Config{Names: Names{Mode: c.mode, Prefix: c.prefix}})
			r := h.export(func() {
				h.number(c.name, "k=v", model.Int(1))
				h.Histogram(h.point(h.instrument(c.name, Histogram), "k=v"), stamp, &HistogramPoint{})
			})
			if c.rule != nil {
				wantPoints(t, r)
				if len(r.rejects) != 3 || slices.ContainsFunc(r.rejects, func(r put.Rejection) bool { return !errors.Is(r.Err, c.rule) }) {
					t.Errorf("rejections %+v, want three: %v", r.rejects, c.rule)
				}
				return
			}
			suffixed := func(suffix string) string { return c.mode.Sanitize(c.prefix + c.name + suffix) }
			wantPoints(t, r, c.want+"{k=v} 1", suffixed(".count")+"{k=v} 0", suffixed(".bucket")+"{k=v,le=+Inf} 0")
		})
	}
}

func TestScope_Tags(t *testing.T) {
	h := newHarness(t, Config{ScopeTags: true}, Tags{Base: []model.Tag{{Key: "otel_scope_version", Value: "base"}}})
	walk := func() {
		for _, scope := range [][2]string{{"one", "1.0"}, {"two", ""}, {"", ""}} {
			i := h.Scope(scope[0], scope[1], "", "", noTags).Instrument(InstrumentSpec{Name: "n", Kind: Sum}, 0)
			h.Number(h.point(i, "k=v"), stamp, model.Int(1))
		}
	}
	want := []string{
		"n{k=v,otel_scope_name=one,otel_scope_version=1.0} 1",
		"n{k=v,otel_scope_name=two} 1",
		"n{k=v} 1",
	}
	wantPoints(t, h.export(walk), want...)
	wantPoints(t, h.export(walk), want...)
}

func TestTally_Overflowed(t *testing.T) {
	h := newHarness(t, Config{})
	for range 2 {
		h.begin(h.ws, newRecorder(t), h.time, nil)
		h.number("n", "k=v", model.Int(1))
		h.number("n", "otel.metric.overflow=true", model.Int(1))
		h.number("n", "otel.metric.overflow=false", model.Int(1))
		h.Histogram(h.point(h.instrument("h", Histogram), "otel.metric.overflow=true"), stamp, &HistogramPoint{})
		h.Exponential(h.point(h.instrument("e", Exponential), "otel.metric.overflow=true"), stamp, &ExponentialPoint{})
		h.Summary(h.point(h.instrument("s", Summary), "otel.metric.overflow=true"), stamp, &SummaryPoint{})
		h.Number(h.point(h.instrument("n", Sum), "a=b,otel.metric.overflow=true"), 0, model.Int(1)) // rejected, but counted as overflow
		if n := h.end().Overflowed; n != 5 {
			t.Errorf("%d points overflowed, want 5", n)
		}
	}
	wantPoints(
		t, h.export(func() { h.number("n", "otel.metric.overflow=true", model.Int(1)) }),
		"n{otel_metric_overflow=true} 1",
	)
}

// Add keeps no reference to the caller's memory, which the caller may reuse immediately.
func TestInstrument_Add_KeepsNoMemoryOfTheCaller(t *testing.T) {
	h := newHarness(t, Config{})
	attributes := []model.Tag{{Key: "a.b", Value: "1"}, {Key: "c", Value: "2"}}
	bounds := []float64{1, 2}
	i := func() *Instrument[string] { return h.instrument("h", Histogram) }
	h.export(func() {
		h.Histogram(i().Add("id", attributes, false), stamp, &HistogramPoint{Count: 3, Bounds: bounds, Buckets: []uint64{1, 1, 1}})
	})
	clear(attributes)
	bounds[0] = -1
	wantPoints(
		t, h.export(func() {
			p, _ := i().Lookup("id")
			h.Histogram(p, stamp, &HistogramPoint{Count: 3, Bounds: []float64{1, 2}, Buckets: []uint64{1, 1, 1}})
		}),
		"h_bucket{a_b=1,c=2,le=1} 1", "h_bucket{a_b=1,c=2,le=2} 2", "h_bucket{a_b=1,c=2,le=+Inf} 3", "h_count{a_b=1,c=2} 3",
	)
}

func TestRejections_NameTheWholeSeries(t *testing.T) {
	h := newHarness(t, Config{}, Tags{Base: []model.Tag{{Key: "host", Value: "web1"}}})
	h.export(func() { h.number("n", "k=v", model.Int(1)) })
	r := h.export(func() { h.Number(h.point(h.instrument("n", Sum), "k=v"), 0, model.Int(7)) })
	want := []model.Tag{{Key: "host", Value: "web1"}, {Key: "k", Value: "v"}}
	if len(r.rejects) != 1 || r.rejects[0].Metric != "n" || !slices.Equal(r.rejects[0].Tags, want) || r.rejects[0].Timestamp != 0 {
		t.Errorf("rejections %+v", r.rejects)
	}
}
