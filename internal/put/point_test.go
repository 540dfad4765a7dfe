// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// render returns the line of a point, as it is in a body.
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
			t.Errorf("the line contains a line break: %q", line)
		}
		if !json.Valid(line) {
			t.Fatalf("the line is not valid JSON: %q", line)
		}
		got, err := DecodePoint(line)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(model.Value{})); diff != "" {
			t.Errorf("%s\n%s", line, diff)
		}

		// The key of the line equals the key of the decoded point, such as a point in an answer.
		key, v, ok := SplitLine(line)
		if !ok || v != value {
			t.Errorf("split into %q and %s, %v", key, v.Append(nil), ok)
		}
		if !utf8Sorted(tags) {
			return // replaced bytes change the order; the client sends no such keys
		}
		if again := got.AppendKey(nil); !bytes.Equal(again, key) {
			t.Errorf("keys %q and %q", again, key)
		}
	})
}

// utf8Sorted reports whether the tags are still sorted after invalid bytes are replaced.
func utf8Sorted(tags []model.Tag) bool {
	return len(tags) < 2 || string([]rune(tags[0].Key)) < string([]rune(tags[1].Key))
}

func TestDecodePoint(t *testing.T) {
	want := Point{Metric: "m", Tags: map[string]string{"k": "v"}, Timestamp: 17, Value: model.Float(1.5)}
	for name, text := range map[string]string{
		"as sent":             `{"metric":"m","tags":{"k":"v"},"timestamp":17,"value":1.5}`,
		"another order":       `{"value":1.5,"timestamp":17,"tags":{"k":"v"},"metric":"m"}`,
		"numbers as text":     `{"metric":"m","tags":{"k":"v"},"timestamp":"17","value":"1.5"}`,
		"an additional field": `{"metric":"m","tags":{"k":"v"},"timestamp":17,"value":"1.50","tsuid":null}`,
		"escaped":             ` { "metric" : "\u006d", "tags" : {"k":"\u0076"}, "timestamp" : 17, "value" : 15e-1 } `,
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
		"not an object":    `[]`,
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
			t.Errorf("SplitLine accepts %q", line)
		}
	}
}

func TestAppendPrefix(t *testing.T) {
	got := string(AppendPrefix([]byte("before"), "cpu.load", []model.Tag{{Key: "a", Value: "1"}, {Key: "host", Value: "web1"}}))
	if want := `before{"metric":"cpu.load","tags":{"a":"1","host":"web1"},"timestamp":`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
