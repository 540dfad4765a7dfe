// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestQueue_CallsInOrderAndOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got, want []int
		q := New(func(i int) { time.Sleep(time.Millisecond); got = append(got, i) })
		for i := range 50 {
			q.Add(i)
			want = append(want, i)
		}
		q.Wait(t.Context(), time.Hour)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestQueue_SurvivesPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		q := New(func(int) { calls++; panic("handler") })
		q.Add(1)
		q.Add(2)
		q.Wait(t.Context(), time.Hour)
		if calls != 2 {
			t.Errorf("%d calls", calls)
		}
	})
}

// A handler may call Add and Wait of its own queue.
func TestQueue_HandlerMayUseTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q *Queue[int]
		sum := 0
		q = New(func(i int) {
			sum += i
			if i == 1 {
				q.Add(10)
			}
			q.Wait(t.Context(), time.Second)
		})
		q.Add(1)
		q.Wait(t.Context(), time.Hour)
		if sum != 11 {
			t.Errorf("the values add up to %d", sum)
		}
	})
}

func TestQueue_IsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls, blocked := 0, make(chan struct{})
		q := New(func(int) { calls++; <-blocked })
		q.Add(0)
		synctest.Wait()
		for i := range 10 * maxWaiting {
			q.Add(i)
		}
		q.Wait(t.Context(), time.Second) // returns although the handler is blocked
		close(blocked)
		q.Wait(t.Context(), time.Hour)
		if calls != 1+maxWaiting {
			t.Errorf("%d calls", calls)
		}
	})
}
