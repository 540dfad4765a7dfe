// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
)

func TestVerify_NamesDamagedFiles(t *testing.T) {
	dir := filled(t, 5)
	execute(t, dir, "--verify").want(t, cli.OK, dir+": 5 files whole, 0 damaged")
	all := batches(t, dir)
	torn, quarantined := all[0], quarantine(t, all[1])
	tear(t, torn)
	flip(t, quarantined)
	before := files(t, dir)
	execute(t, dir, "--verify").want(t, cli.Failed, torn+": not a valid batch", quarantined+": not a valid batch: the checksum of the body",
		dir+": 3 files whole, 2 damaged")
	o := execute(t, dir, "--verify", "-o", "json")
	o.want(t, cli.Failed)
	var got verification
	if err := json.Unmarshal([]byte(o.stdout), &got); err != nil {
		t.Fatal(err)
	}
	if got.Whole != 3 || len(got.Bad) != 2 || got.Bad[0].File != torn || got.Bad[1].File != quarantined || got.Bad[1].Error == "" || o.stderr != "" {
		t.Errorf("%+v, stderr %q", got, o.stderr)
	}
	if diff := cmp.Diff(before, files(t, dir)); diff != "" {
		t.Errorf("the folder has changed (-before +after)\n%s", diff)
	}
}

// flip changes the last byte of a file.
func flip(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)-1] ^= 1
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A program that spools and delivers is not disturbed, and files that vanish are no faults.
func TestReading_BesideARunningProgram(t *testing.T) {
	s := newServer(t)
	dir := filepath.Join(t.TempDir(), "spool")
	var warned messages
	c, err := apptuitclient.New(apptuitclient.WithSpool(dir, apptuitclient.WithSpoolRate(200)), apptuitclient.WithWarningHandler(warned.add),
		apptuitclient.WithRetry(apptuitclient.RetryConfig{Enabled: true, InitialInterval: 100 * time.Millisecond, MaxInterval: 200 * time.Millisecond}))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for round := range 3 {
		s.Fail(apptuittest.Fault{Status: 503, Times: 4})
		for i := range 40 {
			send(t, c, 40*round+i, 40*round+i)
		}
		for stop := time.Now().Add(20 * time.Second); ; {
			execute(t, dir, "--verify").want(t, cli.OK, " 0 damaged")
			execute(t, dir, "--export").want(t, cli.OK)
			execute(t, dir).want(t, cli.OK, "a running program uses it")
			stats, ok := c.SpoolStats()
			if !ok || time.Now().After(stop) {
				t.Fatalf("%+v, %t; warnings %v", stats, ok, warned.take())
			}
			if stats.Batches == 0 {
				break
			}
		}
	}
	c.Close()
	if stats, _ := c.SpoolStats(); stats.Spooled < 10 || stats.Replayed != stats.Spooled || len(s.Points()) != 120 {
		t.Errorf("%+v, and %d points are stored; warnings %v", stats, len(s.Points()), warned.take())
	}
}
