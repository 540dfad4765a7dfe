// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var (
	firstSeed = flag.Uint64("seed", 0, "run only the schedule of this seed, and print it")
	keptSteps = flag.String("steps", "", "with -seed: the numbers of the steps to run, separated by commas; all without it")
	runs      = flag.Int("runs", 1, "with -seed: how often to run the schedule")
	schedules = flag.Int("schedules", 0, "how many schedules to run; 1,000 without it, 10,000 with LONG_TESTS=1")
	from      = flag.Uint64("from", 1, "the first seed of the schedules")
)

// TestMain raises the garbage collection target, because schedules allocate much memory and keep
// little of it. It makes a panic print the stacks of all goroutines, which contain the seed.
func TestMain(m *testing.M) {
	debug.SetTraceback("all")
	debug.SetGCPercent(800)
	os.Exit(m.Run())
}

// run runs a schedule and returns its failures. If a goroutine does not end, synctest panics.
func run(t *testing.T, s schedule) (failures []failure) {
	w := (*world)(nil)
	defer func() {
		if r := recover(); r != nil {
			failures = append(failures, failure{"goroutines", fmt.Sprint(r)})
		}
		if w != nil {
			failures = append(failures, w.ledger.failures...)
		}
	}()
	synctest.Test(t, func(*testing.T) {
		w = newWorld(s)
		w.run(s)
	})
	return failures
}

// TestSimulation runs random schedules, or the schedule of the flag -seed.
func TestSimulation(t *testing.T) {
	if *firstSeed != 0 {
		runOne(t)
		return
	}
	n := *schedules
	switch {
	case n > 0:
	case os.Getenv("LONG_TESTS") != "":
		n = 10_000
	case testing.Short():
		n = 100
	default:
		n = 1000
	}
	start := time.Now()
	var next, failed atomic.Int64
	t.Run("schedules", func(t *testing.T) {
		for shard := range runtime.GOMAXPROCS(0) {
			t.Run(fmt.Sprint(shard), func(t *testing.T) {
				t.Parallel()
				for {
					i := next.Add(1)
					if i > int64(n) || failed.Load() >= 3 {
						return
					}
					s := newSchedule(*from + uint64(i) - 1)
					if failures := run(t, s); len(failures) > 0 {
						failed.Add(1)
						report(t, s, failures)
					}
				}
			})
		}
	})
	t.Logf("%d schedules in %v", n, time.Since(start).Round(time.Millisecond))
}

// runOne runs the schedule of the flags.
func runOne(t *testing.T) {
	s := newSchedule(*firstSeed)
	if *keptSteps != "" {
		var steps []int
		for text := range strings.SplitSeq(*keptSteps, ",") {
			i, err := strconv.Atoi(text)
			if err != nil || i < 0 || i >= len(s.steps) {
				t.Fatalf("-steps: %q is not the number of a step", text)
			}
			steps = append(steps, i)
		}
		s = s.keep(steps)
	}
	t.Logf("%+v", s.config)
	for i, step := range s.steps {
		t.Logf("%3d %v", i, step)
	}
	for range *runs {
		for _, f := range run(t, s) {
			t.Error(f)
		}
	}
}

// report prints a schedule that has failed, reduced to the steps that are required for the failure.
func report(t *testing.T, s schedule, failures []failure) {
	kept := shrink(s, failures[0].check, func(s schedule) []failure { return run(t, s) })
	var text strings.Builder
	fmt.Fprintf(&text, "seed %d, %d of %d steps:\n%+v\n", s.seed, len(kept), len(s.steps), s.config)
	var numbers []string
	for _, i := range kept {
		fmt.Fprintf(&text, "%3d %v\n", i, s.steps[i])
		numbers = append(numbers, strconv.Itoa(i))
	}
	for _, f := range failures {
		fmt.Fprintf(&text, "%v\n", f)
	}
	fmt.Fprintf(&text, "go test ./internal/simulation -run TestSimulation -seed %d -steps %s -runs 20 -v", s.seed, strings.Join(numbers, ","))
	t.Error(text.String())
}
