// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"math"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// samples collects the points of a series. It keeps them in blocks, so that the points of a long
// series are not copied each time a slice grows.
type samples struct {
	block         // the current block
	full  []block // the blocks before it
	spare []block // empty blocks for reuse
}

// block is a part of a series, with times in Unix milliseconds.
type block struct {
	times  []int64
	values []float64
}

const blockPoints = 8192 // capacity of a block

// add adds a point.
func (p *samples) add(t int64, v float64) {
	if len(p.times) == blockPoints {
		p.nextBlock()
	}
	p.times = append(p.times, t)
	p.values = append(p.values, v)
}

// nextBlock makes an empty block the current one.
func (p *samples) nextBlock() {
	p.full = append(p.full, p.block)
	if last := len(p.spare) - 1; last >= 0 {
		p.block, p.spare = p.spare[last], p.spare[:last]
		return
	}
	p.block = block{make([]int64, 0, blockPoints), make([]float64, 0, blockPoints)}
}

// take returns the points in slices of exactly their size, and removes them.
func (p *samples) take() (times []int64, values []float64) {
	if n := len(p.full)*blockPoints + len(p.times); n > 0 {
		times, values = make([]int64, 0, n), make([]float64, 0, n)
	}
	for _, b := range p.full {
		times, values = append(times, b.times...), append(values, b.values...)
		p.spare = append(p.spare, block{b.times[:0], b.values[:0]})
	}
	times, values = append(times, p.times...), append(values, p.values...)
	p.full, p.times, p.values = p.full[:0], p.times[:0], p.values[:0]
	return times, values
}

// points reads [[time, value], …]. It adds the points from first to last.
func (s *scanner) points(into *samples, first, last int64) error {
	more, err := s.open('[', ']', "an array")
	for more && err == nil {
		if err = s.point(into, first, last); err != nil {
			return err
		}
		more, err = s.next(']')
	}
	return err
}

// usualPair is a length in bytes that exceeds that of a point in the usual format.
const usualPair = 64

// point reads [time, value]. It adds the point if its time is from first to last.
func (s *scanner) point(into *samples, first, last int64) error {
	if s.end-s.pos < usualPair {
		s.fill()
	}
	t, v, n := parsePair(s.buf[s.pos:s.end])
	s.pos += n
	if n == 0 {
		var err error
		if t, v, err = s.pair(); err != nil {
			return err
		}
	}
	if t >= first && t <= last {
		into.add(t, v)
	}
	return nil
}

// parsePair is a fast version of pair for points in the format that servers usually send. It
// parses the point at the beginning of b, and returns its length in bytes. If the point is
// incomplete, invalid or in another format, the length is 0, and pair must read it.
func parsePair(b []byte) (t int64, v float64, n int) {
	if len(b) == 0 || b[0] != '[' {
		return 0, 0, 0
	}
	t, i := parseTime(b, 1)
	if i+2 > len(b) || b[i] != ',' {
		return 0, 0, 0
	}
	if i++; b[i] == ' ' {
		i++
	}
	quoted := i < len(b) && b[i] == '"'
	if quoted {
		i++
	}
	v, length := parseNumber(b[i:])
	i += length
	if length == 0 || math.IsNaN(v) {
		return 0, 0, 0
	}
	if quoted {
		if i == len(b) || b[i] != '"' {
			return 0, 0, 0
		}
		i++
	}
	if i == len(b) || b[i] != ']' {
		return 0, 0, 0
	}
	return t, v, i + 1
}

// parseTime parses a timestamp of 8 to 13 digits at b[i:], and returns its end. For another text,
// the character at the end is not the comma that follows a timestamp.
func parseTime(b []byte, i int) (ms int64, end int) {
	if i+13 >= len(b) || b[i] == '0' {
		return 0, 0
	}
	x, n := eightDigits(b[i:])
	if n < 8 {
		return 0, 0
	}
	number := int64(sum(x))
	i += 8
	for end = i + 5; i < end && isDigit(b[i]); i++ { // as many as in the last timestamp, which the branch predictor learns
		number = number*10 + int64(b[i]-'0')
	}
	return model.Milliseconds(number), i
}

// pair reads [time, value] in any valid format.
func (s *scanner) pair() (t int64, v float64, err error) {
	if err = s.expect('['); err != nil {
		return 0, 0, err
	}
	if t, err = s.time(); err != nil {
		return 0, 0, err
	}
	if err = s.expect(','); err != nil {
		return 0, 0, err
	}
	if v, err = s.value(); err != nil {
		return 0, 0, err
	}
	return t, v, s.expect(']')
}

// time reads a timestamp as Unix milliseconds.
func (s *scanner) time() (int64, error) {
	f, err := s.number()
	if err != nil {
		return 0, err
	}
	if f = model.Milliseconds(f); math.Abs(f) >= 1<<53 {
		return 0, s.fail("timestamp %v is out of range", f)
	}
	return int64(math.Round(f)), nil
}

// value reads a value: a number, a number in quotes, as Prometheus writes it, null, which becomes
// NaN, or the bare words NaN, Infinity and -Infinity, as Python's json writes them.
func (s *scanner) value() (float64, error) {
	c, err := s.peek()
	if err != nil {
		return 0, err
	}
	switch c {
	case 'n':
		return math.NaN(), s.literal("null")
	case '"':
		return s.quoted()
	}
	return s.bare()
}

// bare reads a number or one of the bare words NaN, Infinity and -Infinity.
func (s *scanner) bare() (float64, error) {
	s.need(2)
	switch rest := s.buf[s.pos:s.end]; {
	case rest[0] == 'N':
		return math.NaN(), s.literal("NaN")
	case rest[0] == 'I':
		return math.Inf(1), s.literal("Infinity")
	case rest[0] == '-' && len(rest) > 1 && rest[1] == 'I':
		return math.Inf(-1), s.literal("-Infinity")
	}
	return s.number()
}

// quoted reads a number in quotes.
func (s *scanner) quoted() (float64, error) {
	start := s.offset()
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
	f, n := parseNumber(text)
	if n == 0 || n < len(text) || math.IsNaN(f) {
		return 0, &DecodeError{Offset: start, Err: fmt.Errorf("%s is not a number", quoteNumber(text))}
	}
	return f, nil
}
