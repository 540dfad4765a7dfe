// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/internal/client"
)

// Close spools the points that are being sent, and waits for nothing else.
func TestClient_Close_SpoolsPointsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := spoolDir(t)
		f := &fake{t: t, answer: hang}
		c := f.spooling(dir)
		start := time.Now()
		var sends sync.WaitGroup
		for i := range 5 {
			sends.Go(func() {
				if err := c.Send(context.Background(), []apptuitclient.DataPoint{numbered(i)}); err != nil {
					t.Error(err)
				}
			})
		}
		time.Sleep(5 * time.Second)
		c.Close()
		sends.Wait()
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("it ended after %v", took)
		}
		wantStats(t, c, apptuitclient.SpoolStats{Batches: 5, Points: 5, Spooled: 5})
		err := c.Send(t.Context(), numberedPoints(3))
		counted(t, err, 0, 3)
		if !errors.Is(err, apptuitclient.ErrClosed) {
			t.Error(err)
		}
		if n := len(batchFiles(t, dir)); n != 5 {
			t.Errorf("%d files", n)
		}
	})
}

// Close at any time, and more than once, loses no point and leaves no goroutine: a bubble
// ends only when all its goroutines have.
func TestClient_Close_LosesNoPointAtAnyTime(t *testing.T) {
	for seed := range uint64(30) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			dir := spoolDir(t)
			s := apptuittest.NewMemoryServer()
			defer s.Close()
			const n, size = 60, 3
			for next, round := 0, 0; next < n; round++ {
				for range random.IntN(6) {
					s.Fail([]apptuittest.Fault{
						{Status: 503, Delay: 200 * time.Millisecond},
						{Reset: true},
						{Delay: 400 * time.Millisecond},
						{Hang: true},
						{Status: 502, Delay: 100 * time.Millisecond},
						{Status: 401},
					}[random.IntN(6)])
				}
				c, err := apptuitclient.New(apptuitclient.WithEndpoint(s.URL), apptuitclient.WithHTTPClient(s.Client()),
					apptuitclient.WithSpool(dir), apptuitclient.WithWarningHandler(func(error) {}), apptuitclient.WithMaxBatchPoints(size),
					apptuitclient.WithRetry(apptuitclient.RetryConfig{InitialInterval: 300 * time.Millisecond, MaxInterval: time.Second}))
				if err != nil {
					t.Fatalf("round %d: %v", round, err)
				}
				client.SetDisk(client.Of(c), func(write func() error) error {
					time.Sleep(rand.N(30 * time.Millisecond)) // one write at a time
					return write()
				})
				var sends sync.WaitGroup
				sends.Go(func() {
					for next < n {
						var points []apptuitclient.DataPoint
						for i := range 2*size + 1 {
							points = append(points, numbered(next+i))
						}
						err := c.Send(context.Background(), points)
						var e *apptuitclient.SendError
						switch {
						case errors.As(err, &e) && errors.Is(err, apptuitclient.ErrClosed):
							return // some points are sent again by the next round
						case err != nil:
							t.Errorf("seed %d: %v", seed, err)
						}
						next += len(points)
						time.Sleep(50 * time.Millisecond)
					}
				})
				time.Sleep(time.Duration(1+random.IntN(3000)) * time.Millisecond)
				start := time.Now()
				c.Close()
				if took := time.Since(start); took > time.Second {
					t.Errorf("seed %d: Close took %v", seed, took)
				}
				sends.Wait()
				stats(t, c)
			}
			c, err := apptuitclient.New(apptuitclient.WithEndpoint(s.URL), apptuitclient.WithHTTPClient(s.Client()), apptuitclient.WithSpool(dir),
				apptuitclient.WithWarningHandler(func(error) {}))
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Minute)
			if s := stats(t, c); s.Points != 0 || s.Dropped != 0 || s.Rejected != 0 {
				t.Errorf("seed %d: %+v", seed, s)
			}
			c.Close()
			stored := map[int]bool{}
			for _, p := range s.Points() {
				stored[int(p.Float())] = true
			}
			for i := range n {
				if !stored[i] {
					t.Errorf("seed %d: point %d is lost", seed, i)
				}
			}
		})
	}
}

// A hanging disk delays a Send for a limited time, and its batch is dropped.
func TestSpool_BoundsTheTimeOfAHangingDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, status(503))
		var w warnings
		c := f.spooling(spoolDir(t), w.option())
		release := make(chan struct{})
		client.SetDisk(client.Of(c), func(next func() error) error {
			<-release
			return next()
		})
		took := func(ctx context.Context, n int) time.Duration {
			t.Helper()
			start := time.Now()
			contains(t, counted(t, c.Send(ctx, numberedPoints(n)), 0, n), "the disk is too slow")
			return time.Since(start)
		}
		for range 2 { // also behind a write that hangs
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			if took := took(ctx, 3); took != 5*time.Second+100*time.Millisecond {
				t.Errorf("with a deadline: %v", took)
			}
			cancel()
			ctx, cancel = context.WithCancel(t.Context())
			time.AfterFunc(3*time.Second, cancel)
			if took := took(ctx, 3); took > 10*time.Second {
				t.Errorf("cancelled: %v", took)
			}
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			if took := took(ended, 3); took != 100*time.Millisecond {
				t.Errorf("ended: %v", took)
			}
			if took := took(t.Context(), 3); took != 10*time.Second {
				t.Errorf("without a deadline: %v", took)
			}
		}
		// while the spool does not work, each batch is attempted
		if n := len(f.all()); n < 5 {
			t.Errorf("%d requests", n)
		}
		wantStats(t, c, apptuitclient.SpoolStats{})
		start := time.Now()
		c.Close()
		if took := time.Since(start); took > time.Second {
			t.Errorf("Close took %v", took)
		}
		close(release)
		w.want(t)
	})
}

// Several batches after the end of the context share the grace period of 100 ms.
func TestSpool_SharesTheGracePeriod(t *testing.T) {
	for name, end := range map[string]func(context.Context) (context.Context, context.CancelFunc){
		"deadline": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 2*time.Second)
		},
		"cancelled": func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(2*time.Second, cancel)
			return ctx, cancel
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{t: t, answer: hang}
			c := f.spooling(spoolDir(t), apptuitclient.WithMaxBatchPoints(1))
			client.SetDisk(client.Of(c), func(next func() error) error {
				time.Sleep(30 * time.Millisecond)
				return next()
			})
			ctx, cancel := end(t.Context())
			defer cancel()
			start := time.Now()
			err := c.Send(ctx, numberedPoints(100))
			if took := time.Since(start); took > 2100*time.Millisecond {
				t.Errorf("%s: it took %v", name, took)
			}
			var e *apptuitclient.SendError
			if !errors.As(err, &e) || e.Spooled == 0 || e.Spooled+e.Failed != 100 || !apptuitclient.Retryable(err) {
				t.Errorf("%s: %v", name, err)
			}
			if s := stats(t, c); int(s.Spooled) != e.Spooled {
				t.Errorf("%s: %+v", name, s)
			}
		})
	}
}

// A write that ends after its caller has stopped waiting either leaves no file, or is
// counted.
func TestSpool_CountsALateWriteOnce(t *testing.T) {
	for _, slow := range []struct {
		name          string
		before, after time.Duration // the file is durable
		fails         bool
		spooled       uint64
		failed        int
	}{
		{"in time", 50 * time.Millisecond, 49 * time.Millisecond, false, 1, 0},
		{"too late", 101 * time.Millisecond, 0, false, 0, 1},
		{"durable in time", 50 * time.Millisecond, time.Second, false, 1, 0},
		{"fails", 50 * time.Millisecond, 0, true, 0, 1},
	} {
		t.Run(slow.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := spoolDir(t)
				c := (&fake{t: t, answer: hang}).spooling(dir)
				client.SetDisk(client.Of(c), func(next func() error) error {
					time.Sleep(slow.before)
					err := next()
					time.Sleep(slow.after)
					if slow.fails {
						return errors.New("input/output error")
					}
					return err
				})
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				start := time.Now()
				err := c.Send(ctx, numberedPoints(1))
				if took := time.Since(start); took > 100*time.Millisecond {
					t.Errorf("it took %v", took)
				}
				if slow.failed > 0 {
					counted(t, err, 0, slow.failed)
				} else if err != nil {
					t.Error(err)
				}
				time.Sleep(2 * time.Second)
				s := stats(t, c)
				if s.Spooled != slow.spooled || s.Dropped != 0 {
					t.Errorf("%+v", s)
				}
				if files := len(batchFiles(t, dir)); !slow.fails && files != s.Batches {
					t.Errorf("%d files for %+v", files, s)
				}
			})
		})
	}
}

// A failing disk costs batches, but the spool works again when the disk does.
func TestSpool_RecoversAfterADiskFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, over := outageOf(t, always(503))
		c := f.spooling(spoolDir(t))
		var full atomic.Bool
		client.SetDisk(client.Of(c), func(next func() error) error {
			if full.Load() {
				return errors.New("no space left on device")
			}
			return next()
		})
		var spooled, failed int
		for i := range 30 {
			full.Store(i/10 == 1)
			if err := c.Send(t.Context(), []apptuitclient.DataPoint{numbered(i)}); err != nil {
				contains(t, counted(t, err, 0, 1), "503", "the batch could not be spooled", "no space left on device")
				failed++
			} else {
				spooled++
			}
			time.Sleep(time.Second)
		}
		if diff := cmp.Diff([]int{20, 10}, []int{spooled, failed}); diff != "" {
			t.Error(diff)
		}
		over()
		time.Sleep(2 * time.Minute)
		wantStats(t, c, apptuitclient.SpoolStats{Spooled: 20, Replayed: 20})
	})
}
