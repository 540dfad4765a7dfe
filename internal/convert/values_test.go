// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"errors"
	"math"
	"testing"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// custom returns a harness with a custom layout: count and mean of a histogram, and one value of
// each other kind.
func custom(t *testing.T) *harness {
	return newHarness(t, Config{Layout: Layout{Custom: func(spec InstrumentSpec) Shape {
		if spec.Kind == Histogram {
			return Shape{Suffixes: []Suffix{SuffixCount, SuffixAvg}}
		}
		return Shape{Suffixes: []Suffix{SuffixValue}}
	}}})
}

func TestConverter_Values_SendsTheSuffixesOfTheShape(t *testing.T) {
	h := custom(t)
	var v Values
	for i := range v.Floats {
		v.Floats[i] = float64(i)
	}
	v.Count = set(model.Int(3))
	convert := func() *recorder {
		return h.export(func() {
			h.Values(h.point(h.instrument("h", Histogram), "k=v"), stamp, &v)
			h.Number(h.point(h.instrument("g", Gauge), "k=v"), stamp, model.Int(5))
			h.Summary(h.point(h.instrument("s", Summary), "k=v"), stamp, &SummaryPoint{Count: 1})
		})
	}
	for range 2 { // the first export adds the series, the second finds them
		r := convert()
		wantPoints(t, r, "h_count{k=v} 3", "h_avg{k=v} 7.0", "g_value{k=v} 5", "s_count{k=v} 1")
		wantRejects(t, r)
	}
}

func TestConverter_Values_RejectsMissingValuesForAReason(t *testing.T) {
	h := custom(t)
	v := Values{Count: set(model.Int(3))}
	v.Floats[SuffixAvg] = math.NaN()
	convert := func() *recorder {
		return h.export(func() { h.Values(h.point(h.instrument("h", Histogram), "k=v"), stamp, &v) })
	}
	r := convert()
	wantPoints(t, r, "h_count{k=v} 3")
	wantRejects(t, r)
	v.Missing = errors.New("no reason")
	r = convert()
	wantPoints(t, r, "h_count{k=v} 3")
	wantRejects(t, r, "h_avg{k=v} NaN: no reason")
	v.Count = Optional{}
	wantRejects(t, convert(), "known", "known") // each fault of a point is reported once
}

// Find returns the instrument of a point that has no data in this export. The key of an instrument
// is the same in all converters of a resource.
func TestConverter_Find_KnowsInstrumentsByKey(t *testing.T) {
	h, other := custom(t), custom(t)
	var key InstrumentKey[string]
	h.export(func() {
		i := h.instrument("h", Histogram)
		h.point(i, "k=v")
		key = i.Key()
	})
	i := h.Find(key)
	h.begin(h.ws, newRecorder(t), h.time, nil)
	idle := func(attributes string) bool {
		_, ok := i.LookupIdle(attributes)
		return ok
	}
	if i == nil || i.Key() != key || key.Spec.Name != "h" || !idle("k=v") || idle("k=w") {
		t.Errorf("the instrument %v of the key %+v does not have exactly one point", i, key)
	}
	if i := other.Find(key); i != nil {
		t.Errorf("a converter that has not exported the instrument finds %v", i)
	}
	other.export(func() { other.instrument("h", Histogram) })
	if other.Find(key) == nil {
		t.Error("the instrument has another key in another converter")
	}
}

// LookupIdle marks a point as used, so that it is not dropped.
func TestInstrument_LookupIdle_KeepsThePoint(t *testing.T) {
	h := custom(t)
	h.export(func() { h.point(h.instrument("h", Histogram), "k=v") })
	key := h.Scope("scope", "1.0", "", "", noTags).Instrument(InstrumentSpec{Name: "h", Kind: Histogram}, 0).Key()
	for range 10 {
		h.time = h.time.Add(IdleTime / 2)
		h.export(func() {
			i := h.Find(key)
			if i == nil {
				t.Fatal("the instrument was dropped")
			}
			if _, ok := i.LookupIdle("k=v"); !ok {
				t.Fatal("the point was dropped")
			}
		})
	}
	h.time = h.time.Add(2 * IdleTime)
	h.export(func() {})
	if h.Find(key) != nil {
		t.Error("the instrument was kept without use")
	}
}
