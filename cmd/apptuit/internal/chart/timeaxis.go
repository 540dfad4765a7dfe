// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"math"
	"time"

	"gonum.org/v1/plot/vg"
)

// timeAxis has its ticks at round times of the clock or calendar, in the time zone of from.
type timeAxis struct {
	from, to time.Time
	pace     pace
}

// newTimeAxis returns an axis with as many labels as fit into a width. If only one label would fit, it has
// two labels that are close together.
func newTimeAxis(from, to time.Time, width vg.Length) timeAxis {
	a := timeAxis{from: from, to: to.In(from.Location())}
	style, gap := tickStyle(), min(28, width/12)
	all := paces()
	for i, p := range all {
		a.pace = p
		label := style.Width(from.Format(p.layout)) + gap
		if a.to.Sub(from).Seconds()/p.seconds() <= float64(width/label) {
			if i > 0 && len(a.ticks()) < 2 {
				a.pace = all[i-1]
			}
			break
		}
	}
	return a
}

// ticks returns the ticks between from and to.
func (a timeAxis) ticks() []tick {
	var ticks []tick
	for _, t := range a.pace.times(a.from, a.to) {
		layout := a.pace.layout
		if h, m, s := t.Clock(); a.pace.clock() && h+m+s+t.Nanosecond() == 0 {
			layout = dateLayout // another day begins
		}
		ticks = append(ticks, tick{unix(t), t.Format(layout)})
	}
	return ticks
}

// beyond returns the width that the last label needs to the right of the area. The area and this part
// share the given width.
func (a timeAxis) beyond(width vg.Length) vg.Length {
	ticks := a.ticks()
	if len(ticks) == 0 {
		return 0
	}
	last := ticks[len(ticks)-1]
	share := vg.Length((last.value - unix(a.from)) / (unix(a.to) - unix(a.from)))
	if share == 0 {
		return 0
	}
	return max(0, width-(width-tickStyle().Width(last.label)/2)/share)
}

// caption returns the days and the time zone of the axis.
func (a timeAxis) caption() string {
	first, last := a.from.Format(time.DateOnly), a.to.Format(time.DateOnly)
	zone, _ := a.from.Zone()
	if other, _ := a.to.Zone(); other != zone {
		zone += "/" + other
	}
	if first == last {
		return first + " " + zone
	}
	return first + " to " + last + " " + zone
}

// pace is the distance between ticks: a part of an hour, hours of a day, days, or months.
type pace struct {
	part                time.Duration
	hours, days, months int
	layout              string
}

const dateLayout = "Jan 2"

func paces() []pace {
	var all []pace
	parts := func(layout string, unit time.Duration, numbers ...int) {
		for _, n := range numbers {
			all = append(all, pace{part: time.Duration(n) * unit, layout: layout})
		}
	}
	parts("15:04:05.000", time.Millisecond, 1, 2, 5, 10, 20, 50, 100, 200, 500)
	parts("15:04:05", time.Second, 1, 2, 5, 10, 15, 30)
	parts("15:04", time.Minute, 1, 2, 5, 10, 15, 30)
	for _, n := range []int{1, 2, 3, 6, 12} {
		all = append(all, pace{hours: n, layout: "15:04"})
	}
	for _, n := range []int{1, 2, 7, 14} {
		all = append(all, pace{days: n, layout: dateLayout})
	}
	for _, n := range []int{1, 2, 3, 6} {
		all = append(all, pace{months: n, layout: "Jan 2006"})
	}
	for _, n := range []int{1, 2, 5, 10, 50, 100} {
		all = append(all, pace{months: 12 * n, layout: "2006"})
	}
	return all
}

// clock reports whether the labels are times of the day.
func (p pace) clock() bool { return p.part > 0 || p.hours > 0 }

func (p pace) seconds() float64 {
	const hour = 3600
	switch {
	case p.part > 0:
		return p.part.Seconds()
	case p.hours > 0:
		return float64(p.hours) * hour
	case p.days > 0:
		return float64(p.days) * 24 * hour
	}
	return float64(p.months) * 365.2425 / 12 * 24 * hour
}

// times returns the ticks between from and to, both included.
func (p pace) times(from, to time.Time) []time.Time {
	var out []time.Time
	add := func(t time.Time) {
		if !t.Before(from) && !t.After(to) && (len(out) == 0 || t.After(out[len(out)-1])) {
			out = append(out, t)
		}
	}
	switch {
	case p.part > 0:
		p.parts(from, to, add)
	case p.months > 0:
		p.calendar(from, to, add)
	default:
		p.clockTimes(from, to, add)
	}
	return out
}

// parts adds multiples of a part of an hour. The clock of a time zone may differ from UTC by half an hour.
func (p pace) parts(from, to time.Time, add func(time.Time)) {
	_, offset := from.Zone()
	shift := time.Duration(offset) * time.Second
	for t := from.Add(shift).Truncate(p.part).Add(-shift); !t.After(to); t = t.Add(p.part) {
		add(t)
	}
}

// clockTimes adds hours of each day, or midnights of days. Weeks begin on Monday.
func (p pace) clockTimes(from, to time.Time, add func(time.Time)) {
	const monday = 4 // days from 1970-01-01 to the first Monday
	y, m, d := from.Date()
	for n := 0; ; n++ {
		midnight := time.Date(y, m, d+n, 0, 0, 0, 0, from.Location())
		if midnight.After(to) {
			return
		}
		if p.days > 0 {
			number := int(math.Floor(time.Date(y, m, d+n, 0, 0, 0, 0, time.UTC).Sub(time.Unix(0, 0)).Hours()/24)) - monday
			if number%p.days == 0 {
				add(midnight)
			}
			continue
		}
		for h := 0; h < 24; h += p.hours {
			// An hour that the clocks skip in spring has no tick.
			t := time.Date(y, m, d+n, h, 0, 0, 0, from.Location())
			if t.Hour() != h {
				continue
			}
			// An hour that the clocks repeat in autumn has two. Date returns one of them.
			if again := t.Add(-time.Hour); p.hours == 1 && again.Hour() == h {
				add(again)
			}
			add(t)
			if again := t.Add(time.Hour); p.hours == 1 && again.Hour() == h {
				add(again)
			}
		}
	}
}

func (p pace) calendar(from, to time.Time, add func(time.Time)) {
	month := from.Year()*12 + int(from.Month()) - 1
	for month -= month % p.months; ; month += p.months {
		t := time.Date(0, time.Month(month+1), 1, 0, 0, 0, 0, from.Location())
		if t.After(to) {
			return
		}
		add(t)
	}
}
