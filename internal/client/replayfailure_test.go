// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// poisoned returns a server that fails on requests with test point 0, and accepts the
// others.
func poisoned(t testing.TB, failure func(*call) (answer, error)) func(*call) (answer, error) {
	return func(c *call) (answer, error) {
		if slices.Contains(c.numbers(t), 0) {
			return failure(c)
		}
		return status(204), nil
	}
}

// tries counts the requests with test point 0.
func tries(t testing.TB, f *fake) int {
	t.Helper()
	n := 0
	for _, c := range f.all() {
		if slices.Contains(c.numbers(t), 0) {
			n++
		}
	}
	return n
}

// A batch to which the server always answers 500 is moved to the quarantine after some
// attempts, and does not block the others.
func TestReplay_QuarantinesABatchThatAlwaysFails(t *testing.T) {
	for name, failure := range map[string]func(*call) (answer, error){
		"500":     always(500),
		"a reset": func(*call) (answer, error) { return answer{}, syscall.ECONNRESET },
		"storage": func(*call) (answer, error) {
			return text(400, details(0, 1, 0, pointFault{echo(0), "Storage exception: gone"})), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := spoolDir(t)
				var w warnings
				f, set := changing(t, always(503))
				c := f.spooling(dir, w.option())
				for i := range 20 {
					send(t, c, numbered(i))
				}
				outage := tries(t, f)
				w.take()
				set(poisoned(t, failure))
				for range 180 { // the program continues, and its batches are accepted
					time.Sleep(10 * time.Second)
					send(t, c, numbered(100))
				}
				if n := tries(t, f) - outage; n < 8 || n > 40 {
					t.Errorf("it was tried %d times", n)
				}
				s := stats(t, c)
				if s.Dropped != 1 || s.Points != 0 || s.Replayed != s.Spooled-1 {
					t.Errorf("%+v", s)
				}
				quarantined, err := os.ReadDir(filepath.Join(dir, "quarantine"))
				if err != nil || len(quarantined) != 1 {
					t.Errorf("the quarantine has %v: %v", quarantined, err)
				}
				reported := 0
				for _, warning := range w.take() {
					if strings.Contains(warning, "dropped 1 point: ") && strings.Contains(warning, "is moved to the quarantine: it failed 8 times while other batches were delivered") {
						reported++
					}
				}
				if reported != 1 {
					t.Errorf("it was reported %d times", reported)
				}
			})
		})
	}
}

// If the server fails on all batches, no batch is quarantined, whatever the failure and its
// duration.
func TestReplay_QuarantinesNothingInAnOutage(t *testing.T) {
	for name, outage := range map[string]func(*call) (answer, error){
		"500":    always(500),
		"503":    always(503),
		"resets": func(*call) (answer, error) { return answer{}, syscall.ECONNRESET },
		"401":    always(401),
		"certificate": func(*call) (answer, error) {
			return answer{}, &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := spoolDir(t)
				first := newFake(t, status(503)).spooling(dir)
				for i := range 10 {
					send(t, first, numbered(i))
				}
				first.Close()
				f, over := outageOf(t, outage)
				c := f.spooling(dir)
				for range 300 {
					time.Sleep(20 * time.Second)
					_ = c.Send(t.Context(), numberedPoints(1))
				}
				if s := stats(t, c); s.Dropped != 0 || s.Points < 10 {
					t.Errorf("%+v", s)
				}
				over()
				time.Sleep(5 * time.Minute)
				if s := stats(t, c); s.Dropped != 0 || s.Points != 0 || s.Rejected != 0 || s.Replayed != s.Found+s.Spooled {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

// If the server fails at random, however often, no batch is quarantined.
func TestReplay_QuarantinesNothingWithAFlakyServer(t *testing.T) {
	for seed := range 5 {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			f := &fake{t: t, answer: func(c *call) (answer, error) {
				if time.Since(start) < 2*time.Minute && (c.n*7919+seed)%10 != 0 {
					return status(500), nil
				}
				return status(204), nil
			}}
			c := f.spooling(spoolDir(t))
			for i := range 100 {
				send(t, c, numbered(i))
				time.Sleep(time.Second)
			}
			time.Sleep(30 * time.Minute)
			if s := stats(t, c); s.Dropped != 0 || s.Points != 0 {
				t.Errorf("seed %d: %+v", seed, s)
			}
		})
	}
}

// If the server fails on one batch for a limited time, the batch is not quarantined,
// however many others are accepted meanwhile.
func TestReplay_DeliversABatchThatFailsForAShortTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, set := changing(t, always(503))
		c := f.spooling(spoolDir(t))
		for i := range 60 {
			send(t, c, numbered(i))
		}
		set(poisoned(t, always(500)))
		time.Sleep(12 * time.Second)
		set(always(204))
		time.Sleep(10 * time.Minute)
		wantStats(t, c, apptuitclient.SpoolStats{Spooled: 60, Replayed: 60})
	})
}

// If the circuit is open and no live batch comes, the replay must detect that the server is
// back, even if the server always fails on the oldest batch.
func TestReplay_DetectsRecoveryWhenTheOldestBatchFails(t *testing.T) {
	for name, failure := range map[string]func(*call) (answer, error){
		"500":       always(500),
		"504":       always(504),
		"no answer": hang,
	} {
		synctest.Test(t, func(t *testing.T) {
			f, set := changing(t, always(503))
			c := f.spooling(spoolDir(t), apptuitclient.WithTimeout(20*time.Second))
			for i := range 20 {
				send(t, c, numbered(i))
			}
			set(poisoned(t, failure))
			time.Sleep(30 * time.Minute)
			if s := stats(t, c); s.Replayed != 19 {
				t.Errorf("%s: %+v", name, s)
			}
		})
	}
}

// A batch that a gateway cannot deliver is postponed longer after each attempt, and is not
// given up.
func TestReplay_PostponesABatchThatAGatewayFailsOn(t *testing.T) {
	for _, code := range []int{502, 504} {
		synctest.Test(t, func(t *testing.T) {
			f, set := changing(t, always(503))
			c := f.spooling(spoolDir(t))
			for i := range 10 {
				send(t, c, numbered(i))
			}
			outage := tries(t, f)
			set(poisoned(t, always(code)))
			for range 1000 {
				time.Sleep(time.Second)
				send(t, c, numbered(100))
			}
			if n := tries(t, f) - outage; n < 5 || n > 60 {
				t.Errorf("%d: tried %d times", code, n)
			}
			if s := stats(t, c); s.Points != 1 || s.Dropped != 0 {
				t.Errorf("%d: %+v", code, s)
			}
			set(always(204))
			time.Sleep(10 * time.Minute)
			if s := stats(t, c); s.Points != 0 || s.Dropped != 0 {
				t.Errorf("%d: %+v", code, s)
			}
		})
	}
}
