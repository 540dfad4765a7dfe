// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
)

func TestSpool_SpoolsByFailure(t *testing.T) {
	fails := func(err error) func(*call) (answer, error) {
		return func(*call) (answer, error) { return answer{}, err }
	}
	for name, tt := range map[string]struct {
		outage  func(*call) (answer, error)
		spooled bool
	}{
		"408":               {always(408), true},
		"429":               {always(429), true},
		"500":               {always(500), true},
		"502":               {always(502), true},
		"503":               {always(503), true},
		"504":               {always(504), true},
		"a reset":           {fails(syscall.ECONNRESET), true},
		"no server":         {fails(syscall.ECONNREFUSED), true},
		"401":               {always(401), true},
		"403":               {always(403), true},
		"400":               {always(400), true},
		"404":               {always(404), true},
		"413 for one point": {always(413), false},
		"501":               {always(501), true},
		"a reason":          {func(*call) (answer, error) { return text(400, "unknown metric"), nil }, false},
		"407":               {always(407), true},
		"a redirect":        {always(302, "Location", "/login"), true},
		"a page":            {func(*call) (answer, error) { return text(200, "<html>"), nil }, true},
		"a bad certificate": {fails(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}), true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := spoolDir(t)
				f, over := outageOf(t, tt.outage)
				c := f.spooling(dir)
				start := time.Now()
				err := c.Send(t.Context(), numberedPoints(1))
				if !tt.spooled {
					counted(t, err, 0, 1)
					wantStats(t, c, apptuitclient.SpoolStats{})
					if names := batchFiles(t, dir); len(names) > 0 {
						t.Errorf("files %v", names)
					}
					return
				}
				if err != nil || time.Since(start) > 0 || len(f.all()) != 1 {
					t.Errorf("after %v and %d attempts: %v", time.Since(start), len(f.all()), err)
				}
				wantStats(t, c, apptuitclient.SpoolStats{Batches: 1, Points: 1, Spooled: 1})
				if names := batchFiles(t, dir); len(names) != 1 {
					t.Errorf("files %v", names)
				}
				over()
				time.Sleep(time.Minute)
				wantStats(t, c, apptuitclient.SpoolStats{Spooled: 1, Replayed: 1})
				if names := batchFiles(t, dir); len(names) > 0 {
					t.Errorf("files %v are left", names)
				}
				calls := f.all()
				if first, last := calls[0], calls[len(calls)-1]; first.text != last.text || first.Header.Get("Content-Encoding") != last.Header.Get("Content-Encoding") {
					t.Errorf("sent %q, then %q", first.text, last.text)
				}
			})
		})
	}
}

func TestSpool_RejectsInvalidPoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newFake(t, status(503)).spooling(spoolDir(t))
		points := numberedPoints(5)
		points[1].Metric = ""
		e := counted(t, c.Send(t.Context(), points), 0, 1)
		if e.Spooled != 4 {
			t.Errorf("%d points are spooled: %v", e.Spooled, e)
		}
		contains(t, e, "apptuit: 0 points sent, 1 failed (4 more are spooled): {i=1} at 1700000001: metric: empty")
		wantStats(t, c, apptuitclient.SpoolStats{Batches: 1, Points: 4, Spooled: 4})
	})
}

// A point that the server cannot store at the moment is spooled. The other points of its
// batch are stored or refused.
func TestSpool_SpoolsPointsWithTransientErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t,
			text(400, details(6, 4, 0, pointFault{echo(1), "Please throttle"}, pointFault{echo(2), "Unknown metric"},
				pointFault{echo(3), "Storage exception: gone"}, pointFault{echo(4), "Unknown metric"})),
			text(400, details(1, 1, 0, pointFault{echo(3), "Unknown metric"})))
		var w warnings
		c := f.spooling(spoolDir(t), w.option())
		e := counted(t, c.Send(t.Context(), numberedPoints(10)), 6, 2)
		if diff := cmp.Diff([]int{2, 4}, listed(t, e)); diff != "" || e.Spooled != 2 {
			t.Errorf("%d points are spooled, and these refused: %s", e.Spooled, diff)
		}
		wantStats(t, c, apptuitclient.SpoolStats{Batches: 1, Points: 2, Spooled: 2})
		time.Sleep(time.Minute)
		wantStats(t, c, apptuitclient.SpoolStats{Spooled: 2, Replayed: 1, Rejected: 1})
		calls := f.all()
		if len(calls) != 2 {
			t.Fatalf("%d requests", len(calls))
		}
		if diff := cmp.Diff([]int{1, 3}, calls[1].numbers(t)); diff != "" {
			t.Errorf("sent again (-want +got):\n%s", diff)
		}
		w.want(t, "points go to the spool", "delivering spooled points: 1 point sent, 1 failed with status 400: m{i=3} at 1700000003: Unknown metric",
			"is empty again: 1 point delivered, 1 rejected and 0 dropped so far")
	})
}

// After a failure of one part of a large batch, the other parts are spooled without an
// attempt.
func TestSpool_DoesNotAttemptPartsAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, status(413), status(204), status(503), status(204))
		c := f.spooling(spoolDir(t), apptuitclient.WithRetry(apptuitclient.RetryConfig{Enabled: true, InitialInterval: time.Hour, MaxInterval: time.Hour}))
		client.SetDisk(client.Of(c), func(next func() error) error {
			time.Sleep(time.Second) // the replay could make an attempt in this time
			return next()
		})
		time.Sleep(2 * time.Hour) // the replay may make an attempt at any time
		points := numberedPoints(8)
		f.answer = func(c *call) (answer, error) {
			switch c.n {
			case 0, 2:
				return status(413), nil
			case 1:
				return status(204), nil
			}
			return status(503), nil
		}
		send(t, c, points...)
		// 8 points are too many, 4 are accepted, 4 are too many, 2 fail in the outage, and
		// 2 are not attempted.
		if n := len(f.all()); n != 4 {
			t.Errorf("%d requests", n)
		}
		wantStats(t, c, apptuitclient.SpoolStats{Batches: 2, Points: 4, Spooled: 4})
	})
}

// A second, or a fifth, of the time to the deadline is reserved for the disk.
func TestSpool_ReservesTimeForTheDisk(t *testing.T) {
	for deadline, want := range map[time.Duration]time.Duration{
		30 * time.Second:       29 * time.Second,
		5 * time.Second:        4 * time.Second,
		time.Second:            800 * time.Millisecond,
		100 * time.Millisecond: 80 * time.Millisecond,
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{t: t, answer: hang}
			c := f.spooling(spoolDir(t))
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			defer cancel()
			start := time.Now()
			if err := c.Send(ctx, numberedPoints(3)); err != nil || time.Since(start) != want {
				t.Errorf("%v: it returns after %v: %v", deadline, time.Since(start), err)
			}
			// The batch that was spooled may be replayed at once, but not attempted twice by Send.
			sent := slices.DeleteFunc(f.all(), func(c *call) bool { return c.at.Sub(start) >= want })
			if n := len(sent); n != 1 {
				t.Errorf("%v: %d attempts", deadline, n)
			}
			wantStats(t, c, apptuitclient.SpoolStats{Batches: 1, Points: 3, Spooled: 3})
		})
	}
}

func TestSpool_SpoolsAfterTheContextEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{t: t, answer: hang}
		c := f.spooling(spoolDir(t), apptuitclient.WithMaxBatchPoints(2))
		for name, end := range map[string]func() (context.Context, context.CancelFunc){
			"cancelled": func() (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				return ctx, cancel
			},
			"expired": func() (context.Context, context.CancelFunc) {
				return context.WithDeadline(t.Context(), time.Now().Add(-time.Hour))
			},
		} {
			before, requests := stats(t, c).Points, len(f.all())
			ctx, cancel := end()
			start := time.Now()
			if err := c.Send(ctx, numberedPoints(7)); err != nil || time.Since(start) != 0 {
				t.Errorf("%s: after %v: %v", name, time.Since(start), err)
			}
			cancel()
			if n := len(f.all()); n != requests {
				t.Errorf("%s: %d requests", name, n-requests)
			}
			if now := stats(t, c).Points; now != before+7 {
				t.Errorf("%s: %d points in the spool, %d before", name, now, before)
			}
		}
	})
}

// If the caller cancels, the batch is spooled at once, and the circuit stays closed: the
// next batch is sent.
func TestSpool_SpoolsACancelledRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{t: t, answer: func(c *call) (answer, error) {
			if c.n == 0 {
				return hang(c)
			}
			return status(204), nil
		}}
		c := f.spooling(spoolDir(t), apptuitclient.WithRetry(apptuitclient.RetryConfig{Enabled: true, InitialInterval: time.Hour, MaxInterval: time.Hour}))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, cancel)
		start := time.Now()
		if err := c.Send(ctx, numberedPoints(3)); err != nil || time.Since(start) != 5*time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		if s := stats(t, c); s.Spooled != 3 {
			t.Errorf("%+v", s)
		}
		n := len(f.all())
		send(t, c, numbered(5))
		if len(f.all()) <= n {
			t.Error("the next batch is not sent")
		}
	})
}

func TestClient_SpoolStats_WithoutSpool(t *testing.T) {
	c := newFake(t, status(204)).client()
	if s, ok := c.SpoolStats(); ok || s != (apptuitclient.SpoolStats{}) {
		t.Errorf("%+v", s)
	}
}

// A batch is replayed byte for byte, in each compression, also if the next process uses
// another one.
func TestReplay_SendsTheSameBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := spoolDir(t)
		compressions := []apptuitclient.Compression{apptuitclient.CompressionGzip, apptuitclient.CompressionDeflate, apptuitclient.CompressionNone}
		var want []string
		for i, compression := range compressions {
			f := newFake(t, status(503))
			c := f.spooling(dir, apptuitclient.WithCompression(compression))
			send(t, c, numbered(i), numbered(i+1))
			want = append(want, fmt.Sprint(compression, " ", f.all()[0].text))
			c.Close()
			time.Sleep(time.Millisecond)
		}
		f := newFake(t, status(204))
		c := f.spooling(dir)
		time.Sleep(time.Minute)
		var got []string
		for _, c := range f.all() {
			encoding := c.Header.Get("Content-Encoding")
			if encoding == "" {
				encoding = "none"
			}
			got = append(got, encoding+" "+c.text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		wantStats(t, c, apptuitclient.SpoolStats{Found: 6, Replayed: 6})
	})
}

// Neither the files nor the warnings of a spool contain a secret.
func TestSpool_ContainsNoToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := spoolDir(t)
		const secret = "S3CRET-t0ken"
		var w warnings
		f := newFake(t, text(401, "the token "+secret+" is refused"))
		c := f.spooling(dir, w.option(), apptuitclient.WithToken(secret), apptuitclient.WithCompression(apptuitclient.CompressionNone),
			apptuitclient.WithHeaders(map[string]string{"X-Key": secret + "-2"}))
		send(t, c, numberedPoints(10)...)
		time.Sleep(time.Hour)
		c.Close()
		for _, warning := range w.take() {
			if strings.Contains(warning, secret) {
				t.Errorf("a warning has the token: %s", warning)
			}
		}
		files := 0
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			if strings.Contains(string(content)+path, secret) {
				t.Errorf("%s has the token", path)
			}
			if strings.Contains(string(content), `"metric":"m"`) {
				files++
			}
			return err
		})
		if err != nil || files != 1 {
			t.Errorf("%d files with points: %v", files, err)
		}
	})
}

// If the folder is removed while the client runs, the client makes it again and reports it.
func TestSpool_RecreatesARemovedFolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(spoolDir(t), "spool")
		var w warnings
		f, over := outageOf(t, always(503))
		c := f.spooling(dir, w.option())
		send(t, c, numbered(0))
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			send(t, c, numbered(i))
		}
		over()
		time.Sleep(time.Minute)
		wantStats(t, c, apptuitclient.SpoolStats{Spooled: 4, Replayed: 3, Removed: 1})
		w.want(t, "points go to the spool", "the lock or the folder was removed or replaced", "is empty again: 3 points delivered")
	})
}
