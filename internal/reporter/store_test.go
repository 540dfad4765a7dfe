// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/internal/convert"
)

// wantCount exports a timer of one value, by a new converter, and checks its count.
func (h *harness) wantCount(resource string, now time.Time, want int) {
	h.t.Helper()
	r := h.export(h.newPool(plenty), resource, now, seen{name: "t", unit: "s", key: "v", delta: true, exponential: of(3)})
	if line := "t_count{host=web1,k=v} " + strconv.Itoa(want); len(r.rejects) > 0 || !slices.Contains(r.points, line) {
		h.t.Errorf("points %q, rejections %+v, want %q", r.points, r.rejects, line)
	}
}

// State belongs to the resource: it outlives converters, and is dropped if the resource
// is not exported for StateTime while others are.
func TestStore_KeepsStateByResource(t *testing.T) {
	h := newHarness(t, Layout{}, plenty)
	now := time.Unix(stamp, 0)
	wait := func(d time.Duration) time.Time {
		now = now.Add(d)
		return now
	}
	h.wantCount("r", wait(10*time.Second), 1)
	h.wantCount("r", wait(10*time.Second), 2)
	h.wantCount("other", wait(10*time.Second), 1)
	h.wantCount("r", wait(2*convert.IdleTime), 3)
	h.wantCount("other", wait(2*StateTime), 2)
	if n := len(h.store.resources); n != 1 {
		t.Errorf("%d resources are kept, want 1", n)
	}
	h.wantCount("r", wait(10*time.Second), 1)
	h.store.Close()
	if used := h.store.Used(); used != 0 {
		t.Errorf("%d bytes are kept by a closed store", used)
	}
}

// An observer whose resource was dropped finds no room, and gives nothing back twice.
func TestStore_DroppedResourceHasNoRoom(t *testing.T) {
	h := newHarness(t, Layout{}, plenty)
	now := time.Unix(stamp, 0)
	h.wantCount("r", now, 1)
	o := h.store.Observer("r", h.conv(), now)
	h.wantCount("other", now.Add(2*StateTime), 1)
	i := h.conv().Scope("scope", "1.0", "", "", noTags).Instrument(seen{name: "t", unit: "s", exponential: of(3)}.spec(), 1)
	o.Observe(now, 0, func() { o.Exponential(i, "v", Span{End: now.UnixNano(), Delta: true}, of(3)) })
	if v := o.Next(); !errors.Is(v.Missing, ErrNoRoom) || v.Count.Set {
		t.Errorf("count %+v, missing %v, want no room", v.Count, v.Missing)
	}
	h.wantCount("r", now.Add(2*StateTime), 1)
	h.store.Close()
	if used := h.store.Used(); used != 0 {
		t.Errorf("%d bytes are kept by a closed store", used)
	}
}

func TestStore_DropsTheOldestResource(t *testing.T) {
	h := newHarness(t, Layout{}, plenty)
	now := time.Unix(stamp, 0)
	h.wantCount("first", now, 1)
	one := h.store.Used()
	for n := range maxResources {
		now = now.Add(time.Microsecond)
		h.store.Observer(strconv.Itoa(n), h.conv(), now)
	}
	if n := len(h.store.resources); n != maxResources || one == 0 || h.store.Used() != 0 {
		t.Errorf("%d resources in %d bytes, want %d without the oldest one, of %d bytes", n, h.store.Used(), maxResources, one)
	}
}
