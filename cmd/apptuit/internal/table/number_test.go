// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package table

import (
	"math"
	"strings"
	"testing"
)

func TestHuman_HasFourDigits(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{
		0: "0", 1: "1", -1: "-1", 0.5: "0.5", 12.345678: "12.35", 9999: "9999", 9999.6: "10k", 10_000: "10k",
		12_346: "12.35k", 1_234_567: "1.235M", -2e9: "-2G", 1e12: "1T", 1e15: "1P", 1.23456e18: "1.235E", 1e21: "1e+21",
		0.001: "0.001", 0.000_123_4: "123.4µ", 5e-7: "500n", 1e-10: "100p", 1e-13: "1e-13", 999_999: "1M",
		math.Inf(1): "+Inf", math.Inf(-1): "-Inf", math.MaxFloat64: "1.798e+308", 100: "100", 1000: "1000",
	} {
		if got := Human(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
	if got := Human(math.NaN()); got != Missing {
		t.Errorf("NaN: %q", got)
	}
}

func TestNumbers_AreAligned(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		values []float64
		want   string
	}{
		{[]float64{0, 0.5, 1.5, 2}, "0.0 0.5 1.5 2.0"},
		{[]float64{10, 11, nan, inf}, "10 11 - +Inf"},
		{[]float64{10.41, 8.2, -30}, "10.41 8.20 -30.00"},
		{[]float64{1.5e9, 1.501e9}, "1.500G 1.501G"},
		{[]float64{1e9, 2e9}, "1G 2G"},
		{[]float64{123456, 45600}, "123.5k 45.6k"},
		{[]float64{1e6, 5}, "1M 5"}, // in M, the 5 would be 0.000
		{[]float64{0.00025, 0.0001}, "250µ 100µ"},
		{[]float64{0, 0}, "0 0"},
		{[]float64{nan}, "-"},
		{[]float64{1e20, 2e20}, "100E 200E"},
		{[]float64{1e22, 2e22}, "1e+22 2e+22"},
		{nil, ""},
	} {
		format := Numbers(c.values)
		var got []string
		for _, v := range c.values {
			got = append(got, format(v))
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%v: %s, want %s", c.values, text, c.want)
		}
	}
}

func TestRaw_HasAllDigits(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{1234567.891: "1.234567891e+06", 0.1: "0.1", math.Inf(-1): "-Inf"} {
		if got := Raw(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
}

func TestAxis_TellsStepsApart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		least, most float64
		want        string
	}{
		{0, 10, "0 5 10"},
		{0, 1, "0.0 0.5 1.0"},
		{1e6, 1.01e6, "1.000M 1.005M 1.010M"},
		{-2e9, 2e9, "-2.0G 0.0G 2.0G"},
		{-math.MaxFloat64, math.MaxFloat64, "-1.798e+308 0 1.798e+308"},
	} {
		format := Axis(c.least, c.most, 10)
		got := format(c.least) + " " + format(c.least/2+c.most/2) + " " + format(c.most)
		if got != c.want {
			t.Errorf("%v to %v: %s, want %s", c.least, c.most, got, c.want)
		}
	}
}
