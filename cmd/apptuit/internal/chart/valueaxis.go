// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// largest is the largest number that is drawn: with larger ones the differences
// overflow.
const largest = 1e300

// valueAxis goes from low to high, and has a tick at each multiple of step
// between them.
type valueAxis struct{ low, high, step float64 }

var _ plot.Ticker = valueAxis{}

// newValueAxis returns an axis for values from low to high, with about so many
// intervals at most. 0 is on it if that does not flatten the lines.
func newValueAxis(low, high float64, intervals int) valueAxis {
	if low > high { // no values
		return valueAxis{0, 1, math.Inf(1)}
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
	step := niceStep((high - low) / float64(max(2, intervals)))
	return valueAxis{math.Floor(low/step) * step, math.Ceil(high/step) * step, step}
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

// Ticks implements [plot.Ticker].
func (a valueAxis) Ticks(low, high float64) []plot.Tick {
	if math.IsInf(a.step, 0) {
		return []plot.Tick{{Label: " "}} // has the room of a label
	}
	format := a.format()
	var ticks []plot.Tick
	for i := math.Round(low / a.step); i <= math.Round(high/a.step); i++ {
		v := i * a.step
		ticks = append(ticks, plot.Tick{Value: v, Label: format(v)})
	}
	return ticks
}

// format returns how the labels are written: all with the same prefix of the SI
// and the same number of decimals.
func (a valueAxis) format() func(float64) string {
	const most = 3 // decimals that are easy to read
	size := max(math.Abs(a.low), math.Abs(a.high))
	scale, prefix := 1.0, ""
	for _, p := range []struct {
		scale  float64
		prefix string
	}{{1e18, "E"}, {1e15, "P"}, {1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}, {1, ""}, {1e-3, "m"}, {1e-6, "µ"}, {1e-9, "n"}, {1e-12, "p"}} {
		if size >= p.scale {
			scale, prefix = p.scale, p.prefix
			break
		}
	}
	if prefix == "m" && decimals(a.step) <= most {
		scale, prefix = 1, "" // 0.005 is as short
	}
	if size >= 1e21 || size < 1e-12 {
		return func(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
	}
	n := decimals(a.step / scale)
	if n > most { // an axis of a short range far from 0
		scale, prefix, n = 1, "", decimals(a.step)
	}
	return func(v float64) string {
		if v == 0 {
			return "0"
		}
		return strconv.FormatFloat(v/scale, 'f', n, 64) + prefix
	}
}

// decimals returns how many a multiple of step has.
func decimals(step float64) int {
	return max(0, int(-math.Floor(math.Log10(step)+1e-9)))
}
