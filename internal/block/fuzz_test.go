// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package block

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// ops is a source of decisions, read from the bytes of a fuzz input.
type ops struct{ bytes []byte }

// n returns a number from 0 to limit-1, or 0 after the end of the input.
func (o *ops) n(limit int) int {
	if len(o.bytes) == 0 {
		return 0
	}
	v := int(o.bytes[0])
	o.bytes = o.bytes[1:]
	if limit > 256 && len(o.bytes) > 0 {
		v = v<<8 | int(o.bytes[0])
		o.bytes = o.bytes[1:]
	}
	return v % limit
}

// tags returns the rendered tags of a random series. Some of them are empty, long, or contain
// escape sequences.
func (o *ops) tags() string {
	var tags []model.Tag
	for _, key := range []string{"a", "host", "le", "path", "quantile", "z"} {
		if o.n(3) == 0 {
			continue
		}
		value := [...]string{"web-1", "web-12", `a"b\`, "ключ", "/api/v1/orders/", strings.Repeat("long", 50), ",", `","`}[o.n(8)]
		if n := o.n(41); n > 0 {
			value += fmt.Sprint(n)
		}
		tags = append(tags, model.Tag{Key: key, Value: value})
	}
	return string(put.AppendTags(nil, tags))
}

// reference is the plain implementation of a block: a map, sorted at each export.
type reference struct {
	texts map[uint32]string
	ids   []uint32
}

// FuzzBlock adds and removes series, sets values, and compares the lines with the lines of the
// reference.
func FuzzBlock(f *testing.F) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{10, 300, 3000} {
		seed := make([]byte, n)
		for i := range seed {
			seed[i] = byte(random.Uint32())
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkBlock(t, &ops{data}) })
}

func TestBlock_Random(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 40 {
		data := make([]byte, random.IntN(20_000))
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		checkBlock(t, &ops{data})
	}
}

func checkBlock(t *testing.T, o *ops) {
	t.Helper()
	var w Writer
	lines := Lines{Plain: []string{"m_count", "m_sum"}, Labels: []Label{{"m_bucket", "le"}, {"m", "quantile"}}}
	if o.n(2) == 0 {
		lines = Lines{Plain: []string{"m"}}
	}
	b := New(lines)
	ref := &reference{texts: map[uint32]string{}}
	r := newRecorder(t, put.Gzip)
	for len(o.bytes) > 0 {
		w.Begin(r, r, nil)
		r.pad()
		var want []string
		written := map[string]bool{}
		value := func(id uint32) {
			ts := int64(stamp + o.n(2)*o.n(2))
			source := uint32(len(want) + 1)
			key := fmt.Sprint(ref.texts[id], ts)
			own := linesOfPoint(b, &w, id, ref.texts[id], Stamp{ts, source, 1}, o)
			if !written[key] {
				want = append(want, own...)
			}
			written[key] = true
		}
		for range o.n(30) {
			id, text := b.NewEntry(), o.tags()
			w.Add(b, id, []byte(text), o.n(3))
			ref.texts[id] = text
			ref.ids = append(ref.ids, id)
			value(id)
		}
		for _, id := range slices.Clone(ref.ids) {
			if o.n(4) == 0 {
				value(id)
			}
		}
		w.Write(b)
		got := r.take(&w)
		if !slices.IsSorted(keysOf(got, lines.Plain[0])) {
			t.Fatal("the lines are not sorted")
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
		checkTexts(t, b, ref)
		if o.n(3) == 0 {
			var gone []uint32
			ref.ids = slices.DeleteFunc(ref.ids, func(id uint32) bool {
				if o.n(3) > 0 {
					return false
				}
				gone = append(gone, id)
				delete(ref.texts, id)
				return true
			})
			w.Remove(b, gone)
			checkTexts(t, b, ref)
		}
	}
}

// linesOfPoint puts a value into an entry, and returns the expected lines.
func linesOfPoint(b *Block, w *Writer, id uint32, tags string, at Stamp, o *ops) []string {
	line := func(metric, tags string, v model.Value) string {
		return fmt.Sprintf(`{"metric":"%s","tags":{%s},"timestamp":%d,"value":%s}`, metric, tags, at.Timestamp, v.Append(nil))
	}
	v := model.Float(float64(o.n(1000)) / 8)
	if b.lines.number() {
		w.PutNumber(b, id, at, v)
		return []string{line("m", tags, v)}
	}
	bounds := []float64{1, 2.5, 30}[:o.n(4)]
	d := &Distribution{Plain: []model.Value{model.Int(7), v}}
	want := []string{line("m_count", tags, model.Int(7)), line("m_sum", tags, v)}
	for i, l := range b.lines.Labels {
		d.Labelled[i].At = bounds
		for j := range len(bounds) + 1 - i {
			d.Labelled[i].Values = append(d.Labelled[i].Values, model.Int(int64(j)))
			label := model.Tag{Key: l.Key, Value: "+Inf"}
			if j < len(bounds) {
				label.Value = fmt.Sprint(bounds[j])
			}
			p, _ := put.DecodePoint([]byte(`{"tags":{` + tags + `},"timestamp":1,"value":1}`))
			text := put.AppendTags(nil, model.WithTag(nil, model.TagsOf(nil, p.Tags), label))
			want = append(want, line(l.Metric, string(text), model.Int(int64(j))))
		}
	}
	w.PutDistribution(b, id, at, d)
	return want
}

// keysOf returns the tags of each line of a metric.
func keysOf(lines []string, metric string) (keys []string) {
	for _, l := range lines {
		if rest, ok := strings.CutPrefix(l, `{"metric":"`+metric+`","tags":{`); ok {
			tags, _, _ := strings.Cut(rest, `},"timestamp"`)
			keys = append(keys, tags)
		}
	}
	return keys
}

// checkTexts compares the texts of a block with the reference: all texts in order, the texts at
// restart points, and every seventh text by find.
func checkTexts(t *testing.T, b *Block, ref *reference) {
	t.Helper()
	if b.texts.len() != len(ref.ids) {
		t.Fatalf("%d texts, want %d", b.texts.len(), len(ref.ids))
	}
	var l put.Line
	l.SetText([]byte("headtail"))
	var texts [][]byte
	for r := (reader{texts: &b.texts}); !r.done(); {
		r.read(&l, len("head"))
		id := b.texts.ids[r.next-1]
		text := bytes.TrimSuffix(bytes.TrimPrefix(l.Text(), []byte("head")), []byte("tail"))
		if want := ref.texts[id]; string(text) != want {
			t.Fatalf("the text of entry %d is %s, want %s", id, text, want)
		}
		texts = append(texts, bytes.Clone(text))
	}
	if !slices.IsSortedFunc(texts, bytes.Compare) {
		t.Fatal("the texts are not sorted")
	}
	for g, p := range b.texts.restarts {
		if !bytes.Equal(b.texts.restartText(g), texts[p.text]) {
			t.Fatalf("the text of restart point %d is %s, want %s", g, b.texts.restartText(g), texts[p.text])
		}
	}
	for n := 0; n < len(texts); n += 7 {
		if id, ok := b.texts.find(texts[n], &put.Line{}); !ok || ref.texts[id] != string(texts[n]) {
			t.Fatalf("%s is not found", texts[n])
		}
	}
}
