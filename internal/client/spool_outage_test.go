// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
)

// In an outage the program makes one attempt, and after that one probe per back-off
// interval.
func TestAnOutageIsNotMetByRequests(t *testing.T) {
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
func TestOldestFirstAfterARestart(t *testing.T) {
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
		var w reports
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

func TestSpoolRate(t *testing.T) {
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
func TestLiveBatchesPass(t *testing.T) {
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

func TestRetryAfterIsHonouredByTheSpool(t *testing.T) {
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

// The same, if only the replay learns of Retry-After, because there is no live batch.
func TestRetryAfterOfTheReplay(t *testing.T) {
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
func TestRetryAfterOfTheReplayHoldsForLiveBatches(t *testing.T) {
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
func TestRetryAfterIsLimitedWithASpool(t *testing.T) {
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
func TestOutagesAreReportedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w reports
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
func TestShortOutagesAreReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w reports
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
func TestTinyBackoffs(t *testing.T) {
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

// Nor may waiting for a live batch that is the probe.
func TestTinyBackoffsWhileALiveBatchIsTheProbe(t *testing.T) {
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
func TestTheTokenIsRenewedInTheReplay(t *testing.T) {
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

// Two clients cannot use one folder at the same time, unless each has a subfolder.
func TestTwoClients(t *testing.T) {
	dir := spoolDir(t)
	f := newFake(t, status(503))
	first := f.spooling(dir)
	if s, ok := f.spooling(dir).SpoolStats(); ok || !s.Waiting {
		t.Errorf("two clients have one folder: %+v", s)
	}
	second := f.spooling(dir, apptuitclient.WithSpool(dir, apptuitclient.WithSpoolInstances()))
	send(t, first, numbered(0))
	send(t, second, numbered(1))
	for i, c := range []*apptuitclient.Client{first, second} {
		if s := stats(t, c); s.Points != 1 {
			t.Errorf("client %d has %+v", i, s)
		}
		c.Close()
	}
	third := f.spooling(dir, apptuitclient.WithSpool(dir, apptuitclient.WithSpoolInstances()))
	if s := stats(t, third); s.Found != 2 {
		t.Errorf("it found %+v", s)
	}
}

func TestSpoolConfiguration(t *testing.T) {
	here, there := spoolDir(t), spoolDir(t)
	outcome := func(dir string, opts ...apptuitclient.Option) string {
		t.Helper()
		t.Setenv("APPTUIT_SPOOL_DIR", dir)
		c, err := apptuitclient.New(append([]apptuitclient.Option{
			apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithHTTPClient(&http.Client{Transport: newFake(t, status(503))}),
			apptuitclient.WithWarningHandler(func(error) {}),
		}, opts...)...)
		if err != nil {
			return err.Error()
		}
		defer c.Close()
		_ = c.Send(t.Context(), numberedPoints(1))
		s, ok := c.SpoolStats()
		return fmt.Sprint(ok, " ", s.Spooled, " ", len(batchFiles(t, here)), " ", len(batchFiles(t, there)))
	}
	none := apptuitclient.WithRetry(apptuitclient.RetryConfig{})
	for _, tt := range []struct {
		name, dir string
		opts      []apptuitclient.Option
		want      string
	}{
		{"neither", "", nil, "false 0 0 0"},
		{"the variable", here, nil, "true 1 1 0"},
		{"ignored", here, []apptuitclient.Option{apptuitclient.WithoutEnvironment()}, "false 0 1 0"},
		{"the option beats it", here, []apptuitclient.Option{apptuitclient.WithSpool(there)}, "true 1 1 1"},
		{"the last option", "", []apptuitclient.Option{apptuitclient.WithSpool(here), apptuitclient.WithSpool(there)}, "true 1 1 2"},
		{
			"no name", here,
			[]apptuitclient.Option{apptuitclient.WithSpool("")},
			"apptuit: configuration: WithSpool: the folder has no name",
		},
		{
			"faults", "",
			[]apptuitclient.Option{apptuitclient.WithTimeout(-1), apptuitclient.WithSpool(here, nil, apptuitclient.WithSpoolMaxBytes(-1))},
			"apptuit: configuration: WithTimeout: -1ns is not positive\nWithSpool: the size limit, the age limit and the rate must be positive",
		},
		{
			"age", "",
			[]apptuitclient.Option{apptuitclient.WithSpool(here, apptuitclient.WithSpoolMaxAge(0))},
			"apptuit: configuration: WithSpool: the size limit, the age limit and the rate must be positive",
		},
		{
			"rate", "",
			[]apptuitclient.Option{apptuitclient.WithSpool(here, apptuitclient.WithSpoolRate(0))},
			"apptuit: configuration: WithSpool: the size limit, the age limit and the rate must be positive",
		},
	} {
		if diff := cmp.Diff(tt.want, outcome(tt.dir, append(tt.opts, none)...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// A client that only reads does not open the folder of APPTUIT_SPOOL_DIR.
func TestSpoolOfTheEnvironmentIsOpenedByTheFirstSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := spoolDir(t)
		t.Setenv("APPTUIT_SPOOL_DIR", dir)
		down := newFake(t, status(503))
		first := down.client()
		_ = first.Send(t.Context(), numberedPoints(3))
		var w warnings
		second := down.client(w.option())
		if _, ok := second.SpoolStats(); ok {
			t.Error("a client opens the spool without a Send")
		}
		if err := client.Of(second).OpenSpool(); err != nil {
			t.Error(err)
		}
		if s, ok := second.SpoolStats(); ok || !s.Waiting {
			t.Errorf("two clients have one folder: %+v", s)
		}
		counted(t, second.Send(t.Context(), numberedPoints(1)), 0, 1) // without a spool
		_ = second.Send(t.Context(), numberedPoints(1))
		synctest.Wait() // for the warning handler
		if len(w) != 1 || !strings.Contains(w[0], dir) {
			t.Errorf("warned %q, want once about the folder", w)
		}
		first.Close()
		second.Close()
		asks := newFake(t, status(400)).client()
		time.Sleep(time.Hour)
		if n := len(batchFiles(t, dir)); n != 1 {
			t.Errorf("%d batches after an hour of a client that only asks, want 1", n)
		}
		asks.Close()
		if err := client.Of(asks).OpenSpool(); err != nil || len(batchFiles(t, dir)) != 1 {
			t.Errorf("after Close: %v", err)
		}
	})
}

func TestSpoolInstancesOfTheEnvironment(t *testing.T) {
	dir := spoolDir(t)
	t.Setenv("APPTUIT_SPOOL_DIR", dir)
	t.Setenv("APPTUIT_SPOOL_INSTANCES", "yes")
	for range 3 {
		if err := client.Of(newClient(t, apptuitclient.WithEndpoint("https://fake.test"))).OpenSpool(); err != nil {
			t.Error(err)
		}
	}
	t.Setenv("APPTUIT_SPOOL_INSTANCES", "perhaps")
	if _, err := apptuitclient.New(apptuitclient.WithEndpoint("https://fake.test")); err == nil || !strings.Contains(err.Error(), "APPTUIT_SPOOL_INSTANCES") {
		t.Errorf("error %v", err)
	}
}

// A deadline that leaves a server no time says nothing about the server: following batches
// are sent.
func TestSpool_AShortDeadlineOfTheCallerDoesNotOpenTheCircuit(t *testing.T) {
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

// The replay may have looked at the folder before a batch came. The report is about the
// folder as it is.
func TestSpool_IsNotReportedAsEmptyWhileItHoldsABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w reports
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
