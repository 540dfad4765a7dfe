// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"unsafe"
)

// maxNumber limits the length of a number, in bytes. Without a limit, an endless number would be
// parsed again and again as it arrives.
const maxNumber = 4096

// number reads a JSON number.
func (s *scanner) number() (float64, error) {
	c, err := s.peek()
	if err != nil {
		return 0, err
	}
	for {
		f, n := parseNumber(s.buf[s.pos:s.end])
		if n > maxNumber {
			return 0, s.fail("a number of more than %d bytes", maxNumber)
		}
		if s.pos+n == s.end && s.fill() {
			continue // the number may continue
		}
		if n == 0 {
			return 0, s.unexpected(c, "a number")
		}
		if s.pos+n == s.end && !isDigit(s.buf[s.end-1]) {
			return 0, s.ended()
		}
		if math.IsNaN(f) { // incomplete, or out of the range of a float64
			return 0, s.fail("%s is not a number", quoteNumber(s.buf[s.pos:s.pos+n]))
		}
		s.pos += n
		return f, nil
	}
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// parseNumber parses the JSON number at the beginning of b, and returns its length, or 0 if
// there is none. It returns NaN for a number that is incomplete or out of range.
func parseNumber(b []byte) (f float64, n int) {
	whole := 0
	if len(b) > 0 && b[0] == '-' {
		whole = 1
	}
	mantissa, i := digits(b, whole, 0)
	count := i - whole
	switch {
	case i == 0:
		return 0, 0
	case count == 0 || count > 1 && b[whole] == '0':
		return math.NaN(), i
	}
	exponent := 0
	if i < len(b) && b[i] == '.' {
		fraction := i + 1
		mantissa, i = digits(b, fraction, mantissa)
		if i == fraction {
			return math.NaN(), i
		}
		exponent = fraction - i
		count -= exponent
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		e, end := parseExponent(b, i+1)
		if !isDigit(b[end-1]) {
			return math.NaN(), end
		}
		exponent += e
		i = end
	}
	ok := count <= 19 // longer mantissas may have overflowed
	if ok {
		f, ok = scale(mantissa, exponent)
	}
	if !ok {
		f, err := strconv.ParseFloat(unsafe.String(&b[0], i), 64) // the string is not used after the call
		if err != nil {
			return math.NaN(), i
		}
		return f, i
	}
	if whole == 1 {
		f = -f
	}
	return f, i
}

// parseExponent parses the exponent of a number, after the e, and returns its end. If the
// exponent is incomplete, the character before the end is not a digit. Exponents far out of
// range are not exact.
func parseExponent(b []byte, i int) (exponent, end int) {
	sign := 1
	if i < len(b) && (b[i] == '+' || b[i] == '-') {
		if b[i] == '-' {
			sign = -1
		}
		i++
	}
	for i < len(b) && isDigit(b[i]) {
		exponent = min(exponent*10+int(b[i]-'0'), 1<<20)
		i++
	}
	return sign * exponent, i
}

// digits appends the run of decimal digits at b[i:] to a number, and returns the number and the
// end of the run. A number of more than 19 digits overflows.
func digits(b []byte, i int, number uint64) (uint64, int) {
	for i+8 <= len(b) {
		x, n := eightDigits(b[i:])
		if n == 8 {
			number = number*1e8 + sum(x)
			i += 8
			continue
		}
		x <<= 64 - 8*n // zeros precede the digits
		power := [...]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7}[n&7]
		return number*power + sum(x), i + int(n)
	}
	for i < len(b) && isDigit(b[i]) {
		number = number*10 + uint64(b[i]-'0')
		i++
	}
	return number, i
}

// eightDigits reads eight characters at once. It returns their values as digits, the first one
// in the lowest byte, and the number of leading characters that are digits.
func eightDigits(b []byte) (x uint64, n uint) {
	x = binary.LittleEndian.Uint64(b) ^ 0x3030303030303030
	// A character that is not a digit sets the highest bit of its byte. Its carry may also set
	// bits of later bytes, which do not matter.
	others := (x + 0x7676767676767676 | x) & 0x8080808080808080
	return x, uint(bits.TrailingZeros64(others)) / 8
}

// sum returns the number with eight decimal digits, the first one in the lowest byte. It combines
// pairs of digits, then pairs of the results, then the last two results.
func sum(x uint64) uint64 {
	x = (x*10 + x>>8) & 0x00ff00ff00ff00ff
	x = (x*100 + x>>16) & 0x0000ffff0000ffff
	return (x*10_000 + x>>32) & 0xffffffff
}

// scale returns mantissa · 10^exponent, correctly rounded. It returns false if that takes more
// than a few instructions; strconv.ParseFloat must then parse the number.
func scale(mantissa uint64, exponent int) (f float64, ok bool) {
	const exact = 1 << 53 // a float64 represents all integers up to this one
	switch {
	case mantissa <= exact && exponent <= 0 && exponent >= -22:
		return float64(mantissa) / pow10(-exponent), true // both are exact, so that it is rounded once (Clinger's fast path)
	case mantissa <= exact && exponent > 0 && exponent <= 22:
		return float64(mantissa) * pow10(exponent), true
	case mantissa > 0 && exponent <= 0 && exponent >= -27:
		return quotient(mantissa, -exponent), true
	}
	return 0, false
}

// quotient returns mantissa / 10^n, correctly rounded, for n from 0 to 27 and a mantissa greater
// than 0.
//
// 10^n is 5^n · 2^n. The power of two only changes the exponent of the float64. The division by
// 5^n is a division of integers whose highest bits are set, so that the quotient has 63 or 64
// bits. A float64 has 53 bits. To round correctly, it is therefore sufficient to know whether
// the remainder is 0.
func quotient(mantissa uint64, n int) float64 {
	divisor := pow5(n)
	up, down := bits.LeadingZeros64(mantissa), bits.LeadingZeros64(divisor)
	mantissa, divisor = mantissa<<up, divisor<<down
	q, rest := bits.Div64(mantissa>>1, mantissa<<63, divisor) // mantissa · 2^63 / divisor
	half := q>>1 | q&1
	if rest != 0 {
		half |= 1
	}
	power := down - up - n - 62
	return float64(int64(half)) * math.Float64frombits(uint64(1023+power)<<52)
}

// pow10 returns 10^n for n from 0 to 22, exactly.
func pow10(n int) float64 {
	return [...]float64{
		1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
		1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
	}[n]
}

// pow5 returns 5^n for n from 0 to 27.
func pow5(n int) uint64 {
	return [...]uint64{
		1, 5, 25, 125, 625, 3_125, 15_625, 78_125, 390_625, 1_953_125,
		9_765_625, 48_828_125, 244_140_625, 1_220_703_125, 6_103_515_625,
		30_517_578_125, 152_587_890_625, 762_939_453_125, 3_814_697_265_625,
		19_073_486_328_125, 95_367_431_640_625, 476_837_158_203_125,
		2_384_185_791_015_625, 11_920_928_955_078_125, 59_604_644_775_390_625,
		298_023_223_876_953_125, 1_490_116_119_384_765_625, 7_450_580_596_923_828_125,
	}[n]
}

// quoteNumber returns an invalid number for an error message. It does not quote a long text,
// because a part of it could be a part of a secret, which would not be recognized and removed.
func quoteNumber(text []byte) string {
	const most = 40
	if len(text) > most {
		return fmt.Sprintf("a text of %d bytes", len(text))
	}
	return strconv.Quote(string(text))
}
