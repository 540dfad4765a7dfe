// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the tests need zones on every machine

	"gonum.org/v1/plot/vg"
)

// labels returns the labels of ticks, and checks that they are in range and
// order.
func labels(t *testing.T, ticks []tick, low, high float64) string {
	t.Helper()
	var all []string
	for i, tick := range ticks {
		if tick.value < low || tick.value > high || i > 0 && tick.value <= ticks[i-1].value {
			t.Errorf("tick %d of %v is not between %v and %v, or not after the one before", i, ticks, low, high)
		}
		all = append(all, tick.label)
	}
	return strings.Join(all, " ")
}

func TestTimeAxis_Ticks(t *testing.T) {
	t.Parallel()
	f := func(zone, from string, length time.Duration, want, caption string) {
		t.Helper()
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		start, err := time.ParseInLocation("2006-01-02 15:04:05", from, loc)
		if err != nil {
			t.Fatal(err)
		}
		a := newTimeAxis(start, start.Add(length), 450)
		if got := labels(t, a.ticks(), unix(start), unix(start.Add(length))); got != want {
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
	f("Europe/Zurich", "2026-10-25 00:00:00", 6*time.Hour, "Oct 25 01:00 02:00 02:00 03:00 04:00 05:00", "2026-10-25 CEST/CET")
	f("America/New_York", "2026-11-01 00:00:00", 5*time.Hour, "Nov 1 01:00 01:00 02:00 03:00 04:00", "2026-11-01 EDT/EST")
	f("Europe/Zurich", "2026-10-25 01:30:00", 2*time.Hour, "01:30 01:45 02:00 02:15 02:30 02:45 02:00 02:15 02:30", "2026-10-25 CEST/CET")
	f("Europe/Zurich", "2026-10-24 20:00:00", day, "21:00 Oct 25 03:00 06:00 09:00 12:00 15:00 18:00", "2026-10-24 to 2026-10-25 CEST/CET")
	f("Europe/Zurich", "2026-10-22 12:00:00", 7*day, "Oct 23 Oct 24 Oct 25 Oct 26 Oct 27 Oct 28 Oct 29", "2026-10-22 to 2026-10-29 CEST/CET")
}

func TestTimeAxis_LabelsDoNotOverlap(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		length := time.Duration(math.Exp(random.Float64()*math.Log(float64(20*365*24*time.Hour)/1e7)) * 1e7)
		from := time.Unix(random.Int64N(2e9), random.Int64N(1e9)).UTC()
		width := vg.Length(200 + random.Float64()*1000)
		a := newTimeAxis(from, from.Add(length), width)
		used := vg.Length(0)
		ticks := a.ticks()
		for _, tick := range ticks {
			used += tickStyle().Width(tick.label) + 8
		}
		if used > width+tickStyle().Width("15:04:05.000") {
			t.Fatalf("%v from %v on %v: %d labels take %v", length, from, width, len(ticks), used)
		}
		if len(ticks) == 0 && width > 400 {
			t.Fatalf("%v from %v on %v: no ticks at pace %+v", length, from, width, a.pace)
		}
	}
}

// A picture of 300 pixels has at least this width, and its reader needs two times to read others
// by.
func TestTimeAxis_HasTwoLabelsInASmallPicture(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Zurich")
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 1))
	for range 5000 {
		const year = 366 * 24 * time.Hour
		length := time.Duration(float64(time.Minute) * math.Pow(float64(year/time.Minute), random.Float64()))
		from := time.Unix(1.7e9+random.Int64N(1e8), 0).In(zone)
		if ticks := newTimeAxis(from, from.Add(length), 170).ticks(); len(ticks) < 2 {
			t.Errorf("%v from %v: %v", length, from, ticks)
		}
	}
}

func TestValueAxis_Ticks(t *testing.T) {
	t.Parallel()
	f := func(low, high float64, want string) {
		t.Helper()
		a := newValueAxis(low, high, 5, Unit{})
		if a.low > low || a.high < high {
			t.Errorf("%v to %v: the axis is %+v", low, high, a)
		}
		if got := labels(t, a.ticks(), a.low, a.high); got != want {
			t.Errorf("%v to %v: %s, want %s", low, high, got, want)
		}
	}
	f(0, 1, "0 0.2 0.4 0.6 0.8 1.0")
	f(3, 64, "0 20 40 60 80")
	f(90, 100, "90 92 94 96 98 100") // 0 would flatten the lines
	f(-100, -90, "-100 -98 -96 -94 -92 -90")
	f(-7, 12, "-10 -5 0 5 10 15")
	f(-40, -1, "-40 -30 -20 -10 0")
	f(0, 1500, "0 0.5 k 1.0 k 1.5 k")
	f(0, 123456, "0 50 k 100 k 150 k")
	f(2e6, 9.5e6, "0 2 M 4 M 6 M 8 M 10 M")
	f(0, 3e9, "0 1 G 2 G 3 G")
	f(0, 4e21, "0 1e+21 2e+21 3e+21 4e+21")
	f(0, 0.012, "0 0.005 0.010 0.015")
	f(0, 0.0004, "0 100 µ 200 µ 300 µ 400 µ")
	f(0, 3e-8, "0 10 n 20 n 30 n")
	f(0, 2e-15, "0 5e-16 1e-15 1.5e-15 2e-15")
	f(1000000.25, 1000000.75, "1000000.2 1000000.3 1000000.4 1000000.5 1000000.6 1000000.7 1000000.8")
	f(0, 950, "0 200 400 600 800 1000") // not 0.2 k
	f(5, 5, "4.4 4.6 4.8 5.0 5.2 5.4 5.6")
	f(0, 0, "-1.0 -0.5 0 0.5 1.0")
	f(-3, -3, "-3.4 -3.2 -3.0 -2.8 -2.6")
}

func TestValueAxis_TicksWithAUnit(t *testing.T) {
	t.Parallel()
	f := func(unit string, low, high float64, want string) {
		t.Helper()
		u, err := ParseUnit(unit)
		if err != nil {
			t.Fatal(err)
		}
		a := newValueAxis(low, high, 5, u)
		if a.low > low || a.high < high {
			t.Errorf("%v to %v %s: the axis is %+v", low, high, unit, a)
		}
		if got := labels(t, a.ticks(), a.low, a.high); got != want {
			t.Errorf("%v to %v %s: %s, want %s", low, high, unit, got, want)
		}
	}
	f("s", 0, 0.25, "0 50 ms 100 ms 150 ms 200 ms 250 ms")
	f("s", 0, 0.0009, "0 200 µs 400 µs 600 µs 800 µs 1000 µs")
	f("s", 0, 3e-7, "0 100 ns 200 ns 300 ns")
	f("s", 0, 90, "0 20 s 40 s 60 s 80 s 100 s")
	f("s", 0, 1500, "0 5 min 10 min 15 min 20 min 25 min")
	f("s", 0, 5*3600, "0 1 h 2 h 3 h 4 h 5 h")
	f("s", 0, 20*86400, "0 5 d 10 d 15 d 20 d")
	f("s", -3, 2, "-3 s -2 s -1 s 0 1 s 2 s")
	f("s", 0.2500001, 0.2500003, "0.25000010 s 0.25000015 s 0.25000020 s 0.25000025 s 0.25000030 s")
	f("ms", 0, 250, "0 50 ms 100 ms 150 ms 200 ms 250 ms")
	f("ms", 0, 4000, "0 1 s 2 s 3 s 4 s")
	f("us", 0, 40, "0 10 µs 20 µs 30 µs 40 µs")
	f("min", 0, 1, "0 20 s 40 s 60 s")
	f("h", 0, 72, "0 1 d 2 d 3 d")
	f("s/s", 0, 0.8, "0 200 ms/s 400 ms/s 600 ms/s 800 ms/s")
	f("By", 0, 3<<29, "0 0.5 GiB 1.0 GiB 1.5 GiB")
	f("By", 0, 900, "0 200 B 400 B 600 B 800 B 1000 B")
	f("By", 0, 5000, "0 1 KiB 2 KiB 3 KiB 4 KiB 5 KiB")
	f("By", 1<<40, 1<<40+5, "1099511627776 B 1099511627777 B 1099511627778 B 1099511627779 B 1099511627780 B 1099511627781 B")
	f("MiBy", 0, 4096, "0 1 GiB 2 GiB 3 GiB 4 GiB")
	f("kBy", 0, 0.9, "0 200 B 400 B 600 B 800 B 1000 B")
	f("By/s", 0, 2<<20, "0 0.5 MiB/s 1.0 MiB/s 1.5 MiB/s 2.0 MiB/s")
	f("bit/s", 0, 2.5e9, "0 0.5 Gbit/s 1.0 Gbit/s 1.5 Gbit/s 2.0 Gbit/s 2.5 Gbit/s")
	f("%", 0, 40, "0 10 % 20 % 30 % 40 %")
	f("%", 0, 4000, "0 1000 % 2000 % 3000 % 4000 %")
	f("Cel", -20, 30, "-20 °C -10 °C 0 10 °C 20 °C 30 °C")
	f("1", 0, 1.2e6, "0 0.5 M 1.0 M 1.5 M")
	f("1", 0, 0.5, "0 0.1 0.2 0.3 0.4 0.5")
	f("1/s", 0, 4000, "0 1 k/s 2 k/s 3 k/s 4 k/s")
	f("/s", 0, 4, "0 1 /s 2 /s 3 /s 4 /s")
	f("{request}", 0, 1.2e6, "0 0.5 M 1.0 M 1.5 M")
	f("{request}/s", 0, 4, "0 1 2 3 4")
	f("kg", 0, 0.3, "0 100 g 200 g 300 g")
	f("W", 0, 4000, "0 1 kW 2 kW 3 kW 4 kW")
	f("m", 0, 0.005, "0 1 mm 2 mm 3 mm 4 mm 5 mm")
	f("V", 0, 3e30, "0 1e+30 V 2e+30 V 3e+30 V")
	f("By", 0, 0, "-1.0 B -0.5 B 0 0.5 B 1.0 B")
}

func TestParseUnit_RefusesUnknownUnits(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "sec", "bytes", "b", "KB", "By/", "By/x", "/x", "/", "By/s/s", "{}", "{request", "{request}By", "mmin", "m%", "kkBy", "s "} {
		if u, err := ParseUnit(text); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("unknown unit %q", text)) {
			t.Errorf("%q is %+v, %v", text, u, err)
		}
	}
}

func TestUnit_TitleNamesTheThingsThatAreCounted(t *testing.T) {
	t.Parallel()
	for unit, want := range map[string][2]string{
		"s": {"m", ""}, "By/s": {"m", ""}, "{request}": {"m in request", "request"}, "{request}/s": {"m in request/s", "request/s"},
		"{a b/c}/min": {"m in a b/c/min", "a b/c/min"},
	} {
		u, err := ParseUnit(unit)
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]string{u.title("m"), u.title("")}; got != want {
			t.Errorf("%s: %q, want %q", unit, got, want)
		}
	}
}

func TestValueAxis_HasFewTicks(t *testing.T) {
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
		a := newValueAxis(low, high, 5, Unit{})
		if n := len(a.ticks()); n < 2 || n > 9 || a.low > low+a.step*1e-9 || a.high < high-a.step*1e-9 {
			t.Fatalf("%v to %v: %+v, %d ticks", low, high, a, n)
		}
	}
}

func TestValueAxis_HasNoTicksWithoutValues(t *testing.T) {
	t.Parallel()
	a := newValueAxis(math.Inf(1), math.Inf(-1), 5, Unit{})
	if ticks := a.ticks(); len(ticks) > 0 || a.low >= a.high {
		t.Errorf("%+v has the ticks %v", a, ticks)
	}
}
