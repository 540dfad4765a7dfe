// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package block

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

func TestWriter_Write_SortsSeries(t *testing.T) {
	var w Writer
	r := newRecorder(t, put.None)
	w.Begin(r, r, nil)
	b := number("m")
	for i, tags := range []string{"k=c", "k=a", "k=b,l=x"} {
		w.PutNumber(b, add(&w, b, tags), Stamp{stamp, uint32(i), 0}, model.Int(int64(i)))
	}
	w.Write(b)
	wantLines(t, r.take(&w), lineOf("m", "k=a", stamp, 1), lineOf("m", "k=b,l=x", stamp, 2), lineOf("m", "k=c", stamp, 0))
}

func TestWriter_Write_OnlyEntriesWithValues(t *testing.T) {
	var w Writer
	r := newRecorder(t, put.None)
	b := number("m")
	var ids []uint32
	w.Begin(r, r, nil)
	for i := range 100 {
		ids = append(ids, add(&w, b, fmt.Sprintf("k=%02d", i)))
	}
	w.Write(b)
	if lines := r.take(&w); len(lines) != 0 {
		t.Errorf("lines without values: %v", lines)
	}
	for _, set := range [][]int{{0}, {99}, {15, 16}, {3, 50, 51, 98}, {0, 99}} {
		w.Begin(r, r, nil)
		var want []string
		for _, i := range set {
			w.PutNumber(b, ids[i], Stamp{stamp, uint32(i), 0}, model.Int(int64(i)))
			want = append(want, lineOf("m", fmt.Sprintf("k=%02d", i), stamp, i))
		}
		w.Write(b)
		wantLines(t, r.take(&w), want...)
	}
}

// An export with values for few entries writes the same lines of these entries as an export with
// values for many entries. Some entries have equal tags.
func TestWriter_Write_FewOrManyValues(t *testing.T) {
	const n = 200
	for _, every := range []int{1, 2, 7, 17, 40, n} {
		var w Writer
		r := newRecorder(t, put.Gzip)
		b := New(Lines{Plain: []string{"h_count"}, Labels: []Label{{"h", "quantile"}}})
		tags := func(i int) string { return fmt.Sprintf("a=x,k=%03d,z=%0*d", i/2*2, i%5/2+1, i/2%3) } // pairs of entries have equal tags
		for i := range n {
			add(&w, b, tags(i))
		}
		for offset := range min(every, 10) {
			w.Begin(r, r, nil)
			r.pad()
			var want []string
			written := map[string]bool{}
			for i := offset; i < n; i += every {
				w.PutDistribution(b, uint32(i), Stamp{stamp, uint32(i + 1), 0}, &Distribution{
					Plain:    []model.Value{model.Int(int64(i))},
					Labelled: [MaxLabels]Labelled{{At: []float64{0.5}, Values: []model.Value{model.Int(7)}}},
				})
				if !written[tags(i)] {
					written[tags(i)] = true
					labelled := strings.Replace(tags(i), ",z=", ",quantile=0.5,z=", 1)
					want = append(want, lineOf("h_count", tags(i), stamp, i), lineOf("h", labelled, stamp, 7))
				}
			}
			w.Write(b)
			got := r.take(&w)
			slices.Sort(got)
			slices.Sort(want)
			wantLines(t, got, want...)
		}
	}
}

// A distribution has several lines, with and without a label.
func TestWriter_Write_Distribution(t *testing.T) {
	nan := model.Float(math.NaN())
	lines := Lines{
		Plain:  []string{"h_count", "h_sum", "h_max"},
		Labels: []Label{{"h_bucket", "le"}, {"h", "quantile"}},
	}
	for _, tags := range []string{"", "a=1", "z=1", "a=1,z=2", "le=own", "quantile=own,r=1", "a=\"\\,le=own,m=,quantile=x"} {
		var w Writer
		r := newRecorder(t, put.None)
		w.Begin(r, r, nil)
		b := New(lines)
		id := add(&w, b, tags)
		at := Stamp{Timestamp: stamp, Source: 7}
		w.PutDistribution(b, id, at, &Distribution{
			Plain: []model.Value{model.Int(3), nan, model.Float(5)},
			Labelled: [MaxLabels]Labelled{
				{At: []float64{0.5, 1e6}, Values: []model.Value{model.Int(1), model.Int(2), model.Int(3)}},
				{At: []float64{0.5, 0.9}, Values: []model.Value{model.Float(1), nan}},
			},
		})
		w.Write(b)
		labelled := func(metric, key, value string, v any) string {
			var own []model.Tag
			for item := range strings.SplitSeq(tags, ",") {
				if k, v, ok := strings.Cut(item, "="); ok {
					own = append(own, model.Tag{Key: k, Value: v})
				}
			}
			text := put.AppendPrefix(nil, metric, model.WithTag(nil, own, model.Tag{Key: key, Value: value}))
			return fmt.Sprintf(`%s%d,"value":%v}`, text, stamp, v)
		}
		wantLines(t, r.take(&w),
			lineOf("h_count", tags, stamp, 3),
			labelled("h_bucket", "le", "0.5", 1), labelled("h_bucket", "le", "1e+06", 2), labelled("h_bucket", "le", "+Inf", 3),
			labelled("h", "quantile", "0.5", "1.0"),
			lineOf("h_max", tags, stamp, "5.0"),
		)
	}
}

// If two points have the same series and timestamp, the first point of the export is written,
// independently of their order in the block.
func TestWriter_Write_Collisions(t *testing.T) {
	var w Writer
	r := newRecorder(t, put.None)
	b := number("m")
	w.Begin(r, r, nil)
	first, second, other := add(&w, b, "k=v"), add(&w, b, "k=v"), add(&w, b, "k=w")
	for range 2 {
		w.PutNumber(b, second, Stamp{stamp, 1, 22}, model.Int(1))
		w.PutNumber(b, first, Stamp{stamp, 2, 11}, model.Int(2))
		w.PutNumber(b, first, Stamp{stamp, 3, 33}, model.Int(3))
		w.PutNumber(b, other, Stamp{stamp, 4, 11}, model.Int(4))
		w.PutNumber(b, other, Stamp{stamp, 0, 44}, model.Int(5)) // source 0 is no data point, and counts as the last one
		w.Write(b)
		wantLines(t, r.take(&w), lineOf("m", "k=v", stamp, 1), lineOf("m", "k=w", stamp, 4))
		w.Begin(r, r, nil)
	}
	var got []string
	for _, p := range r.rejected {
		got = append(got, fmt.Sprint(p.Source, " ", p.Reported, " ", p.Metric, p.Tags, " ", p.Err))
	}
	want := []string{
		"2 false m[{k v}] 22 beats 11", "3 false m[{k v}] 22 beats 33", "0 false m[{k w}] 11 beats 44",
		"2 true [] 22 beats 11", "3 true [] 22 beats 33", "0 true [] 11 beats 44",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if r.repeats {
		t.Error("Sequential was called, although no series has more than one point")
	}
}

// A series may have several timestamps in one export.
func TestWriter_Write_SeriesMayHaveSeveralTimestamps(t *testing.T) {
	var w Writer
	r := newRecorder(t, put.None)
	b := number("m")
	w.Begin(r, r, nil)
	id, twin := add(&w, b, "k=v"), add(&w, b, "k=v")
	for i, ts := range []int64{stamp + 10, stamp, 99, stamp + 10} {
		w.PutNumber(b, id, Stamp{ts, uint32(i + 1), 1}, model.Int(int64(i)))
	}
	w.PutNumber(b, twin, Stamp{stamp + 1, 9, 2}, model.Int(7))
	w.PutNumber(b, add(&w, b, "k=w"), Stamp{stamp, 10, 1}, model.Int(8))
	w.Write(b)
	wantLines(t, r.take(&w),
		lineOf("m", "k=v", 99, 2), lineOf("m", "k=v", stamp, 1), lineOf("m", "k=v", stamp+1, 7), lineOf("m", "k=v", stamp+10, 0),
		lineOf("m", "k=w", stamp, 8),
	)
	if len(r.rejected) != 1 || !r.repeats {
		t.Errorf("%d rejected, want 1; repeats %v, want true", len(r.rejected), r.repeats)
	}
}

// A supplement adds lines to the point of its owner with the same timestamp. It collides with points
// of other owners.
func TestWriter_PutSupplement_AddsLinesWithoutACollision(t *testing.T) {
	var w Writer
	r := newRecorder(t, put.None)
	b := New(Lines{Plain: []string{"h_count"}, Labels: []Label{{Metric: "h_bucket", Key: "le"}}})
	absent, one := model.Float(math.NaN()), model.Int(1)
	w.Begin(r, r, nil)
	mine, twin, other := add(&w, b, "k=v"), add(&w, b, "k=v"), add(&w, b, "k=w")
	d := Distribution{Plain: []model.Value{one}, Labelled: [MaxLabels]Labelled{{At: []float64{1}, Values: []model.Value{absent, one}}}}
	more := Distribution{Plain: []model.Value{absent}, Labelled: [MaxLabels]Labelled{{At: []float64{1}, Values: []model.Value{model.Int(0)}}}}
	w.PutSupplement(b, mine, Stamp{stamp, 2, 1}, &more)
	w.PutDistribution(b, mine, Stamp{stamp, 1, 1}, &d)
	w.PutSupplement(b, twin, Stamp{stamp, 3, 2}, &more)
	w.PutSupplement(b, other, Stamp{stamp - 1, 4, 1}, &more)
	w.PutDistribution(b, other, Stamp{stamp, 4, 1}, &d)
	w.Write(b)
	wantLines(
		t, r.take(&w),
		lineOf("h_count", "k=v", stamp, 1), lineOf("h_bucket", "k=v,le=+Inf", stamp, 1), lineOf("h_bucket", "k=v,le=1", stamp, 0),
		lineOf("h_bucket", "k=w,le=1", stamp-1, 0), lineOf("h_count", "k=w", stamp, 1), lineOf("h_bucket", "k=w,le=+Inf", stamp, 1),
	)
	if len(r.rejected) != 1 {
		t.Errorf("%d rejected, want the supplement of the other owner", len(r.rejected))
	}

	w.Begin(r, r, nil)
	w.PutDistribution(b, mine, Stamp{stamp, 1, 1}, &d)
	w.PutDistribution(b, twin, Stamp{stamp, 2, 1}, &d)
	w.Write(b)
	wantLines(t, r.take(&w), lineOf("h_count", "k=v", stamp, 1), lineOf("h_bucket", "k=v,le=+Inf", stamp, 1))
	if len(r.rejected) != 3 {
		t.Errorf("%d rejected, want the two lines of the second point, too", len(r.rejected))
	}
}

// Equal lines of two blocks collide if the blocks are contested.
func TestWriter_Write_ContestedBlocks(t *testing.T) {
	for _, kind := range []string{"number", "distribution"} {
		var w Writer
		r := newRecorder(t, put.None)
		h := New(Lines{Plain: []string{"h_count", "h_sum"}})
		other := number("h_count")
		if kind == "distribution" {
			other = New(Lines{Plain: []string{"h_count", "h_avg"}})
		}
		h.Contested, other.Contested = true, true
		w.Begin(r, r, nil)
		values := &Distribution{Plain: []model.Value{model.Int(1), model.Int(2)}}
		w.PutDistribution(h, add(&w, h, "k=v"), Stamp{stamp, 1, 1}, values)
		w.Write(h)
		for i, tags := range []string{"k=v", "k=w"} {
			if kind == "distribution" {
				w.PutDistribution(other, add(&w, other, tags), Stamp{stamp, uint32(2 + i), 2}, values)
			} else {
				w.PutNumber(other, add(&w, other, tags), Stamp{stamp, uint32(2 + i), 2}, model.Int(1))
			}
		}
		w.Write(other)
		want := []string{lineOf("h_count", "k=v", stamp, 1), lineOf("h_sum", "k=v", stamp, 2), lineOf("h_count", "k=w", stamp, 1)}
		rejected := 1
		if kind == "distribution" { // all lines of the distribution are rejected
			want, rejected = append(want, lineOf("h_avg", "k=w", stamp, 2)), 2
		}
		wantLines(t, r.take(&w), want...)
		if len(r.rejected) != rejected {
			t.Errorf("%s: %d rejected, want %d", kind, len(r.rejected), rejected)
		}
	}
}

// If a point has a label value twice, the second line is rejected as a collision.
func TestWriter_Write_RejectsRepeatedLabelValues(t *testing.T) {
	for _, tags := range []string{"k=v", "quantile=own"} {
		var w Writer
		r := newRecorder(t, put.None)
		w.Begin(r, r, nil)
		b := New(Lines{Plain: []string{"s_count"}, Labels: []Label{{"s", "quantile"}}})
		w.PutDistribution(b, add(&w, b, tags), Stamp{stamp, 1, 1}, &Distribution{
			Plain:    []model.Value{model.Int(1)},
			Labelled: [MaxLabels]Labelled{{At: []float64{0.5, 0.9, 0.5}, Values: []model.Value{model.Int(1), model.Int(2), model.Int(3)}}},
		})
		w.Write(b)
		if lines := r.take(&w); len(lines) != 3 || len(r.rejected) != 1 || r.rejected[0].Value != model.Int(3) {
			t.Errorf("lines %v, rejected %v", lines, r.rejected)
		}
	}
}

// Reject adds the tags of the series to a rejection.
func TestWriter_Reject_SetsTags(t *testing.T) {
	var w Writer
	r := newRecorder(t, put.None)
	b := number("m")
	w.Begin(r, r, nil)
	id := add(&w, b, "k=v,l=w")
	w.Reject(b, id, put.Rejection{Source: 3, Metric: "m", Err: fmt.Errorf("bad")})
	w.PutNumber(b, id, Stamp{stamp, 4, 1}, model.Int(1))
	w.Reject(b, add(&w, b, "k=x"), put.Rejection{Source: 5})
	w.Write(b)
	wantLines(t, r.take(&w), lineOf("m", "k=v,l=w", stamp, 1))
	if len(r.rejected) != 2 {
		t.Fatalf("rejected %v", r.rejected)
	}
	if diff := cmp.Diff([]model.Tag{{Key: "k", Value: "v"}, {Key: "l", Value: "w"}}, r.rejected[0].Tags); diff != "" || r.rejected[0].Source != 3 {
		t.Errorf("%+v: %s", r.rejected[0], diff)
	}
	if diff := cmp.Diff([]model.Tag{{Key: "k", Value: "x"}}, r.rejected[1].Tags); diff != "" {
		t.Error(diff)
	}
}

// Removed series are not written, and their entries are reused.
func TestWriter_Remove(t *testing.T) {
	var w Writer
	r := newRecorder(t, put.None)
	b := number("m")
	w.Begin(r, r, nil)
	var ids []uint32
	for i := range 100 {
		ids = append(ids, add(&w, b, fmt.Sprintf("k=%02d", i)))
	}
	w.Write(b)
	r.take(&w)
	size := b.Size()
	w.Remove(b, slices.Concat(ids[:1], ids[40:]))
	if b.Len() != 40 || b.Size() > size/2 {
		t.Errorf("%d entries in %d bytes, want 40 in fewer than %d", b.Len(), b.Size(), size/2)
	}
	w.Begin(r, r, nil)
	for _, id := range ids[1:40] {
		w.PutNumber(b, id, Stamp{Timestamp: stamp}, model.Int(int64(id)))
	}
	if id := add(&w, b, "k=new"); id != ids[0] {
		t.Errorf("NewEntry returns %d, want the free entry %d", id, ids[0])
	}
	w.PutNumber(b, ids[0], Stamp{Timestamp: stamp}, model.Int(0))
	w.Write(b)
	var want []string
	for i := 1; i < 40; i++ {
		want = append(want, lineOf("m", fmt.Sprintf("k=%02d", i), stamp, ids[i]))
	}
	wantLines(t, r.take(&w), append(want, lineOf("m", "k=new", stamp, 0))...)
}

// Series for which there is no room are written, but not kept.
func TestWriter_Overflow_WritesAndForgetsSeries(t *testing.T) {
	var w Writer
	r := newRecorder(t, put.Gzip)
	b := number("m")
	const n = 3*maxOverflow + 5
	for range 2 {
		w.Begin(r, r, nil)
		for i := range n {
			o := w.Overflow(b)
			w.PutNumber(o, add(&w, o, fmt.Sprintf("k=%d", i)), Stamp{Timestamp: stamp, Source: 1}, model.Int(int64(i)))
		}
		w.Write(b)
		lines := r.take(&w)
		slices.Sort(lines)
		if len(slices.Compact(lines)) != n || !r.repeats {
			t.Errorf("%d different lines, want %d", len(slices.Compact(lines)), n)
		}
		if b.Len() != 0 || b.texts.len() != 0 {
			t.Errorf("the block keeps %d entries, want none", b.Len())
		}
	}
}

func TestWriter_Find(t *testing.T) {
	var w Writer
	r := newRecorder(t, put.None)
	b := number("m")
	if _, ok := w.Find(b, []byte("x")); ok {
		t.Error("Find finds a series in an empty block")
	}
	w.Begin(r, r, nil)
	ids := map[string]uint32{}
	for i := range 100 {
		text := fmt.Sprintf("k=%d", 2*i*7919%1000)
		ids[text] = add(&w, b, text)
	}
	w.Write(b)
	for text, id := range ids {
		if got, ok := w.Find(b, tagsText(text)); !ok || got != id {
			t.Errorf("%s: entry %d, %v, want %d", text, got, ok, id)
		}
		if _, ok := w.Find(b, tagsText(text+"0")); ok && ids[text+"0"] == 0 {
			t.Errorf("Find finds %s0, which was not added", text)
		}
	}
}

// The label is inserted in the order of the keys, even if values of tags contain characters of
// JSON.
func TestWriter_Write_SortsTheLabelAmongTagsWithAnyValues(t *testing.T) {
	for _, value := range []string{",", "\",\"", `\`, `\"`, `a","b`, "", "le", `\\",`, ",,"} {
		for _, key := range []string{"a", "lf", "z"} {
			var w Writer
			r := newRecorder(t, put.None)
			w.Begin(r, r, nil)
			b := New(Lines{Plain: []string{"h_count"}, Labels: []Label{{"h_bucket", "le"}}})
			tags := []model.Tag{{Key: key, Value: value}}
			id := b.NewEntry()
			w.Add(b, id, put.AppendTags(nil, tags), 0)
			w.PutDistribution(b, id, Stamp{stamp, 1, 0}, &Distribution{
				Plain:    []model.Value{model.Int(1)},
				Labelled: [MaxLabels]Labelled{{Values: []model.Value{model.Int(1)}}},
			})
			w.Write(b)
			labelled := append(slices.Clone(tags), model.Tag{Key: "le", Value: "+Inf"})
			model.SortTags(labelled)
			line := func(metric string, tags []model.Tag) string {
				return fmt.Sprintf(`{"metric":"%s","tags":{%s},"timestamp":%d,"value":1}`, metric, put.AppendTags(nil, tags), stamp)
			}
			wantLines(t, r.take(&w), line("h_count", tags), line("h_bucket", labelled))
		}
	}
}

// In lines with a label, a tag with the key of the label is renamed. The line can then equal a
// line of another series, and collides with it.
func TestWriter_Write_RenamedTagsCollide(t *testing.T) {
	var w Writer
	r := newRecorder(t, put.None)
	w.Begin(r, r, nil)
	b := New(Lines{Plain: []string{"h_count"}, Labels: []Label{{"h_bucket", "le"}}})
	for i, tags := range []string{"exported_le=x", "le=x"} {
		w.PutDistribution(b, add(&w, b, tags), Stamp{stamp, uint32(i + 1), uint32(i)}, &Distribution{
			Plain:    []model.Value{model.Int(1)},
			Labelled: [MaxLabels]Labelled{{Values: []model.Value{model.Int(1)}}},
		})
	}
	w.Write(b)
	wantLines(t, r.take(&w),
		lineOf("h_count", "exported_le=x", stamp, 1), lineOf("h_bucket", "exported_le=x,le=+Inf", stamp, 1), lineOf("h_count", "le=x", stamp, 1))
	if len(r.rejected) != 1 || r.rejected[0].Source != 2 {
		t.Errorf("rejected %+v", r.rejected)
	}
}

// Texts that differ in more places than Diff returns edits for are written correctly, and so is the
// text after them.
func TestWriter_Write_TextsMayDifferInVeryManyPlaces(t *testing.T) {
	var w Writer
	r := newRecorder(t, put.Gzip)
	w.Begin(r, r, nil)
	b := number("m")
	var want []string
	for i, tags := range []string{"k=" + strings.Repeat(`x1234"`, 70_000), "k=" + strings.Repeat(`y1234"`, 70_000), "k=z"} {
		w.PutNumber(b, add(&w, b, tags), Stamp{stamp, uint32(i + 1), 0}, model.Int(int64(i)))
		want = append(want, lineOf("m", tags, stamp, i))
	}
	w.Write(b)
	if got := r.take(&w); !slices.Equal(got, want) {
		t.Errorf("the %d lines are not the expected lines", len(got))
	}
}

// claimed is the set of lines that other writers have written.
type claimed map[string]bool

func (c claimed) Claim(line []byte) bool { return !c[string(line)+"0}"] }

// Lines that other writers have claimed are rejected. If the first line of a distribution is
// claimed, all of its lines are rejected.
func TestWriter_Write_Claims(t *testing.T) {
	var w Writer
	r := newRecorder(t, put.None)
	w.Begin(r, r, claimed{
		lineOf("m", "k=a", stamp, 0): true, lineOf("d.count", "k=a", stamp, 0): true, lineOf("d.sum", "k=b", stamp, 0): true,
		lineOf("d", "k=b,le=2", stamp, 0): true,
	})
	b := number("m")
	for i, tags := range []string{"k=a", "k=b"} {
		w.PutNumber(b, add(&w, b, tags), Stamp{stamp, uint32(i), 7}, model.Int(int64(i)))
	}
	w.Write(b)
	d := New(Lines{Plain: []string{"d.count", "d.sum"}, Labels: []Label{{"d", "le"}}})
	for i, tags := range []string{"k=a", "k=b"} {
		w.PutDistribution(d, add(&w, d, tags), Stamp{stamp, uint32(i), 7}, &Distribution{
			Plain:    []model.Value{model.Int(1), model.Int(2)},
			Labelled: [MaxLabels]Labelled{{At: []float64{1, 2, 3}, Values: []model.Value{model.Int(1), model.Int(2), model.Int(3)}}},
		})
	}
	w.Write(d)
	wantLines(t, r.take(&w), lineOf("m", "k=b", stamp, 1), lineOf("d.count", "k=b", stamp, 1),
		lineOf("d", "k=b,le=1", stamp, 1), lineOf("d", "k=b,le=3", stamp, 3))
	var got []string
	for _, j := range r.rejected {
		if j.Err == nil && !j.Reported {
			t.Errorf("%+v", j)
		}
		got = append(got, j.Metric)
	}
	if len(got) != 8 || !r.pairs[[2]uint32{Elsewhere, 7}] {
		t.Errorf("rejected %q, pairs %v", got, r.pairs)
	}
}
