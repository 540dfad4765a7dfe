// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/otel/attribute"
)

// random returns a random value, and the same value in the SDK's type.
func random(r *rand.Rand, v pcommon.Value, depth int) attribute.Value {
	texts := []string{"", "a", `"q" \ <&>`, "ü\u2028\u2029\n\t\x00\x7f\x1f", "\xff\xfe", "\b\f\r", "日本語"}
	kinds := 8
	if depth == 0 {
		kinds = 6
	}
	switch r.IntN(kinds) {
	case 0:
		s := texts[r.IntN(len(texts))]
		v.SetStr(s)
		return attribute.StringValue(s)
	case 1:
		b := r.IntN(2) == 0
		v.SetBool(b)
		return attribute.BoolValue(b)
	case 2:
		n := r.Int64() - math.MaxInt64/2
		v.SetInt(n)
		return attribute.Int64Value(n)
	case 3:
		floats := []float64{
			0, math.Copysign(0, -1), 1, 1e6, 1e20, 1e21, 1e-5, 0.1, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64,
			math.SmallestNonzeroFloat64, r.NormFloat64(),
		}
		f := floats[r.IntN(len(floats))]
		v.SetDouble(f)
		return attribute.Float64Value(f)
	case 4:
		b := make([]byte, r.IntN(5))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		v.SetEmptyBytes().FromRaw(b)
		return attribute.ByteSliceValue(b)
	case 5:
		return attribute.Value{}
	case 6:
		var values []attribute.Value
		s := v.SetEmptySlice()
		for range r.IntN(8) {
			values = append(values, random(r, s.AppendEmpty(), depth-1))
		}
		return attribute.SliceValue(values...)
	default:
		var values []attribute.KeyValue
		m := v.SetEmptyMap()
		for _, i := range r.Perm(len(texts))[:r.IntN(len(texts))] {
			values = append(values, attribute.KeyValue{Key: attribute.Key(texts[i]), Value: random(r, m.PutEmpty(texts[i]), depth-1)})
		}
		return attribute.MapValue(values...)
	}
}

// An attribute gets the same text as by the exporter for Go programs.
func TestText_AsSDK(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		v := pcommon.NewValueEmpty()
		want := random(r, v, 3)
		if diff := cmp.Diff(want.String(), text(v)); diff != "" {
			t.Fatalf("%v: the SDK's (-), ours (+):\n%s", v.AsRaw(), diff)
		}
		if string(appendText([]byte("x"), v)) != "x"+text(v) {
			t.Fatalf("%v: two texts", v.AsRaw())
		}
	}
}

// Values that are nested too deep are cut off.
func TestText_LimitsDepth(t *testing.T) {
	v := pcommon.NewValueEmpty()
	for i, inner := 0, v; i < 100_000; i++ {
		if i%2 == 0 {
			inner = inner.SetEmptySlice().AppendEmpty()
		} else {
			inner = inner.SetEmptyMap().PutEmpty("k")
		}
	}
	got := text(v)
	if !strings.HasPrefix(got, `[{"k":[{"k":`) || strings.Count(got, "[") != maxDepth/2 || !strings.Contains(got, "null") {
		t.Errorf("text %q", got)
	}
}

func TestIdentity_DependsOnAttributesNotOrder(t *testing.T) {
	a := attributes{hasher: newHasher()}
	id := func(attributes ...any) identity {
		m := pcommon.NewMap()
		putAttributes(m, attributes...)
		return a.identify(m)
	}
	same := [][2]identity{
		{id(), id()},
		{id("a", "1", "b", "2"), id("b", "2", "a", "1")},
		{id("a", 1), id("a", "1")}, // one series
	}
	for i, pair := range same {
		if pair[0] != pair[1] {
			t.Errorf("pair %d differs", i)
		}
	}
	seen := map[identity]int{}
	for i, set := range [][]any{
		{},
		{"a", ""},
		{"a", "b"},
		{"b", "a"},
		{"ab", ""},
		{"", "ab"},
		{"a", "b", "c", "d"},
		{"a", "bc", "d", ""},
		{"a", "b", "cd", ""},
		{"a", "bcd"},
		{"a", "\x01\x00\x00\x00\x00\x00\x00\x00"},
		{"a", []any{}},
		{"a", map[string]any{}},
		{"a", 1, "b", 2},
		{"a", 2, "b", 1},
		{"a", 12},
		{"a", 1.5},
	} {
		k := id(set...)
		if other, ok := seen[k]; ok {
			t.Errorf("sets %d and %d are one", other, i)
		}
		seen[k] = i
		if i > 0 && k[0] == k[1] {
			t.Errorf("set %d: both halves are %x", i, k[0])
		}
	}
}

// If a sender repeats a key, which OTLP forbids, the first attribute counts, as in pcommon.
func TestSortedAttributes_FirstOfEqualKeys(t *testing.T) {
	m := pcommon.NewMap()
	putAttributes(m, "k", "first", "a", "x", "l", "second")
	for k, v := range m.All() { // there is no way to put a key twice
		if k == "l" {
			v.SetStr("second")
		}
	}
	pairs := sortedAttributes(nil, m)
	if len(pairs) != 3 || pairs[0].key != "a" || pairs[1].value.Str() != "first" {
		t.Errorf("%v", pairs)
	}
}
