// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package servers

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDiff_ListsDifferences(t *testing.T) {
	point := func(metric string, value float64) Point {
		return Point{Metric: metric, Tags: map[string]string{"b": "1", "a": `"`}, Time: 5, Value: value}
	}
	f := func(want, got []Point, tolerance float64, lines ...string) {
		t.Helper()
		diff := Diff(want, got, tolerance)
		if len(lines) == 0 {
			if diff != "" {
				t.Errorf("difference: %s", diff)
			}
			return
		}
		found := strings.Split(diff, "\n\t")[1:]
		if d := cmp.Diff(lines, found); d != "" {
			t.Errorf("differences (-want +got):\n%s", d)
		}
	}
	a, b := point("a", 1), point("b", 2)
	later, other := a, a
	later.Time = 6
	other.Tags = map[string]string{"b": "1"}

	f(nil, nil, 0)
	f([]Point{a, b}, []Point{b, a}, 0)
	f([]Point{a, a}, []Point{a, a}, 0)
	f([]Point{a, b}, []Point{b}, 0, `missing: a{"a"="\"", "b"="1"} at 5 = 1`)
	f([]Point{a}, []Point{a, b}, 0, `extra:   b{"a"="\"", "b"="1"} at 5 = 2`)
	f([]Point{a}, []Point{a, a}, 0, `extra:   a{"a"="\"", "b"="1"} at 5 = 1`)
	f([]Point{a, a}, []Point{a}, 0, `missing: a{"a"="\"", "b"="1"} at 5 = 1`)
	f([]Point{a}, []Point{later}, 0, `extra:   a{"a"="\"", "b"="1"} at 6 = 1`, `missing: a{"a"="\"", "b"="1"} at 5 = 1`)
	f([]Point{a}, []Point{other}, 0, `extra:   a{"b"="1"} at 5 = 1`, `missing: a{"a"="\"", "b"="1"} at 5 = 1`)
	f([]Point{a}, []Point{point("a", 1+1e-9)}, 0, `value:   a{"a"="\"", "b"="1"} at 5 = 1.000000001, want 1`)
	f([]Point{a}, []Point{point("a", 1+1e-9)}, 1e-8)
	f([]Point{point("a", -1)}, []Point{point("a", 1)}, 0.5, `value:   a{"a"="\"", "b"="1"} at 5 = 1, want -1`)

	many := make([]Point, 25)
	for i := range many {
		many[i] = a
	}
	if diff := Diff(nil, many, 0); !strings.HasPrefix(diff, "25 differences between 0 points wanted and 25 there:") || !strings.HasSuffix(diff, "and 5 more") {
		t.Errorf("many differences: %s", diff)
	}
}
