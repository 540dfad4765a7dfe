// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// long selects the long variant of the test. The variable is read before TestMain clears
// the environment.
var long = os.Getenv("LONG_TESTS") != ""

// ledger is the account of the points of all processes.
type ledger struct {
	mu                                    sync.Mutex
	next                                  int
	sent                                  int
	accepted, rejected, spooled, dropped  int // live
	replayed, rejectedLater, droppedLater int
	left                                  uint64 // in the spool when the last process ended
}

// batch sends some new points, and checks that each is accounted for.
func (l *ledger) batch(ctx context.Context, t *testing.T, c *apptuitclient.Client, n int) {
	l.mu.Lock()
	first := l.next
	l.next += n
	l.mu.Unlock()
	out := client.Of(c).NewWriter(ctx, client.WriterOptions{})
	for i := first; i < first+n; i++ {
		out.AppendPrefix(seriesOf(i), 1700000000, model.Float(float64(i)), uint32(i))
	}
	r := out.Close()
	if r.Accepted+r.Rejected+r.Spooled+r.Dropped != n {
		t.Errorf("%d points are somewhere, of %d: %+v", r.Accepted+r.Rejected+r.Spooled+r.Dropped, n, r)
	}
	if r.Rejected+r.Dropped > 0 != (r.Err != nil) {
		t.Errorf("%+v", r)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent += n
	l.accepted += r.Accepted
	l.rejected += r.Rejected
	l.spooled += r.Spooled
	l.dropped += r.Dropped
}

// process is a client that is used for some time.
func (l *ledger) process(t *testing.T, s *apptuittest.Server, dir string, random *rand.Rand) {
	warn := apptuitclient.WithWarningHandler(func(error) {})
	c := newClient(t, apptuitclient.WithEndpoint(s.URL), apptuitclient.WithHTTPClient(s.Client()), warn,
		apptuitclient.WithMaxBatchPoints(1+random.IntN(30)), apptuitclient.WithTimeout(10*time.Second),
		apptuitclient.WithRetry(apptuitclient.RetryConfig{Enabled: random.IntN(2) == 0}),
		apptuitclient.WithSpool(dir, apptuitclient.WithSpoolMaxBytes(int64(3000+random.IntN(20_000))), apptuitclient.WithSpoolMaxAge(10*time.Minute)))
	badDisk := random.IntN(3) == 0
	var disk sync.Mutex
	diskRandom := rand.New(rand.NewPCG(random.Uint64(), 0))
	client.SetDisk(client.Of(c), func(next func() error) error {
		disk.Lock()
		what := diskRandom.IntN(6)
		disk.Unlock()
		switch {
		case badDisk && what == 0:
			return errors.New("no space left on device")
		case badDisk && what == 1:
			time.Sleep(3 * time.Second)
		}
		return next()
	})
	before := stats(t, c)
	if before.Found > l.left {
		t.Errorf("%d points were left, %d are found", l.left, before.Found)
	}
	l.droppedLater += int(l.left - before.Found)
	spooled := l.spooled
	var senders sync.WaitGroup
	for range 1 + random.IntN(3) {
		random := rand.New(rand.NewPCG(random.Uint64(), 0))
		senders.Go(func() {
			for range random.IntN(8) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.IntN(20_000))*time.Millisecond)
				if random.IntN(3) == 0 {
					time.AfterFunc(time.Duration(random.IntN(5000))*time.Millisecond, cancel)
				}
				l.batch(ctx, t, c, 1+random.IntN(60))
				cancel()
				time.Sleep(time.Duration(random.IntN(5000)) * time.Millisecond)
			}
		})
	}
	switch random.IntN(3) {
	case 0: // during the faults
		time.Sleep(time.Duration(random.IntN(20_000)) * time.Millisecond)
	case 1:
		senders.Wait()
	default: // when all batches have been replayed, or are too old
		senders.Wait()
		time.Sleep(time.Duration(random.IntN(1200)) * time.Second)
	}
	c.Close()
	senders.Wait()
	time.Sleep(5 * time.Second) // time for a slow disk
	after := stats(t, c)
	if int(after.Spooled) != l.spooled-spooled {
		t.Errorf("%d points were spooled, says the client, and %d, say its reports", after.Spooled, l.spooled-spooled)
	}
	l.replayed += int(after.Replayed)
	l.rejectedLater += int(after.Rejected)
	l.droppedLater += int(after.Dropped)
	l.left = uint64(after.Points)
}

// Under random faults of the server, the network and the disk, and across restarts of the
// process, each point is accepted, refused or dropped once, as reported, and each accepted
// point is stored.
func TestSpool_CountsEachPointOnce(t *testing.T) {
	seeds := uint64(40)
	if long {
		seeds = 1000
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 11))
			s := apptuittest.NewMemoryServer()
			defer s.Close()
			dir := spoolDir(t)
			l := &ledger{}
			for range 1 + random.IntN(4) {
				for range random.IntN(20) {
					fault := randomFault(random)
					fault.Times = max(fault.Times, 1+random.IntN(4))
					s.Fail(fault)
				}
				l.process(t, s, dir, random)
			}
			c := newClient(t, apptuitclient.WithEndpoint(s.URL), apptuitclient.WithHTTPClient(s.Client()), apptuitclient.WithSpool(dir),
				apptuitclient.WithTimeout(10*time.Second), apptuitclient.WithWarningHandler(func(error) {}))
			if found := stats(t, c).Found; found != l.left {
				t.Errorf("seed %d: %d points were left, %d are found", seed, l.left, found)
			}
			time.Sleep(2 * time.Hour) // the faults end
			last := stats(t, c)
			l.replayed += int(last.Replayed)
			l.rejectedLater += int(last.Rejected)
			l.droppedLater += int(last.Dropped)
			if last.Points != 0 || last.Batches != 0 || last.Bytes != 0 {
				t.Errorf("seed %d: %+v", seed, last)
			}
			if l.accepted+l.rejected+l.dropped+l.spooled != l.sent || l.replayed+l.rejectedLater+l.droppedLater != l.spooled {
				t.Errorf("seed %d: %+v", seed, l)
			}
			stored := map[int]bool{}
			for _, p := range s.Points() {
				stored[int(p.Float())] = true
			}
			if len(stored) < l.accepted+l.replayed {
				t.Errorf("seed %d: %d are accepted and %d replayed, but %d stored", seed, l.accepted, l.replayed, len(stored))
			}
			if lost := l.sent - len(stored); lost > l.rejected+l.rejectedLater+l.dropped+l.droppedLater {
				t.Errorf("seed %d: %d are not stored: %+v", seed, lost, l)
			}
		})
	}
}
