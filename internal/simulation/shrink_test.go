// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"slices"
	"testing"
)

// attempts is the number of runs of a shortened schedule, because some failures depend on the
// scheduler.
const attempts = 3

// shrink returns the numbers of the steps that are required for a failure of a schedule. It uses
// delta debugging: it removes half of the steps, a quarter of them, and so on, and keeps a shorter
// schedule if the same check fails.
func shrink(s schedule, check string, run func(schedule) []failure) []int {
	kept := make([]int, len(s.steps))
	for i := range kept {
		kept[i] = i
	}
	fails := func(steps []int) bool {
		for range attempts {
			if slices.ContainsFunc(run(s.keep(steps)), func(f failure) bool { return f.check == check }) {
				return true
			}
		}
		return false
	}
	for size := max(1, len(kept)/2); size > 0; size /= 2 {
		for at := 0; at < len(kept); {
			rest := slices.Delete(slices.Clone(kept), at, min(at+size, len(kept)))
			if fails(rest) {
				kept = rest
			} else {
				at += size
			}
		}
	}
	return kept
}

func TestShrink_KeepsTheStepsThatAFailureNeeds(t *testing.T) {
	s := newSchedule(1)
	s.steps = make([]step, 25)
	for i := range s.steps {
		s.steps[i].n = i
	}
	has := func(s schedule, n int) bool {
		return slices.ContainsFunc(s.steps, func(s step) bool { return s.n == n })
	}
	kept := shrink(s, "a", func(s schedule) []failure {
		if has(s, 3) && has(s, 17) {
			return []failure{{check: "a"}}
		}
		return []failure{{check: "b"}}
	})
	if !slices.Equal(kept, []int{3, 17}) {
		t.Errorf("kept %v, want 3 and 17", kept)
	}
}
