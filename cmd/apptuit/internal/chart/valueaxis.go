// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"math"
	"strconv"
	"strings"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/si"
)

// largest is the largest number that is drawn: with larger ones the differences
// overflow, and so do numbers in another unit.
const largest = 1e280

// tick is a mark on an axis.
type tick struct {
	value float64
	label string
}

// valueAxis goes from low to high, and has a tick at each multiple of step
// between them. All three are in the unit of the values.
type valueAxis struct {
	low, high, step float64
	size            float64 // the value that a label shows as 1
	name            string  // the unit in a label, such as ms
	decimals        int     // of a label; negative for exponents
}

// newValueAxis returns an axis for values from low to high, with about so many
// intervals at most. 0 is on it if that does not flatten the lines.
func newValueAxis(low, high float64, intervals int, unit Unit) valueAxis {
	if low > high { // no values
		return valueAxis{low: 0, high: 1, step: math.Inf(1)}
	}
	switch {
	case low > 0 && low <= high/2:
		low = 0
	case high < 0 && high >= low/2:
		high = 0
	}
	if spread := high - low; spread <= math.Abs(high)*1e-12 || spread == 0 {
		// One value, perhaps with noise: as much room as there are digits to tell.
		room := max(math.Abs(low), math.Abs(high)) / 10
		if room == 0 {
			room = 1
		}
		low, high = low-room, high+room
	}
	a := valueAxis{low: low, high: high}
	a.label(unit, (high-low)/float64(max(2, intervals)))
	const rounding = 1e-9 // of a step: needs no further tick
	a.low = min(low, math.Floor(low/a.step+rounding)*a.step)
	a.high = max(high, math.Ceil(high/a.step-rounding)*a.step)
	return a
}

// label chooses the multiple of the unit that the labels count, and a step of at least a size
// that is a round number of it.
func (a *valueAxis) label(unit Unit, least float64) {
	const most = 3 // decimals that are easy to read
	use := func(r rung) {
		a.size, a.name = r.size/unit.perUnit(), strings.TrimSpace(r.name+unit.per)
		step := niceStep(least / a.size)
		a.step, a.decimals = step*a.size, decimals(step)
	}
	size := max(math.Abs(a.low), math.Abs(a.high)) * unit.perUnit()
	if !si.InRange(size) {
		use(unit.one())
		a.decimals = -1
		return
	}
	r := unit.of(size)
	use(r)
	short := unit.kind == plain && r.size == 1e-3 && decimals(a.step) <= most // 0.005 is as short as 5 m
	if short || a.decimals > most {                                           // or a short range far from 0
		use(unit.one())
	}
}

// niceStep returns the next 1, 2 or 5 times a power of ten.
func niceStep(least float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(least)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= least*0.999 {
			return m * power
		}
	}
	return 10 * power
}

// ticks returns the ticks from low to high.
func (a valueAxis) ticks() []tick {
	if math.IsInf(a.step, 0) {
		return nil
	}
	var ticks []tick
	for i := math.Round(a.low / a.step); i <= math.Round(a.high/a.step); i++ {
		v := i * a.step
		ticks = append(ticks, tick{v, a.text(v)})
	}
	return ticks
}

// text returns a value as it is written. All labels have the same unit and number of decimals.
func (a valueAxis) text(v float64) string {
	var number string
	switch {
	case v == 0:
		return "0"
	case a.decimals < 0:
		number = strconv.FormatFloat(v/a.size, 'g', 6, 64)
	default:
		number = strconv.FormatFloat(v/a.size, 'f', a.decimals, 64)
	}
	if a.name == "" {
		return number
	}
	return number + " " + a.name
}

// decimals returns how many a multiple of step has.
func decimals(step float64) int {
	return max(0, int(-math.Floor(math.Log10(step)+1e-9)))
}
