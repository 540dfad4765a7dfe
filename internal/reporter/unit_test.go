// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"testing"
	"time"
)

func TestUnitOf_KnowsUnitsOfTimeOnly(t *testing.T) {
	for unit, want := range map[string]time.Duration{
		"ns": 1, "us": time.Microsecond, "µs": time.Microsecond, "μs": time.Microsecond, "ms": time.Millisecond, "s": time.Second,
		"min": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "": 0, "1": 0, "By": 0, "m": 0, "S": 0, "{s}": 0, "By/s": 0,
	} {
		if got, ok := UnitOf(unit); got != want || ok != (want != 0) {
			t.Errorf("unit %q is %v, %v, want %v", unit, got, ok, want)
		}
	}
}

func TestScale_RoundsOnce(t *testing.T) {
	for _, c := range []struct {
		from, to    time.Duration
		value, want float64
	}{
		{time.Millisecond, time.Second, 9, 0.009},
		{time.Second, time.Millisecond, 0.25, 250},
		{time.Second, time.Second, 0.1, 0.1},
		{time.Nanosecond, time.Second, 123456789, 0.123456789},
		{24 * time.Hour, time.Second, 0.5, 43200},
		{time.Minute, 90 * time.Second, 3, 2},
	} {
		if got := scaleOf(c.from, c.to).of(c.value); got != c.want {
			t.Errorf("%v of %v in %v: %v, want %v", c.value, c.from, c.to, got, c.want)
		}
	}
	if got := (scale{}).of(7); got != 7 {
		t.Errorf("the zero scale makes %v of 7", got)
	}
}
