// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/encoding"
)

func TestValue_Append(t *testing.T) {
	for _, tt := range []struct {
		v    Value
		want string
	}{
		{Int(0), "0"},
		{Int(-7), "-7"},
		{Int(math.MaxInt64), "9223372036854775807"},
		{Int(math.MinInt64), "-9223372036854775808"},
		{Uint(7), "7"},
		{Uint(math.MaxInt64), "9223372036854775807"},
		{Uint(math.MaxInt64 + 1), "9.223372036854776e+18"},
		{Uint(math.MaxUint64), "1.8446744073709552e+19"},
		{Float(0), "0.0"},
		{Float(math.Copysign(0, -1)), "-0.0"},
		{Float(1), "1.0"},
		{Float(-1), "-1.0"},
		{Float(1.5), "1.5"},
		{Float(0.1), "0.1"},
		{Float(0.30000000000000004), "0.30000000000000004"},
		{Float(100), "100.0"},
		{Float(1e-4), "0.0001"},
		{Float(9.99e-5), "9.99e-05"},
		{Float(1 << 53), "9007199254740992.0"},
		{Float(math.Nextafter(1e16, 0)), "9999999999999998.0"},
		{Float(1e16), "1e+16"},
		{Float(-1e16), "-1e+16"},
		{Float(1e21), "1e+21"},
		{Float(math.MaxFloat64), "1.7976931348623157e+308"},
		{Float(math.SmallestNonzeroFloat64), "5e-324"},
	} {
		if got := string(tt.v.Append(nil)); got != tt.want {
			t.Errorf("%v: got %s, want %s", tt.v, got, tt.want)
		}
	}
}

func FuzzValueText(f *testing.F) {
	for _, v := range []float64{0, math.Copysign(0, -1), 1, -1.5, 1e16, 1e-5, 123456789, math.MaxFloat64, math.SmallestNonzeroFloat64, math.NaN(), math.Inf(-1)} {
		f.Add(math.Float64bits(v))
	}
	f.Fuzz(func(t *testing.T, bits uint64) {
		integer := int64(bits)
		if got := string(Int(integer).Append(nil)); got != strconv.FormatInt(integer, 10) {
			t.Errorf("integer %d: got %s", integer, got)
		}
		v := math.Float64frombits(bits)
		if finite := !math.IsNaN(v) && !math.IsInf(v, 0); Float(v).Finite() != finite {
			t.Fatalf("%v: finite is %v", v, !finite)
		} else if !finite {
			return
		}
		text := string(Float(v).Append(nil))
		if !json.Valid([]byte(text)) {
			t.Errorf("%v: %s is no JSON", v, text)
		}
		back, err := strconv.ParseFloat(text, 64)
		if err != nil || math.Float64bits(back) != bits {
			t.Errorf("%v: %s reads back as %v, %v", v, text, back, err)
		}
		if !strings.ContainsAny(text, ".e") {
			t.Errorf("%v: %s would be taken for an integer", v, text)
		}
		digits := func(s string) int {
			s, _, _ = strings.Cut(strings.TrimSuffix(strings.TrimPrefix(s, "-"), ".0"), "e")
			return len(strings.Trim(strings.ReplaceAll(s, ".", ""), "0"))
		}
		if shortest := strconv.FormatFloat(v, 'e', -1, 64); digits(text) != digits(shortest) {
			t.Errorf("%v: %s is not as short as %s", v, text, shortest)
		}
	})
}

func TestValue_Kinds(t *testing.T) {
	for _, tt := range []struct {
		name        string
		v           Value
		finite, nan bool
		float       float64
	}{
		{"integer", Int(math.MinInt64), true, false, math.MinInt64},
		{"integer whose bits are those of infinity", Int(0x7ff0000000000000), true, false, 0x7ff0000000000000},
		{"unsigned", Uint(math.MaxUint64), true, false, math.MaxUint64},
		{"float", Float(-1.5), true, false, -1.5},
		{"infinity", Float(math.Inf(1)), false, false, math.Inf(1)},
		{"negative infinity", Float(math.Inf(-1)), false, false, math.Inf(-1)},
	} {
		if tt.v.Finite() != tt.finite || tt.v.NaN() != tt.nan || tt.v.Float64() != tt.float {
			t.Errorf("%s: finite %v, NaN %v, %v", tt.name, tt.v.Finite(), tt.v.NaN(), tt.v.Float64())
		}
	}
	if nan := Float(math.NaN()); nan.Finite() || !nan.NaN() || !math.IsNaN(nan.Float64()) {
		t.Error("NaN is not NaN")
	}
}

func TestTimestamp(t *testing.T) {
	for _, tt := range []struct {
		at                    string
		seconds, milliseconds int64
	}{
		{"2023-11-14T22:13:20Z", 1700000000, 1700000000000},
		{"2023-11-14T22:13:20.999999999Z", 1700000000, 1700000000999},
		{"2023-11-15T00:13:20+02:00", 1700000000, 1700000000000},
		{"1970-01-01T00:00:01Z", 1, 1000},
		{"1970-01-01T00:00:00.5Z", 0, 500},
		{"1970-01-01T00:00:00Z", 0, 0},
		{"1969-12-31T23:59:59.5Z", 0, 0},
		{"1900-01-01T00:00:00Z", 0, 0},
		{"2286-11-20T17:46:39.999Z", 9999999999, 9999999999999},
		{"2286-11-20T17:46:40Z", 0, 0},
		{"9999-12-31T23:59:59Z", 0, 0},
		{"0001-01-01T00:00:00Z", 0, 0},
	} {
		at, err := time.Parse(time.RFC3339Nano, tt.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := Timestamp(at, false); got != tt.seconds {
			t.Errorf("%s: %d seconds, want %d", tt.at, got, tt.seconds)
		}
		if got := Timestamp(at, true); got != tt.milliseconds {
			t.Errorf("%s: %d milliseconds, want %d", tt.at, got, tt.milliseconds)
		}
		if tt.seconds > 0 && !Time(tt.seconds, false).Equal(at.Truncate(time.Second)) {
			t.Errorf("%s: Time gives %v back", tt.at, Time(tt.seconds, false))
		}
		if tt.milliseconds > 0 && !Time(tt.milliseconds, true).Equal(at.Truncate(time.Millisecond)) {
			t.Errorf("%s: Time gives %v back", tt.at, Time(tt.milliseconds, true))
		}
	}
	if got := Timestamp(time.Unix(math.MaxInt64, 0), true); got != 0 {
		t.Errorf("the end of time: %d", got)
	}
}

func TestMilliseconds(t *testing.T) {
	for ts, want := range map[int64]int64{
		0: 0, 1: 1000, 1700000000: 1700000000_000, 9_999_999_999: 9_999_999_999_000,
		10_000_000_000: 10_000_000_000, 1700000000_123: 1700000000_123,
		-1: -1000, -9_999_999_999: -9_999_999_999_000, -10_000_000_000: -10_000_000_000,
	} {
		if got := Milliseconds(ts); got != want {
			t.Errorf("Milliseconds(%d) = %d, want %d", ts, got, want)
		}
	}
	for ts, want := range map[float64]float64{1.5: 1500, 9_999_999_999.5: 9_999_999_999.5} {
		if got := Milliseconds(ts); got != want {
			t.Errorf("Milliseconds(%v) = %v, want %v", ts, got, want)
		}
	}
}

func TestCheckPoint(t *testing.T) {
	for _, tt := range []struct {
		name  string
		ts    int64
		v     Value
		field encoding.Field
		rule  error
	}{
		{"fine", 1, Float(0), "", nil},
		{"no timestamp", 0, Int(1), encoding.FieldTimestamp, encoding.ErrTimestamp},
		{"NaN", 1, Float(math.NaN()), encoding.FieldValue, encoding.ErrNotFinite},
		{"infinite", 1, Float(math.Inf(-1)), encoding.FieldValue, encoding.ErrNotFinite},
		{"both", 0, Float(math.NaN()), encoding.FieldTimestamp, encoding.ErrTimestamp},
	} {
		checkError(t, tt.name, CheckPoint(tt.ts, tt.v), tt.field, tt.rule)
	}
}

// checkError demands an *encoding.Error of a field and a rule, or none.
func checkError(t *testing.T, name string, err error, field encoding.Field, rule error) {
	t.Helper()
	if rule == nil {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return
	}
	var e *encoding.Error
	if !errors.As(err, &e) || e.Field != field || !errors.Is(err, rule) {
		t.Errorf("%s: got %v, want %v of %v", name, err, rule, field)
	}
}

func TestValue_Plus(t *testing.T) {
	for _, c := range []struct{ a, b, want Value }{
		{Int(2), Int(-5), Int(-3)},
		{Int(math.MaxInt64 - 1), Int(1), Int(math.MaxInt64)},
		{Int(math.MinInt64 + 1), Int(-1), Int(math.MinInt64)},
		{Int(math.MaxInt64), Int(1), Float(1 << 63)},
		{Int(math.MinInt64), Int(-1), Float(-(1 << 63))},
		{Value{}, Float(0.5), Float(0.5)},
		{Float(0.5), Int(2), Float(2.5)},
	} {
		if got := c.a.Plus(c.b); got != c.want {
			t.Errorf("%s + %s = %s, want %s", c.a.Append(nil), c.b.Append(nil), got.Append(nil), c.want.Append(nil))
		}
	}
}
