// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/spool"
	"github.com/apptuitai/apptuit-go/internal/spool/memdisk"
)

// A spooled batch that is too large is delivered in parts, at the replay rate. A single
// point that is too large is rejected.
func TestReplay_SplitsABatchThatIsTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w warnings
		f, set := changing(t, always(503))
		c := f.spooling(spoolDir(t), w.option())
		send(t, c, numberedPoints(32)...)
		w.take()
		outage := len(f.all())
		set(func(c *call) (answer, error) {
			if numbers := c.numbers(t); len(numbers) > 4 || slices.Contains(numbers, 7) {
				return status(413), nil
			}
			return status(204), nil
		})
		time.Sleep(time.Minute)
		wantStats(t, c, apptuitclient.SpoolStats{Spooled: 32, Replayed: 31, Rejected: 1})
		calls := f.all()[outage:]
		for i := 1; i < len(calls); i++ {
			if gap := calls[i].at.Sub(calls[i-1].at); gap < 100*time.Millisecond {
				t.Errorf("request %d comes %v after the one before", i, gap)
			}
		}
		w.want(t, "31 points sent, 1 failed with status 413: m{i=7} at 1700000007: too large for the server by itself", "is empty again")
	})
}

// After an outage during a split, the delivered parts are not sent again, and the others
// remain in the spool.
func TestReplay_KeepsUndeliveredPartsOfASplit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := spoolDir(t)
		f, set := changing(t, always(503))
		c := f.spooling(dir)
		send(t, c, numberedPoints(16)...)
		var broken atomic.Bool
		set(func(c *call) (answer, error) {
			switch n := len(c.numbers(t)); {
			case n > 4:
				return status(413), nil
			case broken.Load():
				return status(503), nil
			}
			broken.Store(true)
			return status(204), nil
		})
		time.Sleep(time.Minute)
		s := stats(t, c)
		if s.Replayed != 4 || s.Points != 12 || s.Batches < 2 {
			t.Errorf("%+v", s)
		}
		c.Close()
		f = newFake(t, status(204))
		f.spooling(dir)
		time.Sleep(time.Minute)
		var got []int
		for _, call := range f.all() {
			got = append(got, call.numbers(t)...)
		}
		if diff := cmp.Diff([]int{4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// If the undelivered part of a batch cannot be written, the whole batch is sent again, and
// counted once.
func TestReplay_ResendsTheBatchIfItsRestCannotBeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, set := changing(t, always(503))
		c := f.spooling(spoolDir(t))
		var full atomic.Bool
		client.SetDisk(client.Of(c), func(next func() error) error {
			if full.Load() {
				return errors.New("no space left on device")
			}
			return next()
		})
		send(t, c, numberedPoints(10)...)
		full.Store(true)
		set(func(*call) (answer, error) {
			return text(400, details(8, 2, 0, pointFault{echo(1), "Please throttle"}, pointFault{echo(2), "bad"})), nil
		})
		time.Sleep(5 * time.Minute)
		wantStats(t, c, apptuitclient.SpoolStats{Batches: 1, Points: 10, Spooled: 10})
		full.Store(false)
		time.Sleep(5 * time.Minute)
		if s := stats(t, c); s.Replayed != 8 || s.Rejected != 1 || s.Points != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// A damaged file is reported once, and does not block the others.
func TestReplay_QuarantinesDamagedFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := spoolDir(t)
		first := newFake(t, status(503)).spooling(dir)
		for i := range 6 {
			send(t, first, numbered(2*i), numbered(2*i+1))
			time.Sleep(time.Millisecond)
		}
		first.Close()
		files := batchFiles(t, dir)
		damage := func(i int, change func([]byte) []byte) {
			content, err := os.ReadFile(files[i])
			if err == nil {
				err = os.WriteFile(files[i], change(content), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		damage(0, func(b []byte) []byte { b[len(b)-1] ^= 1; return b })
		damage(2, func(b []byte) []byte { return b[:len(b)/2] })
		damage(3, func([]byte) []byte { return nil })
		var w warnings
		f := newFake(t, status(204))
		c := f.spooling(dir, w.option())
		time.Sleep(time.Minute)
		var got []int
		for _, call := range f.all() {
			got = append(got, call.numbers(t)...)
		}
		if diff := cmp.Diff([]int{2, 3, 8, 9, 10, 11}, got); diff != "" {
			t.Error(diff)
		}
		wantStats(t, c, apptuitclient.SpoolStats{Found: 8, Replayed: 6, Dropped: 2})
		w.want(t, "(the first of 2 batches)", "dropped 2 points: "+files[0]+" is moved to the quarantine: not a valid batch", "is empty again: 6 points delivered, 0 rejected and 2 dropped")
	})
}

// A batch whose body cannot be decompressed, which is noticed when it must be split, is
// moved to the quarantine and does not block the others.
func TestReplay_QuarantinesABodyThatCannotBeSplit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := spoolDir(t)
		folder, err := spool.Open(dir, spool.Limits{Bytes: 1 << 20, Age: time.Hour}, spool.Options{Dropped: func(spool.Drop) {}})
		if err != nil {
			t.Fatal(err)
		}
		broken := &spool.Batch{Points: 10, Raw: 1 << 20, Time: time.Now(), Body: []byte(strings.Repeat("no gzip ", 1000))}
		if err := folder.Put(broken, func() bool { return true }); err != nil {
			t.Fatal(err)
		}
		folder.Close()
		requests := 0
		server := roundTrip(func(r *http.Request) (*http.Response, error) {
			requests++
			if r.ContentLength > 5000 {
				return status(413).response(r), nil
			}
			return status(204).response(r), nil
		})
		var w warnings
		c := newClient(t, apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithHTTPClient(&http.Client{Transport: server}),
			apptuitclient.WithSpool(dir), w.option())
		time.Sleep(time.Minute)
		send(t, c, numbered(1))
		if requests != 2 {
			t.Errorf("%d requests", requests)
		}
		wantStats(t, c, apptuitclient.SpoolStats{Found: 10, Dropped: 10})
		w.want(t, "dropped 10 points: ", "0 rejected and 10 dropped")
	})
}

// A file that cannot be read at the moment is postponed, which is reported once. A file with
// an unknown encoding is moved to the quarantine.
func TestReplay_PostponesUnreadableFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		drive := memdisk.New()
		first := onDrive(t, drive, newFake(t, status(503)))
		send(t, first, numbered(0))
		time.Sleep(time.Second)
		send(t, first, numbered(1))
		first.Close()
		time.Sleep(time.Second)
		drive.Put(fileName(7), spoolFile(9, 3, 200, []byte("????")))
		var w warnings
		c := onDrive(t, drive, newFake(t, status(204)), w.option())
		name := slices.Sorted(maps.Keys(drive.Files()))[1]
		drive.SetFault(func(op memdisk.Operation) (f memdisk.Fault) {
			if op.Kind == memdisk.Read && op.Name == name {
				f.Err = syscall.EIO
			}
			return f
		})
		time.Sleep(10 * time.Minute)
		wantStats(t, c, apptuitclient.SpoolStats{Batches: 1, Points: 1, Found: 2, Replayed: 1})
		drive.SetFault(nil)
		time.Sleep(time.Minute)
		wantStats(t, c, apptuitclient.SpoolStats{Found: 2, Replayed: 2})
		w.want(t, "is moved to the quarantine: not a valid batch: unknown encoding 9", "a file with 1 point cannot be read, and is tried again later: ", "is empty again")
	})
}

// An untrusted certificate opens the circuit like an outage, and no point is lost.
func TestSpool_LosesNoPointWithABadCertificate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad := func(*call) (answer, error) {
			return answer{}, &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
		}
		var w warnings
		f, set := changing(t, bad)
		hour := apptuitclient.WithRetry(apptuitclient.RetryConfig{InitialInterval: time.Hour, MaxInterval: time.Hour})
		c := f.spooling(spoolDir(t), hour, w.option())
		for range 600 {
			send(t, c, numbered(1)) // spooled, except for the probes
			time.Sleep(time.Minute)
		}
		if n := len(f.all()); n < 8 || n > 80 { // 20 are expected in ten hours
			t.Errorf("%d requests", n)
		}
		w.want(t, "failed to verify certificate")
		set(always(204))
		time.Sleep(10 * time.Hour)
		wantStats(t, c, apptuitclient.SpoolStats{Spooled: 600, Replayed: 600})
	})
}

// The limits of the spool hold in an outage, and dropped points are reported.
func TestSpool_LimitsBytesAndAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := spoolDir(t)
		var w warnings
		f, over := outageOf(t, always(503))
		c := f.spooling(dir, w.option(), apptuitclient.WithSpool(dir, apptuitclient.WithSpoolMaxBytes(2000), apptuitclient.WithSpoolMaxAge(time.Hour)))
		for i := range 100 {
			send(t, c, numbered(i))
			if s := stats(t, c); s.Bytes > 2000 {
				t.Fatalf("%+v", s)
			}
		}
		s := stats(t, c)
		if s.Dropped < 50 || s.Points < 5 {
			t.Errorf("%+v", s)
		}
		w.want(t, "points go to the spool", "dropped 1 point: the spool is full with") // and not for each drop
		time.Sleep(time.Minute)
		send(t, c, numbered(0))
		w.want(t, fmt.Sprintf("dropped %d points: the spool is full with", s.Dropped)) // all drops since the last report
		time.Sleep(2 * time.Hour)
		if now := stats(t, c); now.Points != 0 || now.Dropped != 101 {
			t.Errorf("%+v", now)
		}
		if told := w.take(); len(told) > 3 || !strings.Contains(told[0], " points: older than 1h0m0s") || !strings.Contains(told[len(told)-1], "is empty again: 0 points delivered, 0 rejected and 101 dropped") {
			t.Errorf("warnings %q", told)
		}
		over()
		n := len(f.all())
		send(t, c, numbered(0))
		if len(f.all()) == n {
			t.Error("the circuit is open for nothing")
		}
	})
}

func TestSpool_RefusesABatchLargerThanItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := spoolDir(t)
		c := newFake(t, status(503)).spooling(dir, apptuitclient.WithSpool(dir, apptuitclient.WithSpoolMaxBytes(10)))
		e := counted(t, c.Send(t.Context(), numberedPoints(1)), 0, 1)
		contains(t, e, "503", "could not be spooled", "exceeds the limit of the spool, 10 bytes")
	})
}

// A refusal that was reported before is counted and not reported again, as for live points.
func TestReplay_CountsReportedRefusalsWithoutReportingThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := apptuittest.NewMemoryServer()
		defer s.Close()
		var w warnings
		c := newClient(t, apptuitclient.WithEndpoint(s.URL), apptuitclient.WithHTTPClient(s.Client()), w.option(), apptuitclient.WithSpool(spoolDir(t)))
		s.Fail(apptuittest.Status(503), apptuittest.Reject(func(p apptuittest.Point) string {
			if p.Float() > 5 {
				return "too high"
			}
			return ""
		}))
		out := client.Of(c).NewWriter(t.Context(), client.WriterOptions{Reported: func(p *client.PointError) bool { return p.Point.Value != 7 }})
		for i := range 10 {
			out.AppendPrefix(seriesOf(i), 1700000000, model.Float(float64(i)), uint32(i))
		}
		if r := out.Close(); r.Spooled != 10 || r.Err != nil {
			t.Errorf("%+v", r)
		}
		time.Sleep(time.Minute)
		wantStats(t, c, apptuitclient.SpoolStats{Spooled: 10, Replayed: 6, Rejected: 4})
		w.want(t, "points go to the spool", "6 points sent, 4 failed with status 400: m{i=7} at 1700000000: too high", "is empty again")
	})
}

// If the server fails on one part of a batch, the parts that were not attempted are attempted
// before that part is attempted again.
func TestReplay_UntriedPartsDoNotShareAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, set := changing(t, always(503))
		c := f.spooling(spoolDir(t))
		send(t, c, numberedPoints(16)...)
		var mu sync.Mutex
		var firsts []int // the first point of each request after the failure
		set(func(c *call) (answer, error) {
			numbers := c.numbers(t)
			mu.Lock()
			defer mu.Unlock()
			if len(firsts) > 0 || numbers[0] == 4 && len(numbers) <= 4 {
				firsts = append(firsts, numbers[0])
			}
			switch {
			case len(numbers) > 4:
				return status(413), nil
			case numbers[0] == 4:
				return status(500), nil
			}
			return status(204), nil
		})
		time.Sleep(30 * time.Second)
		mu.Lock()
		defer mu.Unlock()
		if len(firsts) < 2 || firsts[1] != 8 {
			t.Errorf("requests begin with the points %v, want 4 and 8 first", firsts)
		}
	})
}

// After a success the replay begins with the oldest batch again: a batch that failed once does
// not wait until all others have been sent.
func TestReplay_ReturnsToTheOldestAfterASuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, set := changing(t, always(503))
		c := f.spooling(spoolDir(t))
		for i := range 4 {
			send(t, c, numbered(i))
			time.Sleep(time.Millisecond)
		}
		var mu sync.Mutex
		var order []int
		set(func(c *call) (answer, error) {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, c.numbers(t)...)
			if len(order) == 2 {
				return status(500), nil
			}
			return status(204), nil
		})
		time.Sleep(2 * time.Minute)
		mu.Lock()
		defer mu.Unlock()
		if want := []int{0, 1, 2, 1, 3}; !slices.Equal(order, want) {
			t.Errorf("batches were sent in the order %v, want %v", order, want)
		}
	})
}
