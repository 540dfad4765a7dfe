// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// part is the part of an export from one resource: a number n and a histogram h. The resource
// has a name and tags.
type part struct{ resource, tags string }

// claimsHarness exports resources by a pool that detects equal points of two resources.
type claimsHarness struct {
	t    testing.TB
	pool *Pool[string, int]
	now  time.Time
}

func newClaimsHarness(t testing.TB, cfg Config, cacheBytes int64) *claimsHarness {
	cfg.Claims = true
	return &claimsHarness{t: t, pool: NewPool[string, int](cfg, cacheBytes), now: time.Unix(stamp, 0)}
}

func (h *claimsHarness) export(ts int64, parts ...part) *recorder {
	h.t.Helper()
	r := newRecorder(h.t)
	x := h.pool.Begin(r, h.now)
	tags := func(p part) func() Tags { return func() Tags { return Tags{Base: parseTags(p.tags)} } }
	for _, p := range parts {
		x.Announce(p.resource, tags(p))
	}
	for i, p := range parts {
		l := x.Lease(p.resource, tags(p))
		l.Describe(func() []model.Tag { return []model.Tag{{Key: "common", Value: "c"}, {Key: "id", Value: p.resource}} })
		number := l.Scope("s", "", "", "", noTags).Instrument(InstrumentSpec{Name: "n"}, 1)
		histogram := l.Scope("s", "", "", "", noTags).Instrument(InstrumentSpec{Name: "h", Kind: Histogram}, 1)
		place := func(i *Instrument[string]) Point[string] {
			point, ok := i.Lookup("k=v")
			if !ok {
				point = i.Add("k=v", parseTags("k=v"), false)
			}
			return point
		}
		place(number).Number(at(ts), model.Int(int64(i)), uint32(2*i+1))
		number.Done()
		place(histogram).Histogram(at(ts), &HistogramPoint{
			Cumulative: true, Count: 3, Bounds: []float64{float64(i + 1)}, Buckets: []uint64{1, 2},
			Sum: Optional{Value: model.Float(5), Set: true},
		}, uint32(2*i+2))
		histogram.Done()
		l.End()
	}
	x.Close()
	r.builder.Flush()
	return r
}

// points returns the points of a part, whose number has the value.
func points(value int, tags string) []string {
	base := "{" + strings.TrimPrefix(tags+",k=v}", ",")
	return []string{
		fmt.Sprintf("n%s %d", base, value), "h_count" + base + " 3", "h_sum" + base + " 5.0",
		fmt.Sprintf("h_bucket%s 1", strings.Replace(base, ",k=v}", fmt.Sprintf(",k=v,le=%d}", value+1), 1)),
		fmt.Sprintf("h_bucket%s 3", strings.Replace(base, ",k=v}", ",k=v,le=+Inf}", 1)),
	}
}

func collision(t testing.TB, r *recorder) *ResourceCollisionError {
	t.Helper()
	var err *ResourceCollisionError
	for _, j := range r.rejects {
		if !j.Collision {
			t.Errorf("the rejection %+v is not a collision", j)
		}
		if j.Reported {
			continue
		}
		if err != nil || !errors.As(j.Err, &err) {
			t.Fatalf("%+v, want one collision of resources", r.rejects)
		}
	}
	return err
}

// If two resources have the same tags, the points of the first resource in the export are sent.
// The lines of two histograms are not mixed, even if their buckets differ. Each pair of resources
// is reported once.
func TestClaims_FirstResourceOfAnExportWins(t *testing.T) {
	h := newClaimsHarness(t, Config{}, 1<<20)
	a, b, c := part{"a", "base=x"}, part{"b", "base=x"}, part{"c", "base=y"}
	for n := range 3 {
		r := h.export(stamp+int64(n), a, b, c, a)
		if n == 0 {
			wantPoints(t, r, append(append(points(0, "base=x"), points(2, "base=y")...), points(3, "base=x")...)...)
		}
		if r.repeats == 0 {
			t.Error("the sink may send batches concurrently, although two resources have points of one series")
		}
		if len(r.points) != 15 || len(r.rejects) != 5 {
			t.Errorf("export %d: %d points and %d rejections, want 15 and 5", n, len(r.points), len(r.rejects))
		}
		err := collision(t, r)
		if n > 0 {
			if err != nil {
				t.Errorf("export %d: reported again: %v", n, err)
			}
			continue
		}
		const want = `"n" (scope "s") of the resources {id="a"} and {id="b"} renders to one series and timestamp, ` +
			`because these attributes are not among its tags (resource_attributes): only the former is sent`
		if err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// Points collide with the points of an earlier export of the same collection. The resource that
// sent its points first may send them again.
func TestClaims_CollideWithAnEarlierExport(t *testing.T) {
	h := newClaimsHarness(t, Config{}, 1<<20)
	a, b := part{"a", "base=x"}, part{"b", "base=x"}
	h.export(stamp, a, b)
	h.export(stamp+1, a)
	if r := h.export(stamp+1, b); len(r.points) != 0 || len(r.rejects) != 5 {
		t.Errorf("points %v, rejections %+v", r.points, r.rejects)
	}
	if r := h.export(stamp+1, a); len(r.points) != 5 || len(r.rejects) != 0 {
		t.Errorf("points %v, rejections %+v", r.points, r.rejects)
	}
	if r := h.export(stamp+2, b); len(r.points) != 5 || len(r.rejects) != 0 {
		t.Errorf("points %v, rejections %+v", r.points, r.rejects)
	}
	r := h.export(stamp+2, a)
	err := collision(t, r)
	if err == nil || !strings.Contains(err.Error(), `the resources {id="b"} and {id="a"}`) {
		t.Errorf("error %v, want both resources in the other order", err)
	}
}

// Resources claim lines only if another resource with the same tags is in use.
func TestClaims_AreMadeByAmbiguousResourcesOnly(t *testing.T) {
	h := newClaimsHarness(t, Config{}, 1<<20)
	claimed := func(parts ...part) bool {
		h.export(h.now.Unix(), parts...)
		h.now = h.now.Add(time.Second)
		n := len(h.pool.same.younger.lines)
		h.pool.same.forget()
		return n > 0
	}
	a, b, c := part{"a", "base=x"}, part{"b", "base=x"}, part{"c", "base=y"}
	if claimed(a, c) || claimed(a) {
		t.Error("resources with other tags claim lines")
	}
	if !claimed(b) || !claimed(a) {
		t.Error("resources with the same tags claim no lines")
	}
	h.now = h.now.Add(IdleTime)
	claimed(b)
	h.now = h.now.Add(2 * time.Second)
	if claimed(b) {
		t.Error("a resource claims lines, although the other resource is no longer used")
	}
	if !claimed(a) {
		t.Error("a resource claims no lines, although the other resource is used again")
	}
}

// Resources are compared by the tags that are sent, after the replacement of characters and
// without empty tags.
func TestClaims_CompareRewrittenTags(t *testing.T) {
	h := newClaimsHarness(t, Config{Names: Names{Values: encoding.TagValuesOpenTSDB}}, 1<<20)
	r := h.export(stamp, part{"a", "base=a b"}, part{"b", "base=a+b"}, part{"c", "base=a_b,empty="})
	if len(r.points) != 5 || len(r.rejects) != 10 {
		t.Errorf("points %v, rejections %+v", r.points, r.rejects)
	}
}

// Resources collide even if the budget has no room for their state. All memory is charged to the
// budget.
func TestClaims_CollideWithAnyBudget(t *testing.T) {
	for _, bytes := range []int64{0, 10_000, 1 << 20} {
		h := newClaimsHarness(t, Config{}, bytes)
		var parts []part
		for i := range 2 * freeResources {
			parts = append(parts, part{fmt.Sprint("r", i), fmt.Sprint("base=", i/2)})
		}
		for n := range 2 {
			r := h.export(stamp+int64(n), parts...)
			if len(r.points) != 5*freeResources || len(r.rejects) != 5*freeResources {
				t.Errorf("%d bytes: %d points and %d rejections, want %d each", bytes, len(r.points), len(r.rejects), 5*freeResources)
			}
			if used := h.pool.Used(); used > bytes {
				t.Errorf("%d bytes are used, of %d", used, bytes)
			}
		}
		if sets, kept := len(h.pool.same.sets), len(h.pool.resources); 2*sets > kept+1 {
			t.Errorf("%d bytes: %d sets of tags are kept for %d resources, want one set for each pair", bytes, sets, kept)
		}
		h.pool.Close()
		if used := h.pool.Used(); used != 0 {
			t.Errorf("%d bytes are not released", used)
		}
	}
}

// Announced resources replace resources that are no longer used, if the budget is full.
func TestExport_Announce_MakesRoom(t *testing.T) {
	h := newClaimsHarness(t, Config{}, 300_000)
	parts := func(name string) (parts []part) {
		for i := range 2 * freeResources {
			parts = append(parts, part{name, fmt.Sprint("base=", i)})
			parts[i].resource += fmt.Sprint(i)
		}
		return parts
	}
	h.export(stamp, parts("old")...)
	h.now = h.now.Add(2 * IdleTime)
	h.export(stamp, parts("new")...)
	for _, p := range parts("new") {
		if h.pool.resources[p.resource] == nil {
			t.Fatalf("the state of the resource %s is not kept", p.resource)
		}
	}
}

// The number of claims that are kept from earlier exports is limited.
func TestClaims_AreBounded(t *testing.T) {
	a := newAmbiguity[int](&Config{}, NewBudget(1<<30))
	line := 0
	for range 10 {
		c := newClaims(a)
		for range maxClaims / 3 {
			line++
			c.Claim(fmt.Append(nil, line))
		}
		a.remember(c.made)
	}
	if n := len(a.younger.lines) + len(a.older.lines); n > 2*maxClaims || n < maxClaims {
		t.Errorf("%d lines, want %d to %d", n, maxClaims, 2*maxClaims)
	}
	c := newClaims(a)
	c.resource = 1
	if c.Claim(fmt.Append(nil, line)) {
		t.Error("another resource can claim the newest line")
	}
	if !c.Claim(fmt.Append(nil, 1)) {
		t.Error("another resource cannot claim the oldest line")
	}
	if a.forget(); a.budget.Used() != 0 {
		t.Errorf("%d bytes are not released", a.budget.Used())
	}
}

// If a point has too many tags, all of its lines have the short tags of its resource.
func TestTags_ShortForPointsWithTooManyTags(t *testing.T) {
	tags := Tags{Base: parseTags("a=1,b=1,c=1"), Short: parseTags("a=1")}
	h := newHarness(t, Config{MaxTags: 6}, tags)
	r := h.export(func() {
		h.number("n", manyTags(3), model.Int(1))
		h.number("n", manyTags(4), model.Int(1))
		h.number("n", manyTags(6), model.Int(1))
		i := h.instrument("h", Histogram)
		h.Histogram(h.point(i, manyTags(3)), stamp, &HistogramPoint{Count: 1})
	})
	wantPoints(t, r,
		"n{a=1,b=1,c=1,k00=v,k01=v,k02=v} 1",
		"n{a=1,k00=v,k01=v,k02=v,k03=v} 1",
		"h_count{a=1,k00=v,k01=v,k02=v} 1", "h_bucket{a=1,k00=v,k01=v,k02=v,le=+Inf} 1",
	)
	if len(r.rejects) != 1 || !strings.Contains(r.rejects[0].Err.Error(), "at most 6 tags, not 7") {
		t.Errorf("rejections %+v", r.rejects)
	}
}

// The short tags of a resource include the tags of the scope.
func TestTags_ShortIncludesTagsOfTheScope(t *testing.T) {
	tags := Tags{Base: parseTags("a=1,b=1,c=1"), Short: parseTags("a=1")}
	h := newHarness(t, Config{MaxTags: 6, ScopeTags: true}, tags)
	r := h.export(func() { h.number("n", manyTags(2), model.Int(1)) })
	wantPoints(t, r, "n{a=1,k00=v,k01=v,otel_scope_name=scope,otel_scope_version=1.0} 1")
}

// The error shows attributes of both resources, and limits their number and length.
func TestResourceCollisionError(t *testing.T) {
	var many []model.Tag
	for i := range 20 {
		many = append(many, model.Tag{Key: fmt.Sprintf("k%02d", i), Value: strings.Repeat("€", 1000)})
	}
	text := (&ResourceCollisionError{Instrument: Identity{"n", "s", ""}, Winner: parseTags("k00=v"), Loser: many}).Error()
	if len(text) > 2000 || !strings.Contains(text, `{k00="v"}`) || !strings.Contains(text, "and 12 more}") {
		t.Errorf("%d bytes: %s", len(text), text)
	}
	text = (&ResourceCollisionError{Instrument: Identity{"n", "s", ""}, Loser: parseTags("id=b")}).Error()
	if want := `"n" (scope "s") of a resource of an earlier batch and the resource {id="b"} renders`; !strings.HasPrefix(text, want) {
		t.Errorf("%s, want %s", text, want)
	}
}
