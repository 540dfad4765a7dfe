// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
)

// In an outage the program makes one attempt, and after that one probe per back-off
// interval.
func TestSpool_SendsOneProbePerBackoff(t *testing.T) {
	for name, retry := range map[string]apptuitclient.RetryConfig{
		"retries":         {Enabled: true},
		"without retries": {},
	} {
		synctest.Test(t, func(t *testing.T) {
			var under atomic.Int32
			f, over := outageOf(t, func(*call) (answer, error) {
				if n := under.Add(1); n > 1 {
					t.Errorf("%s: %d requests at a time", name, n)
				}
				defer under.Add(-1)
				time.Sleep(100 * time.Millisecond)
				return status(503), nil
			})
			defer over()
			c := f.spooling(spoolDir(t), apptuitclient.WithRetry(retry))
			const minutes = 8
			slow := 0
			for i := range minutes * 60 {
				start := time.Now()
				send(t, c, numbered(i))
				if time.Since(start) > 0 {
					slow++
				}
				time.Sleep(time.Second - time.Since(start))
			}
			// Delays are uniform below 30 s: 32 probes are expected, and a few at the
			// start.
			if n := len(f.all()); n < 16 || n > 80 {
				t.Errorf("%s: %d requests in %d minutes", name, n, minutes)
			}
			if n := len(f.all()); slow > n {
				t.Errorf("%s: %d Sends took their time, for %d requests", name, slow, n)
			}
			wantStats(t, c, apptuitclient.SpoolStats{Batches: minutes * 60, Points: minutes * 60, Spooled: minutes * 60})
		})
	}
}

// Older batches are replayed first, at most ten requests per second, including those of an
// earlier process.
func TestReplay_SendsOldestFirstAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := spoolDir(t)
		f := &fake{t: t, answer: func(*call) (answer, error) { return answer{}, syscall.ECONNREFUSED }}
		first := f.spooling(dir)
		for i := range 30 {
			send(t, first, numbered(i))
			time.Sleep(time.Second)
		}
		first.Close()
		wantStats(t, first, apptuitclient.SpoolStats{Batches: 30, Points: 30, Spooled: 30})

		f = newFake(t, status(204))
		var w warnings
		second := f.spooling(dir, w.option())
		wantStats(t, second, apptuitclient.SpoolStats{Batches: 30, Points: 30, Found: 30})
		time.Sleep(time.Minute)
		calls := f.all()
		var got []int
		for i, c := range calls {
			got = append(got, c.numbers(t)...)
			if i > 0 && c.at.Sub(calls[i-1].at) < 100*time.Millisecond {
				t.Errorf("request %d comes %v after the one before", i, c.at.Sub(calls[i-1].at))
			}
		}
		if len(got) != 30 || !slices.IsSorted(got) {
			t.Errorf("delivered %v", got)
		}
		if took := calls[29].at.Sub(calls[0].at); took > 4*time.Second {
			t.Errorf("it took %v", took)
		}
		wantStats(t, second, apptuitclient.SpoolStats{Found: 30, Replayed: 30})
		w.want(t, "is empty again: 30 points delivered")
	})
}

func TestReplay_HonoursTheRate(t *testing.T) {
	for rate, gap := range map[float64]time.Duration{0.5: 2 * time.Second, 100: 10 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			dir := spoolDir(t)
			f, over := outageOf(t, always(503))
			c := f.spooling(dir, apptuitclient.WithSpool(dir, apptuitclient.WithSpoolRate(rate)))
			for i := range 10 {
				send(t, c, numbered(i))
			}
			over()
			outage := len(f.all())
			time.Sleep(2 * time.Minute)
			calls := f.all()[outage:]
			if len(calls) != 10 {
				t.Fatalf("%d requests", len(calls))
			}
			for i := 1; i < len(calls); i++ {
				if got := calls[i].at.Sub(calls[i-1].at); got != gap {
					t.Errorf("request %d comes %v after the one before, want %v", i, got, gap)
				}
			}
		})
	}
}

// Live batches do not wait for the replay.
func TestReplay_DoesNotDelayLiveBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := spoolDir(t)
		f, over := outageOf(t, always(503))
		c := f.spooling(dir, apptuitclient.WithSpool(dir, apptuitclient.WithSpoolRate(1)))
		for i := range 60 {
			send(t, c, numbered(i))
		}
		over()
		time.Sleep(10 * time.Second) // a short outage
		before := stats(t, c)
		if before.Replayed < 5 || before.Points < 40 {
			t.Errorf("%+v", before)
		}
		start := time.Now()
		send(t, c, numbered(100))
		if s := stats(t, c); s.Spooled != before.Spooled || time.Since(start) > 0 {
			t.Errorf("%+v, after %v", s, time.Since(start))
		}
	})
}

func TestSpool_HonoursRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{t: t, answer: always(503, "Retry-After", "20")}
		c := f.spooling(spoolDir(t))
		for i := range 600 {
			send(t, c, numbered(i))
			time.Sleep(time.Second)
		}
		calls := f.all()
		for i := 1; i < len(calls); i++ {
			if got := calls[i].at.Sub(calls[i-1].at); got <= 20*time.Second || got > 22*time.Second {
				t.Errorf("request %d comes %v after the one before", i, got)
			}
		}
		if len(calls) < 28 {
			t.Errorf("%d requests", len(calls))
		}
	})
}

// The replay honours Retry-After even without live batches.
func TestReplay_HonoursRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := spoolDir(t)
		c := newFake(t, status(503)).spooling(dir)
		send(t, c, numbered(0))
		c.Close()
		f := newFake(t, status(429, "Retry-After", "40"), status(429, "Retry-After", "90"), status(204))
		f.spooling(dir)
		time.Sleep(time.Hour)
		waits := f.waits()
		if len(waits) != 2 || waits[0] <= 40*time.Second || waits[0] > 41*time.Second || waits[1] <= 90*time.Second || waits[1] > 91*time.Second {
			t.Errorf("waits %v", waits)
		}
	})
}

// Live batches observe a Retry-After that the replay has received.
func TestReplay_RetryAfterHoldsForLiveBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := spoolDir(t)
		c := newFake(t, status(503)).spooling(dir)
		send(t, c, numbered(0))
		c.Close()
		f := newFake(t, status(429, "Retry-After", "40"), status(204))
		c = f.spooling(dir)
		time.Sleep(20 * time.Second)
		for i := range 3 {
			send(t, c, numbered(i+1))
			time.Sleep(5 * time.Second)
		}
		if n := len(f.all()); n != 1 {
			t.Errorf("%d requests within the time that the server asks for", n)
		}
		time.Sleep(time.Minute)
		wantStats(t, c, apptuitclient.SpoolStats{Found: 1, Spooled: 3, Replayed: 4})
	})
}

// A Retry-After of a hundred years is limited to an hour.
func TestSpool_LimitsRetryAfterToAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, status(503, "Retry-After", "999999999999"), status(204))
		c := f.spooling(spoolDir(t))
		send(t, c, numbered(0))
		time.Sleep(59 * time.Minute)
		send(t, c, numbered(1))
		if n := len(f.all()); n != 1 {
			t.Errorf("%d requests within the hour", n)
		}
		time.Sleep(2 * time.Minute)
		wantStats(t, c, apptuitclient.SpoolStats{Spooled: 2, Replayed: 2})
	})
}

// The begin and the end of spooling are reported, and a change of its reason to or from the
// token.
func TestSpool_ReportsAnOutageOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w warnings
		var code atomic.Int32
		f := &fake{t: t, answer: func(*call) (answer, error) { return status(int(code.Load())), nil }}
		c := f.spooling(spoolDir(t), w.option())
		phase := func(status int32, want ...string) {
			t.Helper()
			code.Store(status)
			for i := range 120 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				if i%10 == 0 {
					cancel() // says nothing about the server
				}
				if err := c.Send(ctx, numberedPoints(1)); err != nil {
					t.Error(err)
				}
				cancel()
				time.Sleep(time.Second)
			}
			w.want(t, want...)
		}
		began, again := "points go to the spool", "is empty again"
		phase(503, began)
		phase(401, "server answered 401 Unauthorized")
		phase(403)
		phase(503, "503 Service Unavailable")
		code.Store(204)
		time.Sleep(2 * time.Minute)
		w.want(t, again)
		for range 5 {
			send(t, c, numbered(0))
		}
		w.want(t)
		code.Store(500)
		send(t, c, numbered(0))
		time.Sleep(time.Minute)
		w.want(t, began)
		code.Store(204)
		time.Sleep(2 * time.Minute)
		w.want(t, again)
	})
}

// Batches that are spooled and delivered at once are reported, too.
func TestSpool_ReportsShortOutages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w warnings
		f := &fake{t: t, answer: func(c *call) (answer, error) {
			if c.n%2 == 0 {
				return status(503), nil
			}
			return status(204), nil
		}}
		c := f.spooling(spoolDir(t), w.option(), apptuitclient.WithRetry(apptuitclient.RetryConfig{InitialInterval: 1, MaxInterval: 1}))
		for range 50 {
			send(t, c, numbered(0))
			time.Sleep(time.Second)
			w.want(t, "points go to the spool", "is empty again")
		}
	})
}

// Back-off intervals of nanoseconds must not cause a busy loop, in which simulated time
// would not advance.
func TestSpool_TinyBackoffsCauseNoBusyLoop(t *testing.T) {
	for _, interval := range []time.Duration{1, time.Microsecond, time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			f, over := outageOf(t, func(*call) (answer, error) {
				time.Sleep(10 * time.Millisecond)
				return status(503), nil
			})
			c := f.spooling(spoolDir(t), apptuitclient.WithRetry(apptuitclient.RetryConfig{Enabled: true, InitialInterval: interval, MaxInterval: interval}))
			for i := range 20 {
				send(t, c, numbered(i))
				time.Sleep(50 * time.Millisecond)
			}
			over()
			time.Sleep(time.Minute)
			wantStats(t, c, apptuitclient.SpoolStats{Spooled: stats(t, c).Spooled, Replayed: stats(t, c).Spooled})
			if n := len(f.all()); n > 400 {
				t.Errorf("%v: %d requests", interval, n)
			}
		})
	}
}

// Waiting for a live batch that is the probe must not cause a busy loop either.
func TestSpool_WaitingForALiveProbeIsNoBusyLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := spoolDir(t)
		f, set := changing(t, always(503))
		c := f.spooling(dir, apptuitclient.WithSpool(dir, apptuitclient.WithSpoolRate(0.1)),
			apptuitclient.WithRetry(apptuitclient.RetryConfig{InitialInterval: 1, MaxInterval: 1}))
		for i := range 3 {
			send(t, c, numbered(i))
		}
		set(always(204))
		for stats(t, c).Replayed == 0 { // from now on the replay waits for ten seconds
			time.Sleep(time.Millisecond)
		}
		set(always(503))
		send(t, c, numbered(3))
		set(hang)
		time.Sleep(time.Millisecond)
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 31*time.Second)
		defer cancel()
		if err := c.Send(ctx, numberedPoints(1)); err != nil || time.Since(start) != 30*time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		set(always(204))
		time.Sleep(2 * time.Minute)
		wantStats(t, c, apptuitclient.SpoolStats{Spooled: 5, Replayed: 5})
	})
}

// The server's token is rotated while the process runs.
func TestReplay_RefreshesTheToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var token, valid atomic.Value
		token.Store("old")
		valid.Store("old")
		f := &fake{t: t, answer: func(c *call) (answer, error) {
			if c.Header.Get("Authorization") != "Bearer "+valid.Load().(string) {
				return status(401), nil
			}
			return status(204), nil
		}}
		c := f.spooling(spoolDir(t), apptuitclient.WithTokenSource(func(context.Context) (string, error) { return token.Load().(string), nil }))
		send(t, c, numbered(0))
		valid.Store("new")
		for i := range 10 {
			send(t, c, numbered(i))
			time.Sleep(time.Second)
		}
		wantStats(t, c, apptuitclient.SpoolStats{Batches: 10, Points: 10, Spooled: 10})
		token.Store("new")
		time.Sleep(2 * time.Minute)
		wantStats(t, c, apptuitclient.SpoolStats{Spooled: 10, Replayed: 10})
	})
}

// A deadline that leaves a server no time says nothing about the server: following batches
// are sent.
func TestSpool_ShortDeadlineDoesNotOpenTheCircuit(t *testing.T) {
	for deadline, wantSpooled := range map[time.Duration]uint64{100 * time.Millisecond: 1, 5 * time.Second: 2} {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{t: t, answer: func(c *call) (answer, error) {
				if c.n == 0 {
					return hang(c)
				}
				return status(204), nil
			}}
			c := f.spooling(spoolDir(t))
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			defer cancel()
			if err := c.Send(ctx, numberedPoints(1)); err != nil {
				t.Error(err)
			}
			send(t, c, numbered(1))
			if s := stats(t, c); s.Spooled != wantSpooled {
				t.Errorf("after a deadline of %v %d points are spooled, want %d", deadline, s.Spooled, wantSpooled)
			}
		})
	}
}

// A replay that found the folder empty before a batch was spooled must not report that the
// spool is empty.
func TestSpool_IsNotReportedAsEmptyWhileItHoldsABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w warnings
		f, over := outageOf(t, always(503))
		c := f.spooling(spoolDir(t), w.option())
		send(t, c, numbered(0))
		w.want(t, "points go to the spool")
		client.ReportEmpty(client.Of(c))
		synctest.Wait()
		w.want(t)
		over()
		time.Sleep(time.Minute)
		w.want(t, "is empty again")
	})
}
