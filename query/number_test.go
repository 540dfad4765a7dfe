// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// checkNumber compares the result of parseNumber with that of strconv, to the last bit, if the
// text is a JSON number. Digits are parsed eight at a time, so that the bytes after the number
// must not matter.
func checkNumber(t *testing.T, text string) {
	t.Helper()
	want, err := strconv.ParseFloat(text, 64)
	number := err == nil && json.Valid([]byte(text)) && strings.TrimSpace(text) == text
	for _, behind := range []string{"", "]", `"],[1767225600,`} {
		f, n := parseNumber([]byte(text + behind))
		whole := n > 0 && n == len(text) && !math.IsNaN(f)
		switch {
		case whole != number:
			t.Errorf("of %q, %d bytes are the number %v", text+behind, n, f)
		case number && math.Float64bits(f) != math.Float64bits(want):
			t.Errorf("%q: got %v, want %v", text+behind, f, want)
		}
	}
}

// numbers returns numbers at the limits of the methods of scale.
func numbers() []string {
	return []string{
		"", "-", "0", "-0", "-0.0", "0.0e-9", "00", "01", "-01", "1.", ".5", "-.5", "1e", "1e+", "1E-", "+1", "1e5", "1E+22", "1e23", "1e-22", "1e-23",
		"9007199254740992", "9007199254740993", "9007199254740993e-1", "9007199254740993e22", "18446744073709551615", "18446744073709551616",
		"9999999999999999999", "99999999999999999999", "0.1", "0.30000000000000004", "123456789.12345678", "1234567.8", "12345678", "-123456789",
		"1e-27", "9999999999999999999e-27", "1e-28", "0.000000000000000000000000001", "10000000000000000000e-27",
		"5e-324", "2e-324", "1e-400", "1.7976931348623157e308", "1.8e308", "1e400", "1e99999999999999999999", "-1e-99999999999999999999",
		"0." + strings.Repeat("0", 30) + "1", strings.Repeat("9", 40), "1" + strings.Repeat("0", 18) + ".5",
		"12a", "1-2", "1.2.3", "1e2e3", "0x10", "1_0", "Inf", "NaN", "1 ",
	}
}

func TestParseNumber(t *testing.T) {
	for _, text := range numbers() {
		checkNumber(t, text)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 50_000 {
		checkNumber(t, strconv.FormatFloat(math.Float64frombits(random.Uint64()), 'e', -1, 64))
		checkNumber(t, strconv.FormatFloat(random.NormFloat64()*1000, 'f', random.IntN(19)-1, 64))
		checkNumber(t, strconv.FormatUint(random.Uint64()>>random.IntN(64), 10)+"e-"+strconv.Itoa(random.IntN(30)))
	}
}

// A number halfway between two floats is rounded to the even one. A further digit changes the
// result.
func TestParseNumber_HalfwayCases(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 50_000 {
		odd := 1<<53 | random.Uint64()>>11 | 1 // one bit more than the mantissa of a float64
		places := random.IntN(5)
		for range places {
			odd *= 5 // divided by 10^places, an odd number of halves, quarters, …
		}
		for _, digits := range []uint64{odd - 1, odd, odd + 1} {
			checkNumber(t, strconv.FormatUint(digits, 10)+"e-"+strconv.Itoa(places))
		}
	}
}

func FuzzParseNumber(f *testing.F) {
	for _, text := range numbers() {
		f.Add(text)
	}
	f.Fuzz(checkNumber)
}
