// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"math"
	"strconv"
	"unsafe"
)

// samples are points as they are read: times in Unix milliseconds.
type samples struct {
	times  []int64
	values []float64
}

// points reads [[time, value], …], and keeps those from first to last.
func (s *scanner) points(into *samples, first, last int64) error {
	return s.array(func() error { return s.point(into, first, last) })
}

// point reads [time, value].
func (s *scanner) point(into *samples, first, last int64) error {
	if s.end-s.pos < 64 {
		s.fill() // if there is more, the common point is in the buffer whole
	}
	if err := s.expect('['); err != nil {
		return err
	}
	t, err := s.time()
	if err != nil {
		return err
	}
	if err := s.expect(','); err != nil {
		return err
	}
	v, err := s.value()
	if err != nil {
		return err
	}
	if err := s.expect(']'); err != nil {
		return err
	}
	if t >= first && t <= last {
		into.times = append(into.times, t)
		into.values = append(into.values, v)
	}
	return nil
}

// maxSeconds is the largest number that is a time in seconds. Larger ones are
// milliseconds, by OpenTSDB's rule.
const maxSeconds = 9_999_999_999

// time reads a timestamp as Unix milliseconds.
func (s *scanner) time() (int64, error) {
	f, err := s.number()
	if err != nil {
		return 0, err
	}
	if math.Abs(f) <= maxSeconds {
		f *= 1000
	}
	if math.Abs(f) >= 1<<53 {
		return 0, s.fail("timestamp %v is out of range", f)
	}
	return int64(math.Round(f)), nil
}

// value reads a number, one in quotes as Prometheus writes it, or null, which
// is NaN.
func (s *scanner) value() (float64, error) {
	c, err := s.peek()
	if err != nil {
		return 0, err
	}
	switch c {
	default:
		return s.number()
	case 'n':
		return math.NaN(), s.literal("null")
	case '"':
		if s.end-s.pos > 1 && isDigit(s.buf[s.pos+1]) || s.end-s.pos > 2 && s.buf[s.pos+1] == '-' && isDigit(s.buf[s.pos+2]) {
			s.pos++
			v, err := s.number()
			if err != nil {
				return 0, err
			}
			return v, s.expect('"')
		}
	}
	text, err := s.bytes()
	if err != nil {
		return 0, err
	}
	switch string(text) {
	case "NaN":
		return math.NaN(), nil
	case "+Inf", "Inf":
		return math.Inf(1), nil
	case "-Inf":
		return math.Inf(-1), nil
	}
	return 0, s.fail("%.40q is not a number", text)
}

// number reads a JSON number.
func (s *scanner) number() (float64, error) {
	c, err := s.peek()
	if err != nil {
		return 0, err
	}
	for {
		f, n := parseNumber(s.buf[s.pos:s.end])
		if s.pos+n == s.end && s.fill() {
			continue // it may go on
		}
		if n == 0 {
			return 0, s.unexpected(c, "a number")
		}
		if f != f { // incomplete, or more than a float holds
			return 0, s.fail("%.40q is not a number", s.buf[s.pos:s.pos+n])
		}
		s.pos += n
		return f, nil
	}
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// parseNumber parses the JSON number that b starts with and returns its length,
// 0 if there is none. The number is NaN if it is cut off or out of range.
func parseNumber(b []byte) (f float64, n int) {
	i := 0
	negative := false
	if len(b) > 0 && b[0] == '-' {
		negative = true
		i++
	}
	var mantissa uint64
	digits, exponent := 0, 0
	whole := i
	for i < len(b) && isDigit(b[i]) {
		mantissa = mantissa*10 + uint64(b[i]-'0')
		i++
	}
	digits = i - whole
	switch {
	case i == 0:
		return 0, 0
	case digits == 0 || digits > 1 && b[whole] == '0':
		return math.NaN(), i
	}
	if i < len(b) && b[i] == '.' {
		i++
		fraction := i
		for i < len(b) && isDigit(b[i]) {
			mantissa = mantissa*10 + uint64(b[i]-'0')
			i++
		}
		if i == fraction {
			return math.NaN(), i
		}
		digits += i - fraction
		exponent = fraction - i
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		start := i
		for i < len(b) && isDigit(b[i]) {
			i++
		}
		if i == start {
			return math.NaN(), i
		}
		digits = 99 // for strconv
	}
	// With a mantissa and a power of ten that floats hold exactly, one division
	// rounds once, and so right (Clinger's fast path).
	if digits <= 19 && mantissa <= 1<<53 && exponent >= -22 {
		f = float64(mantissa)
		if exponent < 0 {
			f /= pow10(-exponent)
		}
		if negative {
			f = -f
		}
		return f, i
	}
	f, err := strconv.ParseFloat(unsafe.String(&b[0], i), 64) // keeps nothing of it
	if err != nil {
		return math.NaN(), i
	}
	return f, i
}

// pow10 returns 10^n for n from 0 to 22, exactly.
func pow10(n int) float64 {
	return [...]float64{
		1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
		1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
	}[n]
}
