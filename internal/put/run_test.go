// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// runOf returns a table with a run of series of these texts.
func runOf(t testing.TB, table *Table, prefixes [][]byte) []*Series {
	t.Helper()
	members := make([]Member, len(prefixes))
	for i, prefix := range prefixes {
		if !table.Charge(StagedCost(prefix)) {
			t.Fatal("there is no room")
		}
		members[i].Prefix = prefix
	}
	series := table.Arrange(members)
	if len(series) != len(prefixes) {
		t.Fatalf("%d series of %d", len(series), len(prefixes))
	}
	return series
}

// textsOf are texts that differ at the beginning, in the middle, at the end, in
// nothing, in everything.
func textsOf(n int) [][]byte {
	random := rand.New(rand.NewPCG(5, uint64(n)))
	var texts [][]byte
	for i := range n {
		switch random.IntN(6) {
		case 0:
			texts = append(texts, labelled(fmt.Sprint("other", i), "a", "b"))
		case 1:
			texts = append(texts, []byte(strings.Repeat(string(rune('a'+i%26)), 1+random.IntN(300))+fmt.Sprint(i)))
		case 2:
			texts = append(texts, labelled("m", fmt.Sprint(i), strings.Repeat("x", random.IntN(100))))
		default:
			texts = append(texts, labelled("m", "same", fmt.Sprint(i)))
		}
	}
	return texts
}

// Each series has its text, in whatever order they are read, by one reader or by
// several.
func TestTextsOfARun(t *testing.T) {
	for _, n := range []int{1, 2, anchored, anchored + 1, 300} {
		table := NewTable(NewBudget(1 << 20))
		texts := textsOf(n)
		series := runOf(t, table, texts)
		random := rand.New(rand.NewPCG(6, uint64(n)))
		var readers [2]Reader
		for range 2000 {
			from := random.IntN(n)
			for i := from; i < min(n, from+random.IntN(40)); i += 1 + random.IntN(2) {
				if got := readers[random.IntN(2)].Append([]byte("before "), series[i]); string(got) != "before "+string(texts[i]) {
					t.Fatalf("series %d of %d is %s, want %s", i, n, got, texts[i])
				}
			}
		}
		for i, s := range series {
			if s.Prefix() != string(texts[i]) || table.Lookup(texts[i]) != s || s.Users() != 1 {
				t.Fatalf("series %d of %d is %s", i, n, s.Prefix())
			}
		}
	}
}

// Whatever is written of a run, in its order, with gaps, against it, between other
// lines, in batches: it is what would be written of the texts.
func TestLinesOfARun(t *testing.T) {
	for name, texts := range map[string][][]byte{"various": textsOf(400), "alike": func() (all [][]byte) {
		for i := range 3000 {
			all = append(all, labelled("m", fmt.Sprint(i%7), "same", fmt.Sprint(i)))
		}
		return all
	}()} {
		t.Run(name, func(t *testing.T) {
			table, codec := NewTable(NewBudget(1<<22)), NewCodec(Gzip)
			series := runOf(t, table, texts)
			alone := table.Intern(labelled("alone", "1"))
			random := rand.New(rand.NewPCG(7, 8))
			orders := map[string]func(i int) []*Series{
				"all":      func(i int) []*Series { return series[i : i+1] },
				"half":     func(i int) []*Series { return series[i : i+random.IntN(2)] },
				"few":      func(i int) []*Series { return series[i : i+random.IntN(40)/39] },
				"again":    func(i int) []*Series { return []*Series{series[i], series[i]} },
				"backward": func(i int) []*Series { return []*Series{series[len(series)-1-i]} },
				"between":  func(i int) []*Series { return []*Series{series[i], alone}[random.IntN(2):] },
			}
			for order, next := range orders {
				p := newPair(t, codec)
				for round := range 3 {
					for i := range series {
						for _, s := range next(i) {
							p.series(s, 1_700_000_000+int64(round*i/1000), model.Float(float64(i)/3))
						}
					}
				}
				t.Logf("%s: %d points", order, p.lines.points)
				p.check()
			}
		})
	}
}

// In their order lines of a run follow from each other without a search.
func TestARunIsWrittenWithoutASearch(t *testing.T) {
	table, codec := NewTable(NewBudget(1<<20)), NewCodec(Gzip)
	series := runOf(t, table, textsOf(300))
	p := newPair(t, codec)
	for _, s := range series {
		p.series(s, 1_700_000_000, model.Int(1))
	}
	if p.lines.lines.steps != nil {
		t.Error("something has been looked for")
	}
	p.check()
}

// A series that comes into a run, out of the table or out of another run, stays what
// it was, and costs what it costs there.
func TestArrange(t *testing.T) {
	budget := NewBudget(1 << 20)
	table := NewTable(budget)
	var members []Member
	texts := textsOf(200)
	for i, text := range texts[:100] {
		s := table.Intern(text)
		s.Mark(7, int64(i), 3)
		members = append(members, Member{text, s})
	}
	whole := budget.Used()
	for round := range 3 {
		slices.Reverse(members)
		for i, s := range table.Arrange(members) {
			if s == members[i].Series || s.Prefix() != string(members[i].Prefix) || s.Users() != 1 || !s.Marked(7) {
				t.Fatalf("round %d: %s with %d users, of %s", round, s.Prefix(), s.Users(), members[i].Prefix)
			}
			members[i].Series = s
		}
		if table.Len() != 100 || budget.Used() >= whole {
			t.Errorf("round %d: %d series in %d bytes, %d of which each had its own", round, table.Len(), budget.Used(), whole)
		}
	}
	// New ones among them, of which one is there meanwhile.
	for _, text := range texts[100:] {
		table.Charge(StagedCost(text))
		members = append(members, Member{Prefix: text})
	}
	twice := table.Intern(texts[150])
	for i, s := range table.Arrange(members) {
		if want := 1 + i/150*(150/max(i, 1)); s.Users() != want || s.Prefix() != string(members[i].Prefix) || i == 150 && s != twice {
			t.Errorf("series %d is %s with %d users, want %d", i, s.Prefix(), s.Users(), want)
		}
		members[i].Series = s
	}
	for i, m := range members {
		table.Release(m.Series)
		if i == 150 {
			table.Release(m.Series)
		}
	}
	if table.Len() != 0 || budget.Used() != 0 {
		t.Errorf("%d series in %d bytes are left", table.Len(), budget.Used())
	}
}

// Whatever the texts are, they are read and written.
func FuzzRun(f *testing.F) {
	for _, text := range []string{"a\nb\nc", "metric one\nmetric two\n\nmetric", strings.Repeat("abcdefgh\n", 50)} {
		f.Add(text, uint64(1))
	}
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		random := rand.New(rand.NewPCG(seed, 0))
		table, codec := NewTable(NewBudget(1<<30)), NewCodec(Gzip)
		var texts [][]byte
		seen := map[string]bool{}
		for line := range strings.SplitSeq(text, "\n") {
			if line = line[:min(len(line), maxLinked)]; !seen[line] {
				seen[line] = true
				texts = append(texts, []byte(line))
			}
		}
		series := runOf(t, table, texts)
		var r Reader
		p := newPair(t, codec)
		for range 3 * len(series) {
			i := random.IntN(len(series))
			for ; i < len(series) && random.IntN(8) > 0; i++ {
				if got := r.Append(nil, series[i]); string(got) != string(texts[i]) {
					t.Fatalf("series %d is %q, want %q", i, got, texts[i])
				}
				p.series(series[i], 1, model.Int(int64(i)))
			}
		}
		if p.lines.points > 0 {
			p.check()
		}
	})
}

// Without room nothing changes.
func TestArrangeWithoutRoom(t *testing.T) {
	texts := [][]byte{bytes.Repeat([]byte("a"), 500), bytes.Repeat([]byte("b"), 500)}
	budget := NewBudget(StagedCost(texts[0]) + StagedCost(texts[1]))
	table := NewTable(budget)
	s := table.Intern(texts[0])
	if !table.Charge(StagedCost(texts[1])) {
		t.Fatal("there is no room for the second series")
	}
	if got := table.Arrange([]Member{{texts[0], s}, {texts[1], nil}}); got != nil {
		t.Errorf("%d series in %d bytes of %d", len(got), budget.Used(), budget.Limit())
	}
	if table.Lookup(texts[0]) != s || budget.Used() != budget.Limit() || s.Prefix() != string(texts[0]) {
		t.Errorf("%d bytes, %v", budget.Used(), s)
	}
}
