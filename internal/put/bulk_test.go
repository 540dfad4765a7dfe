// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// Many parts at once are what they are one by one: with labels and values of all
// lengths, after other lines, over chunks and batches.
func TestAppendParts(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	table, packed, plain := NewTable(NewBudget(1<<24)), NewCodec(Gzip), NewCodec(None)
	for _, points := range []int{1, 7, 100, 1 << 20} {
		limits := Limits{Points: points, Bytes: 1 << 18}
		lines, texts := packed.NewSeriesBuilder(limits), plain.NewSeriesBuilder(limits)
		compare := func() {
			t.Helper()
			a, b := lines.Batch(), texts.Batch()
			if a == nil || b == nil || a.points != b.points || a.raw != b.raw || textOfBody(t, a) != string(b.body) {
				t.Fatalf("with batches of %d: another batch", points)
			}
			for i := range a.sources {
				if a.sources[i] != b.sources[i] {
					t.Fatalf("point %d is of %d, want %d", i, a.sources[i], b.sources[i])
				}
			}
			a.Release()
			b.Release()
		}
		for round := range 100 {
			tags := []model.Tag{{Key: "a", Value: fmt.Sprint(round % 50)}, {Key: "z", Value: strings.Repeat("z", random.IntN(400))}}
			s := table.Intern(AppendPrefix(nil, "m_count", tags))
			head := string(AppendHead(nil, "m_bucket"))
			p := &Part{Series: s, Tags: len(AppendHead(nil, "m_count")), Head: head, Key: len(`"le":"`), At: len(AppendTags(nil, tags[:1]))}
			var labels []string
			var values []model.Value
			n := random.IntN(40)
			if random.IntN(50) == 0 {
				n = 1000
			}
			for i := range n {
				labels = append(labels, string(AppendTags(nil, []model.Tag{{Key: "le", Value: fmt.Sprint(i) + strings.Repeat("0", random.IntN(9))}})))
				values = append(values, model.Int(int64(random.IntN(3))*int64(random.IntN(1e6))))
			}
			if random.IntN(60) == 0 && n > 2 {
				labels[n/2] = string(AppendTags(nil, []model.Tag{{Key: "le", Value: strings.Repeat("9", maxLinked+1)}}))
			}
			source, ts := uint32(round), int64(1_700_000_000+round/10)
			if random.IntN(2) == 0 {
				if lines.Append(s, ts, model.Int(1), source) != texts.Append(s, ts, model.Int(1), source) {
					t.Fatal("one batch is full, the other is not")
				}
			}
			for done := 0; done < n; {
				added := lines.AppendParts(p, labels[done:], ts, values[done:], source)
				for i := range added {
					p.Label = labels[done+i]
					if texts.AppendPart(p, ts, values[done+i], source) {
						t.Fatalf("batches of %d: the other batch is full after %d of %d", points, i, added)
					}
				}
				if done += added; done < n {
					p.Label = labels[done]
					if !texts.AppendPart(p, ts, values[done], source) {
						t.Fatalf("batches of %d: the other batch is not full", points)
					}
					compare()
				}
			}
		}
		if lines.Points() > 0 {
			compare()
		}
	}
}
