// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
)

// labels returns the labels of ticks, and checks that they are in range and
// order.
func labels(t *testing.T, ticks []plot.Tick, low, high float64) string {
	t.Helper()
	var all []string
	for i, tick := range ticks {
		if tick.Value < low || tick.Value > high || i > 0 && tick.Value <= ticks[i-1].Value {
			t.Errorf("tick %d of %v is not between %v and %v, or not after the one before", i, ticks, low, high)
		}
		all = append(all, tick.Label)
	}
	return strings.Join(all, " ")
}

func TestTicksOfTime(t *testing.T) {
	t.Parallel()
	f := func(zone, from string, length time.Duration, want, caption string) {
		t.Helper()
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Skip(err)
		}
		start, err := time.ParseInLocation("2006-01-02 15:04:05", from, loc)
		if err != nil {
			t.Fatal(err)
		}
		a := newTimeAxis(start, start.Add(length), 450)
		if got := labels(t, a.Ticks(0, 0), unix(start), unix(start.Add(length))); got != want {
			t.Errorf("%v from %s: %s\nwant %s", length, from, got, want)
		}
		if got := a.caption(); got != caption {
			t.Errorf("caption %q, want %q", got, caption)
		}
	}
	const day = 24 * time.Hour
	f("UTC", "2026-06-16 09:00:00", 10*time.Millisecond, "09:00:00.000 09:00:00.002 09:00:00.004 09:00:00.006 09:00:00.008 09:00:00.010", "2026-06-16 UTC")
	f("UTC", "2026-06-16 09:00:07", time.Minute, "09:00:10 09:00:20 09:00:30 09:00:40 09:00:50 09:01:00", "2026-06-16 UTC")
	f("UTC", "2026-06-16 09:03:07", time.Hour, "09:10 09:20 09:30 09:40 09:50 10:00", "2026-06-16 UTC")
	f("Asia/Kolkata", "2026-06-16 09:03:07", 3*time.Hour, "09:30 10:00 10:30 11:00 11:30 12:00", "2026-06-16 IST")
	f("UTC", "2026-06-16 21:00:00", 6*time.Hour, "21:00 22:00 23:00 Jun 17 01:00 02:00 03:00", "2026-06-16 to 2026-06-17 UTC")
	f("Europe/Zurich", "2026-06-16 01:00:00", day, "03:00 06:00 09:00 12:00 15:00 18:00 21:00 Jun 17", "2026-06-16 to 2026-06-17 CEST")
	f("UTC", "2026-06-16 12:00:00", 7*day, "Jun 17 Jun 18 Jun 19 Jun 20 Jun 21 Jun 22 Jun 23", "2026-06-16 to 2026-06-23 UTC")
	f("UTC", "2026-06-16 12:00:00", 30*day, "Jun 22 Jun 29 Jul 6 Jul 13", "2026-06-16 to 2026-07-16 UTC") // Mondays
	f("UTC", "2025-11-16 12:00:00", 120*day, "Dec 2025 Jan 2026 Feb 2026 Mar 2026", "2025-11-16 to 2026-03-16 UTC")
	f("UTC", "2021-11-16 12:00:00", 5*365*day, "2022 2023 2024 2025 2026", "2021-11-16 to 2026-11-15 UTC")
	f("UTC", "1500-01-01 00:00:00", 200*365*day, "1500 1550 1600 1650", "1500-01-01 to 1699-11-13 UTC")

	// In March a day has no 2 o'clock, in October it has two.
	f("Europe/Zurich", "2026-03-29 00:00:00", 6*time.Hour, "Mar 29 01:00 03:00 04:00 05:00 06:00 07:00", "2026-03-29 CET/CEST")
	f("Europe/Zurich", "2026-03-29 00:00:00", 12*time.Hour, "Mar 29 04:00 06:00 08:00 10:00 12:00", "2026-03-29 CET/CEST")
	f("Europe/Zurich", "2026-10-24 20:00:00", day, "21:00 Oct 25 03:00 06:00 09:00 12:00 15:00 18:00", "2026-10-24 to 2026-10-25 CEST/CET")
	f("Europe/Zurich", "2026-10-22 12:00:00", 7*day, "Oct 23 Oct 24 Oct 25 Oct 26 Oct 27 Oct 28 Oct 29", "2026-10-22 to 2026-10-29 CEST/CET")
}

func TestLabelsOfTimeHaveRoom(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		length := time.Duration(math.Exp(random.Float64()*math.Log(float64(20*365*24*time.Hour)/1e7)) * 1e7)
		from := time.Unix(random.Int64N(2e9), random.Int64N(1e9)).UTC()
		width := vg.Length(200 + random.Float64()*1000)
		a := newTimeAxis(from, from.Add(length), width)
		used := vg.Length(0)
		ticks := a.Ticks(0, 0)
		for _, tick := range ticks {
			used += tickStyle().Width(tick.Label) + 8
		}
		if used > width+tickStyle().Width("15:04:05.000") {
			t.Fatalf("%v from %v on %v: %d labels take %v", length, from, width, len(ticks), used)
		}
		if len(ticks) == 0 && width > 400 {
			t.Fatalf("%v from %v on %v: no ticks at pace %+v", length, from, width, a.pace)
		}
	}
}

func TestTicksOfValues(t *testing.T) {
	t.Parallel()
	f := func(low, high float64, want string) {
		t.Helper()
		a := newValueAxis(low, high, 5)
		if a.low > low || a.high < high {
			t.Errorf("%v to %v: the axis is %+v", low, high, a)
		}
		if got := labels(t, a.Ticks(a.low, a.high), a.low, a.high); got != want {
			t.Errorf("%v to %v: %s, want %s", low, high, got, want)
		}
	}
	f(0, 1, "0 0.2 0.4 0.6 0.8 1.0")
	f(3, 64, "0 20 40 60 80")
	f(90, 100, "90 92 94 96 98 100") // 0 would flatten the lines
	f(-100, -90, "-100 -98 -96 -94 -92 -90")
	f(-7, 12, "-10 -5 0 5 10 15")
	f(-40, -1, "-40 -30 -20 -10 0")
	f(0, 1500, "0 0.5k 1.0k 1.5k")
	f(0, 123456, "0 50k 100k 150k")
	f(2e6, 9.5e6, "0 2M 4M 6M 8M 10M")
	f(0, 3e9, "0 1G 2G 3G")
	f(0, 4e21, "0 1e+21 2e+21 3e+21 4e+21")
	f(0, 0.012, "0 0.005 0.010 0.015")
	f(0, 0.0004, "0 100µ 200µ 300µ 400µ")
	f(0, 3e-8, "0 10n 20n 30n")
	f(0, 2e-15, "0 5e-16 1e-15 1.5e-15 2e-15")
	f(1000000.25, 1000000.75, "1000000.2 1000000.3 1000000.4 1000000.5 1000000.6 1000000.7 1000000.8")
	f(5, 5, "4.4 4.6 4.8 5.0 5.2 5.4 5.6")
	f(0, 0, "-1.0 -0.5 0 0.5 1.0")
	f(-3, -3, "-3.4 -3.2 -3.0 -2.8 -2.6")
}

func TestAnAxisOfValuesHasFewTicks(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 1))
	for range 20000 {
		value := func() float64 {
			return (random.Float64() - 0.5) * math.Pow(10, float64(random.IntN(600)-300))
		}
		low, high := value(), value()
		if random.IntN(2) == 0 {
			high = low * (1 + random.Float64()*math.Pow(10, -float64(random.IntN(18))))
		}
		low, high = min(low, high), max(low, high)
		a := newValueAxis(low, high, 5)
		if n := len(a.Ticks(a.low, a.high)); n < 2 || n > 9 || a.low > low+a.step*1e-9 || a.high < high-a.step*1e-9 {
			t.Fatalf("%v to %v: %+v, %d ticks", low, high, a, n)
		}
	}
}

func TestNothingHasNoTicks(t *testing.T) {
	t.Parallel()
	a := newValueAxis(math.Inf(1), math.Inf(-1), 5)
	if diff := cmp.Diff([]plot.Tick{{Label: " "}}, a.Ticks(0, 1)); diff != "" {
		t.Error(diff)
	}
}
