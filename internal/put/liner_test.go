// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"weak"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// pair adds the same points to a batch that is compressed line by line and to one
// that is not compressed.
type pair struct {
	t     testing.TB
	lines *SeriesBuilder
	plain *SeriesBuilder
}

func newPair(t testing.TB, gzip *Codec) *pair {
	return &pair{t, gzip.NewSeriesBuilder(unlimited()), NewCodec(None).NewSeriesBuilder(unlimited())}
}

func (p *pair) series(s *Series, ts int64, v model.Value) {
	p.lines.Append(s, ts, v, 0)
	p.plain.AppendPrefix([]byte(s.Prefix()), ts, v, 0)
}

func (p *pair) prefix(prefix []byte, ts int64, v model.Value) {
	p.lines.AppendPrefix(prefix, ts, v, 0)
	p.plain.AppendPrefix(prefix, ts, v, 0)
}

// check compares what the standard library reads with what was written.
func (p *pair) check() {
	p.t.Helper()
	a, b := p.lines.Batch(), p.plain.Batch()
	defer a.Release()
	defer b.Release()
	r, err := gzip.NewReader(bytes.NewReader(a.body))
	if err != nil {
		p.t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, b.body) {
		at := commonPrefix(got, b.body)
		p.t.Fatalf("%v; %d bytes of %d are right, then %.100q is there instead of %.100q", err, at, len(b.body), got[at:], b.body[at:])
	}
	if a.raw != int64(len(b.body)) || a.points != b.points {
		p.t.Errorf("%d points in %d bytes of text, want %d in %d", a.points, a.raw, b.points, len(b.body))
	}
}

// labelled is a prefix of some tags with values of their own.
func labelled(metric string, values ...string) []byte {
	var tags []model.Tag
	for i, v := range values {
		tags = append(tags, model.Tag{Key: fmt.Sprintf("tag%d", i), Value: v})
	}
	return AppendPrefix(nil, metric, tags)
}

func TestLinesOfManyKinds(t *testing.T) {
	long := strings.Repeat("long", maxLinked)
	for name, prefixes := range map[string][][]byte{
		"one":                  {labelled("m", "a")},
		"the same":             {labelled("m", "a"), labelled("m", "a"), labelled("m", "a")},
		"a value":              {labelled("m", "a", "b", "c"), labelled("m", "a", "x", "c"), labelled("m", "a", "yy", "c"), labelled("m", "a", "", "c")},
		"all values":           {labelled("m", "a", "b", "c"), labelled("m", "1", "2", "3"), labelled("m", "a", "b", "c")},
		"more and fewer tags":  {labelled("m", "a"), labelled("m", "a", "b", "c"), labelled("m"), labelled("m", "a", "b")},
		"metrics":              {labelled("requests_total", "a"), labelled("requests_count", "a"), labelled("x", "a")},
		"nothing in common":    {[]byte("a"), []byte("bb"), []byte("ccccccccccccccc"), []byte("d")},
		"empty":                {{}, {}, labelled("m", "a"), {}},
		"long ones":            {labelled("m", long), labelled("m", "a"), labelled("m", long), labelled("m", long+"x"), labelled("m", "a")},
		"as long as is linked": {labelled("m", strings.Repeat("x", maxLinked-60)), labelled("m", strings.Repeat("y", maxLinked-60)), labelled("m", strings.Repeat("x", maxLinked-60))},
		"many differences":     {labelled("m", strings.Split("aaaaaa b cccccc d eeeeee f gggggg h iiiiii j", " ")...), labelled("m", strings.Split("aaaaaa 1 cccccc 2 eeeeee 3 gggggg 4 iiiiii 5", " ")...)},
		"parts elsewhere":      {labelled("m", "first", "second", "third"), labelled("m", "third", "first", "second"), labelled("second", "m", "m", "m")},
	} {
		t.Run(name, func(t *testing.T) {
			table := NewTable(NewBudget(1 << 30))
			codec := NewCodec(Gzip)
			var interned, own []*Series
			for _, prefix := range prefixes {
				interned = append(interned, table.Intern(prefix))
				own = append(own, NewSeries(prefix))
			}
			for round := range 3 { // links are made in the first
				p := newPair(t, codec)
				for i, prefix := range prefixes {
					ts := int64(1_700_000_000 + 10*round)
					p.series(interned[i], ts, model.Int(int64(i)))
					p.series(interned[i], ts, model.Int(int64(i)))
					p.series(own[i], ts+int64(i), model.Float(float64(i)/3))
					p.prefix(prefix, ts+int64(i), model.Float(float64(i)/3))
				}
				p.check()
			}
		})
	}
}

// Whatever follows whatever: kept series in changing orders, others in between,
// timestamps and values that change or not, over several chunks.
func TestLinesAtRandom(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	codec, table := NewCodec(Gzip), NewTable(NewBudget(1<<30))
	word := func() string { return strings.Repeat(string(rune('a'+random.IntN(5))), random.IntN(12)) }
	var prefixes [][]byte
	var series []*Series
	for range 60 {
		prefixes = append(prefixes, labelled("metric_"+word(), word(), word(), word(), word()))
		series = append(series, table.Intern(prefixes[len(prefixes)-1]))
	}
	for range 40 {
		p := newPair(t, codec)
		ts := int64(1_700_000_000)
		for range random.IntN(3000) {
			i := random.IntN(len(series))
			v := model.Int(int64(random.IntN(3)))
			switch random.IntN(4) {
			case 0:
				v = model.Float(math.Float64frombits(random.Uint64()))
				if !v.Finite() {
					v = model.Float(0)
				}
			case 1:
				ts = int64(random.IntN(1_000_000_000))
			}
			if random.IntN(5) == 0 {
				p.prefix(prefixes[i], ts, v)
			} else {
				p.series(series[i], ts, v)
			}
		}
		p.prefix(prefixes[0], ts, model.Int(1))
		p.check()
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("metric\x00tag value\x01other"), uint16(3), uint64(7))
	f.Add([]byte(`{"metric":"a","tags":{"k":"v"},"timestamp":|{"metric":"a","tags":{"k":"w"},"timestamp":`), uint16(43), uint64(0))
	codec := NewCodec(Gzip)
	f.Fuzz(func(t *testing.T, text []byte, cut uint16, seed uint64) {
		text = bytes.ReplaceAll(text, []byte("\n"), nil)
		at := min(int(cut), len(text))
		prefixes := [][]byte{text[:at], text[at:], text}
		table := NewTable(NewBudget(1 << 30))
		p := newPair(t, codec)
		for range 12 {
			prefix := prefixes[seed%3]
			ts, v := int64(1+seed%5), model.Int(int64(seed%7))
			if seed%2 == 0 {
				p.series(table.Intern(prefix), ts, v)
			} else {
				p.prefix(prefix, ts, v)
			}
			seed = seed>>1 | seed<<63
		}
		p.check()
	})
}

// A series that has gone is not held by those that came after it.
func TestLinksHoldNothingForLong(t *testing.T) {
	codec, table := NewCodec(Gzip), NewTable(NewBudget(1<<30))
	b := codec.NewSeriesBuilder(unlimited())
	var chain []weak.Pointer[Series]
	for i := range 100 {
		s := table.Intern(prefixOf(i))
		b.Append(s, 1, model.Int(1), 0)
		chain = append(chain, weak.Make(s))
	}
	b.Batch().Release()
	for i := range 99 {
		table.Release(chain[i].Value())
	}
	runtime.GC()
	held := 0
	for _, s := range chain[:99] {
		if s.Value() != nil {
			held++
		}
	}
	if held > 1 { // the last one is known to that which is left
		t.Errorf("%d series are held", held)
	}
	runtime.KeepAlive(table)
}

// The text of the last float is used for the very same float only.
func TestRememberedFloats(t *testing.T) {
	s := &Series{}
	for _, v := range []float64{1.5, 1.5, -1.5, 0, math.Copysign(0, -1), 0, 1e300, -2.2250738585072014e-308, -2.2250738585072014e-308, 3} {
		if diff := cmp.Diff(string(model.Float(v).Append(nil)), string(s.appendValue(nil, model.Float(v)))); diff != "" {
			t.Errorf("%v: %s", v, diff)
		}
		if diff := cmp.Diff("7", string(s.appendValue(nil, model.Int(7)))); diff != "" {
			t.Error(diff)
		}
	}
}

// Python reads it, too, as apptuit-py's servers do.
func TestPythonReadsLines(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	p := newPair(t, NewCodec(Gzip))
	for i := range 5000 {
		p.prefix(prefixOf(i), int64(1+i/1000), model.Float(float64(i)/7))
	}
	a, b := p.lines.Batch(), p.plain.Batch()
	for _, script := range []string{
		"import sys, zlib; d = zlib.decompressobj(31); t = d.decompress(sys.stdin.buffer.read()); assert d.eof and not d.unused_data; sys.stdout.buffer.write(t)",
		"import sys, gzip; sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))",
	} {
		cmd := exec.CommandContext(t.Context(), python, "-c", script)
		cmd.Stdin = bytes.NewReader(a.body)
		got, err := cmd.Output()
		if err != nil || !bytes.Equal(got, b.body) {
			t.Errorf("%v; %d bytes, want %d", err, len(got), len(b.body))
		}
	}
}
