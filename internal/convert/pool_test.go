// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/model"
)

func noResourceTags() Tags { return Tags{} }

// exportOne exports one number of a resource, and returns its points.
func exportOne[K comparable](t testing.TB, p *Pool[K, int], resource K, tags func() Tags) *recorder {
	t.Helper()
	r := newRecorder(t)
	x := p.Begin(r, time.Now())
	defer x.Close()
	l := x.Lease(resource, tags)
	var none K
	i := l.Scope("scope", "", "", none, noTags).Instrument(InstrumentSpec{Name: "n"}, 1)
	point, ok := i.Lookup(none)
	if !ok {
		point = i.Add(none, parseTags("k=v"), false)
	}
	point.Number(at(stamp), model.Int(1), 1)
	*l.State++
	l.End()
	r.builder.Flush()
	return r
}

// Exports of a resource share its tags and state. Concurrent exports have separate converters.
func TestExport_Lease_SharesTagsAndStateOfAResource(t *testing.T) {
	p := NewPool[string, int](Config{Names: Names{Prefix: "p."}}, 1<<20)
	asked := 0
	tags := func() Tags {
		asked++
		return Tags{Base: parseTags("host=web1")}
	}
	wantPoints(t, exportOne(t, p, "r", tags), "p_n{host=web1,k=v} 1")

	x, y := p.Begin(newRecorder(t), time.Now()), p.Begin(newRecorder(t), time.Now())
	first, second := x.Lease("r", tags), y.Lease("r", tags)
	if first.Converter == second.Converter {
		t.Error("two leases share a converter")
	}
	if *first.State++; *second.State != 2 {
		t.Error("two leases of one resource do not share its state")
	}
	first.End()
	second.End()
	x.Close()
	y.Close()

	wantPoints(t, exportOne(t, p, "r", tags), "p_n{host=web1,k=v} 1")
	if asked != 1 {
		t.Errorf("the tags were requested %d times, want once", asked)
	}
	wantPoints(t, exportOne(t, p, "other", noResourceTags), "p_n{k=v} 1")
}

// The number of unused converters that a resource keeps is limited.
func TestPool_KeepsFewConverters(t *testing.T) {
	p := NewPool[string, int](Config{}, 1<<20)
	exportOne(t, p, "r", noResourceTags)
	one := p.Used()
	var exports []*Export[string, int]
	var leases []*Lease[string, int]
	for range 2 * maxIdle {
		x := p.Begin(newRecorder(t), time.Now())
		exports = append(exports, x)
		leases = append(leases, x.Lease("r", noResourceTags))
	}
	for i, l := range leases {
		l.Scope("scope", "", "", "", noTags).Instrument(InstrumentSpec{Name: "n"}, 1).Done()
		l.End()
		exports[i].Close()
	}
	if used := p.Used(); used > maxIdle*one {
		t.Errorf("%d bytes are kept, want at most %d converters of %d bytes", used, maxIdle, one)
	}
}

// With any number of resources, the budget is not exceeded, and all points are sent. A few
// resources keep their state even if the budget has no room.
func TestPool_ManyResourcesStayWithinTheBudget(t *testing.T) {
	for _, limit := range []int64{0, 1 << 16, 1 << 22} {
		p := NewPool[int, int](Config{}, limit)
		for range 2 {
			for i := range 2000 {
				r := exportOne(t, p, i, func() Tags { return Tags{Base: parseTags(fmt.Sprint("r=", i))} })
				wantPoints(t, r, fmt.Sprintf("n{k=v,r=%d} 1", i))
			}
		}
		if p.Used() > limit {
			t.Errorf("%d bytes are used of %d", p.Used(), limit)
		}
		r := p.resources[freeResources-1]
		if r == nil || r.state != 2 {
			t.Errorf("limit %d: the state of a resource is lost", limit)
		}
	}
}

// If the budget is full, new resources replace unused resources, the least recently used first.
func TestPool_DropsDormantResources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPool[int, int](Config{}, 1<<20)
		exportOne(t, p, 0, noResourceTags)
		one := p.Used()
		fits := int(p.budget.limit / one)
		for i := range fits {
			exportOne(t, p, i, noResourceTags)
			time.Sleep(time.Millisecond)
		}
		exportOne(t, p, 0, noResourceTags) // resource 0 is now the most recently used
		time.Sleep(2 * IdleTime)
		exportOne(t, p, 1, noResourceTags)
		if p.Used() > one+int64(fits)*resourceCost {
			t.Errorf("%d bytes are used, of which the resource in use takes %d", p.Used(), one)
		}
		for i := range 10 * fits {
			exportOne(t, p, fits+i, noResourceTags)
		}
		if p.Used() > p.budget.limit {
			t.Errorf("%d bytes are used of %d", p.Used(), p.budget.limit)
		}
		if p.resources[0] != nil || p.resources[1] == nil || p.resources[1].state != 2 {
			t.Error("a resource in use was dropped, or an unused resource was kept")
		}
	})
}

func TestPool_Close_ReleasesAllMemory(t *testing.T) {
	p := NewPool[string, int](Config{}, 1<<20)
	exportOne(t, p, "r", noResourceTags)
	x := p.Begin(newRecorder(t), time.Now())
	l := x.Lease("r", noResourceTags)
	p.Close()
	l.End()
	x.Close()
	if p.Used() != 0 {
		t.Errorf("%d bytes are kept after Close", p.Used())
	}
}

// A panic during an export drops its converter and all of its memory. The next export of the
// resource begins with a new converter.
func TestExport_Close_DropsTheConverterAfterAPanic(t *testing.T) {
	p := NewPool[string, int](Config{}, 1<<20)
	exportOne(t, p, "r", noResourceTags)
	used := p.Used()
	func() {
		defer func() { _ = recover() }()
		x := p.Begin(newRecorder(t), time.Now())
		defer x.Close()
		l := x.Lease("r", noResourceTags)
		i := l.Scope("scope", "", "", "", noTags).Instrument(InstrumentSpec{Name: "n"}, 3)
		for _, key := range []string{"", "a", "b"} {
			point, ok := i.Lookup(key)
			if !ok {
				point = i.Add(key, parseTags("k="+key), false)
			}
			point.Number(at(stamp), model.Int(-1), 1)
		}
		panic("no more")
	}()
	if p.Used() >= used {
		t.Errorf("%d bytes are kept, before %d", p.Used(), used)
	}
	for range 2 {
		wantPoints(t, exportOne(t, p, "r", noResourceTags), "n{k=v} 1")
	}
	if p.Used() != used {
		t.Errorf("%d bytes are kept, want %d as before the panic", p.Used(), used)
	}
}

func TestBaseTags(t *testing.T) {
	shared := [][]model.Tag{{{Key: "a", Value: "1"}}, {{Key: "a", Value: "2"}, {Key: "b", Value: ""}}}
	resource := []model.Tag{{Key: "b", Value: "3"}, {Key: "c d", Value: "4"}}
	lowest := []model.Tag{{Key: "host", Value: "h"}, {Key: "c_d", Value: "5"}}
	f := func(mode encoding.SanitizeMode, want ...model.Tag) {
		t.Helper()
		got, err := model.TagRules{Max: encoding.MaxTags}.Finish(BaseTags(Names{Mode: mode}, shared, resource, lowest))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("mode %v: %v (-want +got):\n%s", mode, err, diff)
		}
	}
	f(encoding.SanitizePrometheus, model.Tag{Key: "a", Value: "1"}, model.Tag{Key: "c_d", Value: "4"}, model.Tag{Key: "host", Value: "h"})
	f(encoding.SanitizeNone, model.Tag{Key: "a", Value: "1"}, model.Tag{Key: "c_d", Value: "5"}, model.Tag{Key: "host", Value: "h"})
}

// A resource whose export takes longer than IdleTime releases all of its memory.
func TestPool_ReleasesMemoryAfterAnExportLongerThanIdleTime(t *testing.T) {
	p := NewPool[string, int](Config{}, 8<<20)
	start := time.Now()
	x := p.Begin(newRecorder(t), start)
	slow := x.Lease("slow", noResourceTags)
	i := slow.Scope("scope", "", "", "", noTags).Instrument(InstrumentSpec{Name: "n"}, 1)
	for k := range 100 {
		i.Add(fmt.Sprint(k), parseTags(fmt.Sprintf("k=%d", k)), false)
	}
	other := p.Begin(newRecorder(t), start.Add(IdleTime+time.Second))
	other.Lease("other", noResourceTags).End()
	other.Close()
	used := p.Used()
	slow.End()
	x.Close()
	if p.Used() >= used {
		t.Errorf("%d bytes are kept for a dormant resource, %d before its export ended", p.Used(), used)
	}
	p.Close()
	if p.Used() != 0 {
		t.Errorf("%d bytes are kept after Close", p.Used())
	}
}
