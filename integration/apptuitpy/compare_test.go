// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitpy_test

import (
	"maps"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// outcome is the result of one side in one case.
type outcome struct {
	// Facts are results of functions, errors, headers and frames, by name.
	Facts map[string]string
	// Sent are the points of all requests, Stored those that the server accepted.
	Sent, Stored []point
}

func newOutcome() *outcome { return &outcome{Facts: map[string]string{}} }

// points applies a function to all points. It removes those for which keep is false.
func (o *outcome) points(edit func(p *point) (keep bool)) {
	for _, list := range []*[]point{&o.Sent, &o.Stored} {
		kept := (*list)[:0]
		for _, p := range *list {
			if edit(&p) {
				kept = append(kept, p)
			}
		}
		*list = kept
	}
}

func (o *outcome) clone() *outcome {
	copied := &outcome{Facts: maps.Clone(o.Facts)}
	for _, lists := range []struct{ from, to *[]point }{{&o.Sent, &copied.Sent}, {&o.Stored, &copied.Stored}} {
		for _, p := range *lists.from {
			p.Tags = maps.Clone(p.Tags)
			*lists.to = append(*lists.to, p)
		}
	}
	return copied
}

// flat returns all parts of an outcome by name. It does not depend on the order of points.
func (o *outcome) flat() map[string]string {
	all := maps.Clone(o.Facts)
	for name, points := range map[string][]point{"sent": o.Sent, "stored": o.Stored} {
		for _, p := range points {
			key := name + " " + p.series() + " at " + p.Timestamp
			for n := 2; ; n++ {
				if _, taken := all[key]; !taken {
					break
				}
				key = name + " " + p.series() + " at " + p.Timestamp + " #" + strconv.Itoa(n)
			}
			all[key] = p.Value
		}
	}
	return all
}

// exchange is a case with the outcomes of both sides.
type exchange struct {
	Name         string
	Input        any
	Theirs, Ours *outcome
}

// difference is an intended difference between apptuit-py and this library.
type difference struct {
	area   string
	python string // the behaviour of apptuit-py
	ours   string // the behaviour of this library
	reason string
	source string // where apptuit-py does it: file, function
	// edit turns their outcome into ours in the cases where the difference occurs.
	edit func(x *exchange)
}

// comparison compares the outcomes of the cases of one area.
type comparison struct {
	t           *testing.T
	area        string
	differences []difference
	occurred    []int
	cases       int
	partial     bool // the command line has left cases out
	facts       int
}

// compareArea starts a comparison. It fails the test if a difference of the area has
// not occurred by the end.
func compareArea(t *testing.T, area string) *comparison {
	t.Helper()
	c := &comparison{t: t, area: area}
	for _, d := range differences() {
		if d.area == area {
			c.differences = append(c.differences, d)
		}
	}
	c.occurred = make([]int, len(c.differences))
	t.Cleanup(func() {
		if t.Skipped() {
			return
		}
		for i, d := range c.differences {
			if c.occurred[i] == 0 && !c.partial {
				t.Errorf("this difference does not occur: %s", d.python)
			}
			t.Logf("in %d cases: %s", c.occurred[i], d.python)
		}
		t.Logf("%s: %d cases, %d facts and points", area, c.cases, c.facts)
	})
	return c
}

// check compares the outcomes of one case, after the differences are applied.
func (c *comparison) check(name string, input any, theirs, ours *outcome) {
	c.t.Helper()
	c.cases++
	x := &exchange{Name: name, Input: input, Theirs: theirs, Ours: ours}
	// For a case with very many points, only the facts are compared to find which differences occur.
	state := x.Theirs.flat
	if len(theirs.Sent) > 10_000 {
		state = func() map[string]string { return maps.Clone(x.Theirs.Facts) }
	}
	before := state()
	var applied []string
	for i, d := range c.differences {
		d.edit(x)
		after := state()
		if !maps.Equal(before, after) {
			c.occurred[i]++
			applied = append(applied, d.python)
		}
		before = after
	}
	want := ours.flat()
	c.facts += len(want)
	if got := x.Theirs.flat(); !maps.Equal(got, want) {
		c.t.Errorf("%s, %s: the sides differ (-python +ours), after %q:\n%s", c.area, name, applied, cmp.Diff(got, want))
	}
}
