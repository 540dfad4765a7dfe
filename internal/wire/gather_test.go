// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"fmt"
	"slices"
	"testing"
)

// Series that are gathered are the same ones elsewhere: they are found, they go, and
// their lines are what they were, also in a batch that has begun before.
func TestGather(t *testing.T) {
	budget := NewBudget(1 << 20)
	table, codec := NewTable(budget), NewCodec(Gzip)
	series := make([]*Series, 0, 300)
	for i := range cap(series) {
		series = append(series, table.Intern(labelled("m", fmt.Sprint(i%3), fmt.Sprint(i))))
	}
	used := budget.Used()
	p := newPair(t, codec)
	write := func() {
		for i, s := range series {
			p.series(s, 1_700_000_000, Float(float64(i)/7))
		}
	}
	for range 3 {
		write()
		slices.Reverse(series)
		old := slices.Clone(series)
		table.Gather(series)
		for i, s := range series {
			if s == old[i] || s.Prefix() != old[i].Prefix() || table.Lookup([]byte(s.Prefix())) != s || s.Users() != 1 {
				t.Fatalf("series %d is %q, was %q", i, s.Prefix(), old[i].Prefix())
			}
		}
		write()
	}
	p.check()
	if table.Len() != len(series) || budget.Used() != used {
		t.Errorf("%d series in %d bytes, want %d in %d", table.Len(), budget.Used(), len(series), used)
	}
	p = newPair(t, codec)
	for range 3 { // in the order in which they were gathered: new links, and better ones
		write()
	}
	p.check()
	table.Gather(series)
	p = newPair(t, codec)
	p.series(series[0], 1_700_000_000, Int(1))
	p.lines.lines.steps = nil
	for _, s := range series[1:] {
		p.series(s, 1_700_000_000, Int(2))
	}
	if p.lines.lines.steps != nil {
		t.Error("links are lost")
	}
	p.check()
	for _, s := range series {
		table.Release(s)
	}
	if table.Len() != 0 || budget.Used() != 0 {
		t.Errorf("%d series in %d bytes are left", table.Len(), budget.Used())
	}
}
