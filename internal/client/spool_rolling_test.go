// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/spool/memdisk"
)

// delivered returns the numbers of all points that a fake got, sorted.
func delivered(t *testing.T, f *fake) []int {
	t.Helper()
	var numbers []int
	for _, c := range f.all() {
		numbers = append(numbers, c.numbers(t)...)
	}
	slices.Sort(numbers)
	return numbers
}

// In a rolling update the new process starts before the old one ends. It has no spool until
// then, and delivers what the old one has left within a minute.
func TestSpool_RollingUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := spoolDir(t)
		old := newFake(t, status(503)).spooling(dir)
		for i := range 10 {
			send(t, old, numbered(i))
		}
		var w warnings
		f := newFake(t, status(204))
		next := f.spooling(dir, w.option())
		w.want(t, "apptuit: spool: "+dir+": another client, of this or another process, uses the folder; until it ends, points that cannot be delivered are not kept")
		time.Sleep(time.Hour)
		if s, ok := next.SpoolStats(); ok || !cmp.Equal(s, apptuitclient.SpoolStats{Waiting: true}) {
			t.Errorf("%+v, %v", s, ok)
		}
		send(t, next, numbered(100))
		old.Close()
		time.Sleep(time.Minute)
		wantStats(t, next, apptuitclient.SpoolStats{Found: 10, Replayed: 10})
		w.want(t, "apptuit: the spool "+dir+" is open: the other client has released it", "is empty again")
		if diff := cmp.Diff([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 100}, delivered(t, f)); diff != "" {
			t.Error(diff)
		}
	})
}

// With instances, the new process has a spool at once, and takes over the batches of the old
// one.
func TestSpool_RollingUpdateWithInstances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := spoolDir(t)
		instances := apptuitclient.WithSpool(dir, apptuitclient.WithSpoolInstances())
		old := newFake(t, status(503)).spooling(dir, instances)
		send(t, old, numbered(0), numbered(1))
		var w warnings
		f := newFake(t, status(204))
		next := f.spooling(dir, instances, w.option())
		time.Sleep(time.Hour)
		wantStats(t, next, apptuitclient.SpoolStats{})
		old.Close()
		time.Sleep(time.Minute)
		wantStats(t, next, apptuitclient.SpoolStats{Found: 2, Replayed: 2})
		w.want(t, "has taken over 2 points of processes that have ended", "is empty again")
		if diff := cmp.Diff([]int{0, 1}, delivered(t, f)); diff != "" {
			t.Error(diff)
		}
	})
}

// A client that waits for the folder fails as one without a spool, and ends with Close.
func TestSpool_WaitingClientHasNoSpool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := spoolDir(t)
		newFake(t, status(503)).spooling(dir)
		waits := newFake(t, status(503)).spooling(dir)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		counted(t, waits.Send(ctx, numberedPoints(2)), 0, 2)
		start := time.Now()
		waits.Close()
		if took := time.Since(start); took > 0 {
			t.Errorf("Close took %v", took)
		}
		if n := len(batchFiles(t, dir)); n != 0 {
			t.Errorf("%d files", n)
		}
	})
}

// However long a process was away, its batches are offered to the server once.
func TestReplay_AttemptsBatchesOverTheAgeLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := spoolDir(t)
		hour := apptuitclient.WithSpool(dir, apptuitclient.WithSpoolMaxAge(time.Hour))
		old := newFake(t, status(503)).spooling(dir, hour)
		for i := range 10 {
			send(t, old, numbered(i))
		}
		old.Close()
		time.Sleep(100 * time.Hour)
		f, set := changing(t, func(*call) (answer, error) { return answer{}, context.DeadlineExceeded })
		c := f.spooling(dir, hour)
		time.Sleep(100 * time.Hour) // no answer: the server is not reachable
		wantStats(t, c, apptuitclient.SpoolStats{Batches: 10, Points: 10, Found: 10})
		set(always(204))
		time.Sleep(time.Minute)
		wantStats(t, c, apptuitclient.SpoolStats{Found: 10, Replayed: 10})
	})
}

// A program that removes old files removes the lock, and a second client opens the folder:
// each point is delivered once, and none is reported as dropped.
func TestSpool_OneOwnerAfterTheLockWasRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		drive := memdisk.New()
		f, over := outageOf(t, always(503))
		var w warnings
		first := onDrive(t, drive, f, w.option())
		for i := range 5 {
			send(t, first, numbered(i))
		}
		drive.Delete("lock")
		second := onDrive(t, drive, f)
		time.Sleep(time.Minute)
		if s, ok := first.SpoolStats(); ok || !s.Waiting || s.Removed != 5 || s.Dropped != 0 {
			t.Errorf("%+v, %v", s, ok)
		}
		n := len(f.all())
		over()
		time.Sleep(time.Minute)
		var got []int
		for _, c := range f.all()[n:] {
			got = append(got, c.numbers(t)...)
		}
		slices.Sort(got)
		if diff := cmp.Diff([]int{0, 1, 2, 3, 4}, slices.Compact(got)); diff != "" || len(got) > 5 {
			t.Errorf("%v, %s", got, diff)
		}
		wantStats(t, second, apptuitclient.SpoolStats{Found: 5, Replayed: 5})
		second.Close()
		time.Sleep(time.Minute)
		wantStats(t, first, apptuitclient.SpoolStats{Spooled: 5, Removed: 5})
		w.want(t, "points go to the spool", "there is no spool for now: another client", "/spool is the spool again", "is empty again")
	})
}

// The lock was removed, and no other client is there: nothing is lost, and it is reported
// once.
func TestSpool_LocksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		drive := memdisk.New()
		f, over := outageOf(t, always(503))
		var w warnings
		c := onDrive(t, drive, f, w.option())
		send(t, c, numbered(0))
		drive.Delete("lock")
		send(t, c, numbered(1))
		over()
		time.Sleep(time.Minute)
		wantStats(t, c, apptuitclient.SpoolStats{Spooled: 2, Replayed: 2})
		w.want(t, "points go to the spool", "the folder is locked again, with 1 batch", "is empty again")
	})
}

// The first Send opens the folder. It returns by its deadline, however long that takes.
func TestSpool_FirstSendReturnsByItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		drive := memdisk.New()
		drive.SetFault(func(op memdisk.Operation) (f memdisk.Fault) {
			if op.Kind == memdisk.ReadDir {
				f.Delay = 90 * time.Second // of 65,536 files, for example
			}
			return f
		})
		c := waiting(t, drive, newFake(t, status(204)), client.NewSpoolSettings("/spool"))
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		start := time.Now()
		counted(t, c.Send(ctx, numberedPoints(1)), 0, 1)
		if took := time.Since(start); took > 100*time.Millisecond {
			t.Errorf("Send took %v", took)
		}
		time.Sleep(2 * time.Minute)
		send(t, c, numbered(2))
		wantStats(t, c, apptuitclient.SpoolStats{})
	})
}

// A point counts as spooled when it survives a loss of power: when its file and the folder
// are synced.
func TestSpool_CountsDurableBatchesOnly(t *testing.T) {
	for _, slow := range []memdisk.Kind{memdisk.Write, memdisk.Sync, memdisk.Rename, memdisk.SyncFolder} {
		for _, delay := range []time.Duration{100 * time.Millisecond, 5 * time.Second} {
			synctest.Test(t, func(t *testing.T) {
				drive := memdisk.New()
				c := onDrive(t, drive, newFake(t, status(503)))
				drive.SetFault(func(op memdisk.Operation) (f memdisk.Fault) {
					if op.Kind == slow {
						f.Delay = delay
					}
					return f
				})
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				err := c.Send(ctx, numberedPoints(3))
				spooled := stats(t, c).Spooled
				if (err == nil) != (spooled == 3) || (err == nil) != (delay < time.Second) {
					t.Errorf("%v of %v: %v, %d points are spooled", delay, slow, err, spooled)
				}
				drive.LosePower(func(n int) int { return min(1, n-1) }) // at this moment, with no luck
				files := 0
				for name, content := range drive.Files() {
					if strings.HasSuffix(name, ".batch") && len(content) > 100 {
						files++
					}
				}
				if want := int(spooled) / 3; files != want {
					t.Errorf("%v of %v: %d points are spooled, %d files are left", delay, slow, spooled, files)
				}
				time.Sleep(time.Minute) // until the write has ended
			})
		}
	}
}
