// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/model"
)

func noTags() []model.Tag { return nil }

func noBase() (base, target []model.Tag) { return nil, nil }

// use makes a lease hold something.
func use(l *Lease[string, int]) {
	l.Begin(nil, new(uint32), time.Now())
	l.Scope("scope", "", "", "", noTags)
	l.End()
}

func TestPoolOfOneResource(t *testing.T) {
	p := NewPool[string, int](Config{Names: Names{Prefix: "p."}}, 1<<20)
	asked := 0
	base := func() (base, target []model.Tag) {
		asked++
		return []model.Tag{{Key: "host", Value: "web1"}}, nil
	}
	first, second := p.Lease("r", base), p.Lease("r", base)
	if first.Converter == second.Converter {
		t.Error("two leases share a converter")
	}
	if *first.State++; *second.State != 1 {
		t.Error("two leases of one resource do not share its state")
	}
	was := first.Converter
	first.Release()
	if again := p.Lease("r", base); again.Converter != was || asked != 1 {
		t.Errorf("the converter was not used again, or the tags were made %d times", asked)
	}
	if diff := cmp.Diff("p.", was.cfg.Names.Prefix); diff != "" || len(was.cfg.Base) != 1 {
		t.Errorf("the converter has another configuration: %+v", was.cfg)
	}
	if other := p.Lease("other", noBase); *other.State != 0 || len(other.cfg.Base) != 0 {
		t.Error("another resource has the state or the tags of the first")
	}
}

// What is kept is bounded: idle converters of a resource, and resources, of which
// the one that was not used for the longest time goes first.
func TestPoolIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPool[int, int](Config{}, 1<<20)
		var leases []*Lease[int, int]
		for range 2 * maxIdle {
			l := p.Lease(0, noBase)
			l.Begin(nil, new(uint32), time.Now())
			l.Scope("scope", "", "", 0, noTags)
			l.End()
			leases = append(leases, l)
		}
		one := leases[0].Bytes()
		for _, l := range leases {
			l.Release()
		}
		if p.Used() != maxIdle*one || one == 0 {
			t.Errorf("%d bytes are held, want those of %d converters of %d", p.Used(), maxIdle, one)
		}
		forgotten := p.Lease(0, noBase)
		for i := range maxOrigins {
			time.Sleep(time.Microsecond)
			p.Lease(i+1, noBase).Release()
		}
		if n := len(p.origins); n != maxOrigins {
			t.Errorf("%d resources are remembered, want %d", n, maxOrigins)
		}
		if _, ok := p.origins[0]; ok {
			t.Error("the oldest resource is remembered")
		}
		forgotten.Release()
		if p.Used() != 0 {
			t.Errorf("%d bytes are held of a resource that is forgotten", p.Used())
		}
	})
}

func TestPoolGivesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPool[string, int](Config{}, 1<<20)
		idle := p.Lease("idle", noBase)
		use(idle)
		idle.Release()
		time.Sleep(IdleTime + time.Second)
		late := p.Lease("late", noBase)
		if p.Used() != 0 {
			t.Error("a resource that has gone holds the cache")
		}
		use(late)
		early := p.Lease("late", noBase)
		use(early)
		early.Release()
		p.Close()
		late.Release()
		if p.Used() != 0 {
			t.Errorf("%d bytes are held after the end", p.Used())
		}
	})
}

func TestBaseTags(t *testing.T) {
	shared := [][]model.Tag{{{Key: "a", Value: "1"}}, {{Key: "a", Value: "2"}, {Key: "b", Value: ""}}}
	resource := []model.Tag{{Key: "b", Value: "3"}, {Key: "c d", Value: "4"}}
	lowest := []model.Tag{{Key: "host", Value: "h"}, {Key: "c_d", Value: "5"}}
	f := func(mode encoding.SanitizeMode, want ...model.Tag) {
		t.Helper()
		got, err := model.FinishTags(BaseTags(Names{Mode: mode}, shared, resource, lowest))
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("mode %v: %v (-want +got):\n%s", mode, err, diff)
		}
	}
	f(encoding.SanitizePrometheus, model.Tag{Key: "a", Value: "1"}, model.Tag{Key: "c_d", Value: "4"}, model.Tag{Key: "host", Value: "h"})
	f(encoding.SanitizeNone, model.Tag{Key: "a", Value: "1"}, model.Tag{Key: "c_d", Value: "5"}, model.Tag{Key: "host", Value: "h"})
}
