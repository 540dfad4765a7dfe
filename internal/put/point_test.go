// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// render is the line of a point.
func render(codec *Codec, metric string, tags []model.Tag, ts int64, v model.Value) []byte {
	var batch *Batch
	b := codec.NewBuilder(Limits{Points: 1, Bytes: math.MaxInt64}, func(b *Batch) { batch = b })
	b.Append(lineOf(AppendPrefix(nil, metric, tags), ts), v, 0)
	b.Flush()
	defer batch.Release()
	var out []byte
	_ = batch.Lines(context.Background(), func(_ int, line []byte) bool {
		out = bytes.Clone(line)
		return true
	})
	return out
}

func FuzzPoint(f *testing.F) {
	f.Add("cpu.load", "host", "web1", "b", "x", int64(1700000000), 1.5, int64(1), true)
	f.Add("", "", "", "k", "", int64(1), math.Copysign(0, -1), int64(math.MinInt64), false)
	f.Add("a\nb", "k\"\\", "line\r\nbreak\u2028\x00\x7f", "\xff\xfe", "\xed\xa0\x80", int64(9999999999), 5e-324, int64(math.MaxInt64), false)
	f.Add("日本", "é", `}","value":7}`, "a", `,"value":`, int64(1), 1e300, int64(0), true)
	codec := NewCodec(None)
	f.Fuzz(func(t *testing.T, metric, k1, v1, k2, v2 string, ts int64, float float64, integer int64, isFloat bool) {
		value := model.Int(integer)
		if isFloat {
			if value = model.Float(float); !value.Finite() {
				return
			}
		}
		valid := func(s string) string { return string([]rune(s)) } // each invalid byte becomes U+FFFD
		tags := []model.Tag{{Key: k1, Value: v1}}
		want := Point{Metric: valid(metric), Tags: map[string]string{valid(k1): valid(v1)}, Timestamp: ts, Value: value}
		if valid(k2) != valid(k1) {
			tags = append(tags, model.Tag{Key: k2, Value: v2})
			want.Tags[valid(k2)] = valid(v2)
		}
		model.SortTags(tags)

		line := render(codec, metric, tags, ts, value)
		if bytes.ContainsAny(line, "\n\r") {
			t.Errorf("more than a line: %q", line)
		}
		if !json.Valid(line) {
			t.Fatalf("no JSON: %q", line)
		}
		got, err := DecodePoint(line)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(model.Value{})); diff != "" {
			t.Errorf("%s\n%s", line, diff)
		}

		// Its key is what a decoded point, such as an echo, gives for it.
		key, v, ok := SplitLine(line)
		if !ok || v != value {
			t.Errorf("split into %q and %s, %v", key, v.Append(nil), ok)
		}
		if !utf8Sorted(tags) {
			return // replaced bytes sort elsewhere: no key of ours is like this
		}
		if again := got.AppendKey(nil); !bytes.Equal(again, key) {
			t.Errorf("keys %q and %q", again, key)
		}
	})
}

// utf8Sorted reports whether the tags are in order also as they are rendered.
func utf8Sorted(tags []model.Tag) bool {
	return len(tags) < 2 || string([]rune(tags[0].Key)) < string([]rune(tags[1].Key))
}

func TestDecodePoint(t *testing.T) {
	want := Point{Metric: "m", Tags: map[string]string{"k": "v"}, Timestamp: 17, Value: model.Float(1.5)}
	for name, text := range map[string]string{
		"as sent":         `{"metric":"m","tags":{"k":"v"},"timestamp":17,"value":1.5}`,
		"another order":   `{"value":1.5,"timestamp":17,"tags":{"k":"v"},"metric":"m"}`,
		"numbers as text": `{"metric":"m","tags":{"k":"v"},"timestamp":"17","value":"1.5"}`,
		"more than that":  `{"metric":"m","tags":{"k":"v"},"timestamp":17,"value":"1.50","tsuid":null}`,
		"escaped":         ` { "metric" : "\u006d", "tags" : {"k":"\u0076"}, "timestamp" : 17, "value" : 15e-1 } `,
	} {
		got, err := DecodePoint([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff(want, got, cmp.AllowUnexported(model.Value{})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for name, text := range map[string]string{
		"nothing":          ``,
		"null":             `null`,
		"no object":        `[]`,
		"no timestamp":     `{"metric":"m","tags":{"k":"v"},"value":1}`,
		"no value":         `{"metric":"m","tags":{"k":"v"},"timestamp":1}`,
		"null value":       `{"metric":"m","tags":{"k":"v"},"timestamp":1,"value":null}`,
		"text as a value":  `{"metric":"m","tags":{"k":"v"},"timestamp":1,"value":"one"}`,
		"broken timestamp": `{"metric":"m","tags":{"k":"v"},"timestamp":1.5,"value":1}`,
		"number as a tag":  `{"metric":"m","tags":{"k":1},"timestamp":1,"value":1}`,
		"number as metric": `{"metric":1,"tags":{"k":"v"},"timestamp":1,"value":1}`,
		"unfinished":       `{"metric":"m","tags":{"k":"v"},"timestamp":1,"value":1`,
	} {
		if p, err := DecodePoint([]byte(text)); err == nil {
			t.Errorf("%s: %v", name, p)
		}
	}
}

func TestSplitLine(t *testing.T) {
	key, v, ok := SplitLine([]byte(`{"metric":"m","tags":{"k":",\"value\":3"},"timestamp":17,"value":-0.0}`))
	if want := `{"metric":"m","tags":{"k":",\"value\":3"},"timestamp":17`; string(key) != want || !ok {
		t.Errorf("the key is %s, %v", key, ok)
	}
	if v != model.Float(math.Copysign(0, -1)) {
		t.Errorf("the value is %s", v.Append(nil))
	}
	for _, line := range []string{"", "{}", `{"metric":"m"}`, `{"timestamp":1,"value":x}`} {
		if _, _, ok := SplitLine([]byte(line)); ok {
			t.Errorf("%q has been split", line)
		}
	}
}

func TestAppendPrefix(t *testing.T) {
	got := string(AppendPrefix([]byte("before"), "cpu.load", []model.Tag{{Key: "a", Value: "1"}, {Key: "host", Value: "web1"}}))
	if want := `before{"metric":"cpu.load","tags":{"a":"1","host":"web1"},"timestamp":`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if s := NewSeries([]byte(got)); s.Prefix() != got {
		t.Errorf("the series has %s", s.Prefix())
	}
}

func TestMark(t *testing.T) {
	type mark struct {
		generation uint32
		ts         int64
		owner      uint32
		first      uint32
		ok         bool
	}
	for _, tt := range []struct {
		name  string
		marks []mark
	}{
		{"once a generation", []mark{{1, 10, 1, 1, true}, {2, 10, 2, 2, true}, {3, 10, 1, 1, true}}},
		{"twice", []mark{{1, 10, 1, 1, true}, {1, 10, 2, 1, false}, {1, 10, 3, 1, false}, {2, 10, 2, 2, true}}},
		{"twice by the same", []mark{{1, 10, 1, 1, true}, {1, 10, 1, 1, false}}},
		{"ascending", []mark{{1, 10, 1, 1, true}, {1, 11, 1, 1, true}, {1, 12, 1, 1, true}, {1, 11, 2, 1, false}, {1, 10, 2, 1, false}, {1, 12, 2, 1, false}}},
		{"descending", []mark{{1, 12, 1, 1, true}, {1, 11, 2, 2, true}, {1, 10, 3, 3, true}, {1, 11, 9, 2, false}, {1, 12, 9, 1, false}, {1, 10, 9, 3, false}}},
		{"in between", []mark{{1, 10, 1, 1, true}, {1, 30, 2, 2, true}, {1, 20, 3, 3, true}, {1, 20, 4, 3, false}, {1, 30, 4, 2, false}, {1, 40, 4, 4, true}, {1, 30, 5, 2, false}}},
		{"forgotten with the generation", []mark{{1, 10, 1, 1, true}, {1, 20, 1, 1, true}, {2, 20, 2, 2, true}, {2, 10, 2, 2, true}, {2, 10, 1, 2, false}}},
	} {
		s := NewSeries(nil)
		for i, m := range tt.marks {
			if first, ok := s.Mark(m.generation, m.ts, m.owner); first != m.first || ok != m.ok {
				t.Errorf("%s, mark %d: got %d, %v, want %d, %v", tt.name, i, first, ok, m.first, m.ok)
			}
		}
	}
}

func TestMarkAllocatesNothing(t *testing.T) {
	s := NewSeries(nil)
	generation := uint32(0)
	if n := testing.AllocsPerRun(100, func() {
		generation++
		s.Mark(generation, 10, 1)
		s.Mark(generation, 10, 2)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestTable(t *testing.T) {
	budget := NewBudget(1000)
	table := NewTable(budget)
	key := func(b byte, n int) []byte { return []byte(strings.Repeat(string(b), n)) }

	a := table.Intern(key('a', 100))
	if a == nil || table.Intern(key('a', 100)) != a || table.Lookup(key('a', 100)) != a {
		t.Fatal("equal prefixes are not one series")
	}
	one := budget.Used()
	if one < 100 || table.Bytes() != one || table.Len() != 1 {
		t.Errorf("one series takes %d bytes, the table %d, with %d series", one, table.Bytes(), table.Len())
	}
	if b := table.Intern(key('b', 1000)); b != nil || budget.Used() != one || table.Lookup(key('b', 1000)) != nil {
		t.Errorf("what does not fit is kept: %d bytes in use", budget.Used())
	}
	if table.Charge(1001-one) || budget.Used() != one {
		t.Error("a charge over the limit")
	}
	if !table.Charge(1000-one) || budget.Used() != 1000 || budget.Used() != budget.Limit() {
		t.Errorf("a charge up to the limit: %d in use", budget.Used())
	}
	if table.Intern(key('a', 100)) != a {
		t.Error("a full table refuses what it has")
	}
	table.Charge(one - 1000)

	other := NewTable(budget)
	if other.Intern(key('c', 900)) != nil {
		t.Error("two tables have more than the budget")
	}
	if c := other.Intern(key('a', 100)); c == nil || c == a {
		t.Error("two tables share a series, or one of them has no room")
	}
	other.Close()
	if budget.Used() != one {
		t.Errorf("a closed table keeps bytes: %d in use", budget.Used())
	}

	for range 2 {
		table.Release(a)
		if table.Lookup(key('a', 100)) != a {
			t.Fatal("released while it has users")
		}
	}
	table.Release(a)
	if table.Lookup(key('a', 100)) != nil || table.Bytes() != 0 || budget.Used() != 0 || table.Len() != 0 {
		t.Errorf("after the last user: %d bytes, %d in use", table.Bytes(), budget.Used())
	}
	table.Close()
	if budget.Used() != 0 {
		t.Errorf("at last %d bytes are in use", budget.Used())
	}
}
