// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"math"
	"strconv"
	"strings"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/si"
)

// largest is the largest number that is drawn. With larger numbers, differences and conversions to
// another unit would overflow.
const largest = 1e280

// tick is a mark on an axis.
type tick struct {
	value float64
	label string
}

// valueAxis runs from low to high, and has a tick at each multiple of step. All three are in the unit of
// the values.
type valueAxis struct {
	low, high, step float64
	size            float64 // the value that a label shows as 1
	name            string  // the unit in a label, such as ms
	decimals        int     // of a label; negative for labels with an exponent
}

// newValueAxis returns an axis for values from low to high, with at most about intervals steps. The axis
// includes 0 unless the lines would become flat.
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
		// One value, perhaps with rounding errors: the range is a tenth of the value in both directions.
		room := max(math.Abs(low), math.Abs(high)) / 10
		if room == 0 {
			room = 1
		}
		low, high = low-room, high+room
	}
	a := valueAxis{low: low, high: high}
	a.label(unit, (high-low)/float64(max(2, intervals)))
	const rounding = 1e-9 // part of a step that is a rounding error
	a.low = min(low, math.Floor(low/a.step+rounding)*a.step)
	a.high = max(high, math.Ceil(high/a.step-rounding)*a.step)
	return a
}

// label chooses the multiple of the unit for the labels, and a step that is a round number of the multiple
// and not smaller than least.
func (a *valueAxis) label(unit Unit, least float64) {
	const most = 3 // largest number of decimals that is easy to read
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

// niceStep returns the smallest step of 1, 2 or 5 times a power of ten that is not smaller than least.
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

// text returns the label of a value. All labels have the same unit and number of decimals.
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

// decimals returns the number of decimals of the multiples of step.
func decimals(step float64) int {
	return max(0, int(-math.Floor(math.Log10(step)+1e-9)))
}
