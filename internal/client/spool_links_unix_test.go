// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package client_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// A FIFO with the name of a batch stops neither the replay nor Close, and leaves no
// goroutine.
func TestReplay_SkipsFIFOs(t *testing.T) {
	before := runtime.NumGoroutine()
	dir := spoolDir(t)
	if err := unix.Mkfifo(filepath.Join(dir, fileName(1)), 0o600); err != nil {
		t.Skip("NOT TESTED: the file system has no FIFOs: ", err)
	}
	f, over := outageOf(t, always(503))
	c := f.spooling(dir, apptuitclient.WithRetry(apptuitclient.RetryConfig{InitialInterval: time.Millisecond, MaxInterval: time.Millisecond}))
	for i := range 3 {
		send(t, c, numbered(i))
	}
	oldest := batchFiles(t, dir)[1]
	if err := os.Remove(oldest); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(oldest, 0o600); err != nil {
		t.Fatal(err)
	}
	await := func(done func(apptuitclient.SpoolStats) bool) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); !done(stats(t, c)); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%+v", stats(t, c))
			}
		}
	}
	// A probe that has read the batch before the exchange must fail, too.
	await(func(s apptuitclient.SpoolStats) bool { return s.Dropped == 1 })
	over()
	await(func(s apptuitclient.SpoolStats) bool { return s.Points == 0 })
	wantStats(t, c, apptuitclient.SpoolStats{Spooled: 3, Replayed: 2, Dropped: 1})
	c.Close()
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
	for _, name := range []string{oldest, filepath.Join(dir, fileName(1))} {
		if info, err := os.Lstat(name); err != nil || info.Mode().IsRegular() {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}
