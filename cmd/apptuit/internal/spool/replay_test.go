// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
)

// wantStored fails the test unless a server has the points from first to last, each once.
func wantStored(t *testing.T, s *apptuittest.Server, first, last int) {
	t.Helper()
	got, want := map[float64]int{}, map[float64]int{}
	for _, p := range s.Points() {
		got[p.Float()]++
	}
	for i := first; i <= last; i++ {
		want[point(i).Value]++
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stored (-want +got)\n%s", diff)
	}
}

func TestReplay_DeliversAllPoints(t *testing.T) {
	s := newServer(t)
	dir := filled(t, 3)
	execute(t, dir, "--replay", "--rate", "100").want(t, cli.OK, dir+": 30 points delivered, 0 left\n")
	wantStored(t, s, 0, 29)
	if left := batches(t, dir); len(left) > 0 {
		t.Errorf("%q are left", left)
	}
	execute(t, dir, "--replay").want(t, cli.OK, dir+": 0 points delivered, 0 left\n")
}

func TestReplay_DeliversInstancesThatAreNotInUse(t *testing.T) {
	s := newServer(t)
	dir := filepath.Join(t.TempDir(), "spool")
	first, second := program(t, dir, apptuitclient.WithSpoolInstances()), program(t, dir, apptuitclient.WithSpoolInstances())
	send(t, first, 0, 9)
	send(t, second, 10, 19)
	second.Close()
	o := execute(t, dir, "--replay", "-o", "json")
	o.want(t, cli.Failed, dir+": a running program uses the folder, and delivers its points")
	var got delivery
	if err := json.Unmarshal([]byte(o.stdout), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(delivery{Dir: dir, Delivered: 10}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	wantStored(t, s, 10, 19)
	first.Close()
	execute(t, dir, "--replay").want(t, cli.OK, "10 points delivered")
	wantStored(t, s, 0, 19)
}

// Points that the program would drop, because of its limits, are delivered.
func TestReplay_IgnoresLimits(t *testing.T) {
	dir := filled(t, 2)
	t.Setenv("APPTUIT_SPOOL_MAX_BYTES", "1")
	t.Setenv("APPTUIT_SPOOL_MAX_AGE", "1ns")
	s := newServer(t)
	execute(t, dir, "--replay").want(t, cli.OK, "20 points delivered, 0 left")
	wantStored(t, s, 0, 19)
}

// While the server cannot be reached, or refuses the token, the points stay, and the error has the
// reason.
func TestReplay_KeepsPointsThatTheServerDoesNotAccept(t *testing.T) {
	dir := filled(t, 2)
	before := files(t, dir)
	execute(t, dir, "--replay", "--endpoint", deadEndpoint(t), "--retry-for", "300ms").want(t, cli.Failed,
		"the server accepted nothing for 300ms, and 20 points are left: ", "connection refused", "0 points delivered, 20 left")
	newServer(t)
	t.Setenv("APPTUIT_API_TOKEN", "another-5ecret")
	execute(t, dir, "--replay", "--retry-for", "300ms").want(t, cli.Failed, "20 points are left: ", "401")
	execute(t, dir, "--replay", "--timeout", "200ms").want(t, cli.Failed, "the time is over (--timeout 200ms), and 20 points are left")
	if diff := cmp.Diff(before, files(t, dir)); diff != "" {
		t.Errorf("the folder has changed (-before +after)\n%s", diff)
	}
}

func TestReplay_EndsWithCtrlC(t *testing.T) {
	s := newServer(t)
	s.Fail(apptuittest.Fault{Hang: true})
	dir := filled(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(300*time.Millisecond, cancel)
	var stdout, stderr strings.Builder
	if code := cli.Run(ctx, Command(), []string{dir, "--replay"}, nil, &stdout, &stderr); code != cli.Interrupted {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
	execute(t, dir).want(t, cli.OK, "10 points in 1 batch")
}

// Points that the server refuses are gone, as if the program had sent them, and fail the command.
func TestReplay_ReportsRefusedPoints(t *testing.T) {
	s := newServer(t)
	s.Fail(apptuittest.Reject(func(p apptuittest.Point) string {
		if p.Tags["i"] == "3" {
			return "no such metric"
		}
		return ""
	}))
	dir := filled(t, 1)
	execute(t, dir, "--replay").want(t, cli.Failed, "9 points delivered, 0 left", "no such metric", "1 point rejected by the server, 0 moved")
}

// A torn file is moved to the quarantine, and the others are delivered.
func TestReplay_MovesDamagedFilesToTheQuarantine(t *testing.T) {
	s := newServer(t)
	dir := filled(t, 2)
	torn := batches(t, dir)[0]
	tear(t, torn)
	execute(t, dir, "--replay").want(t, cli.OK, "is moved to the quarantine", "10 points delivered, 0 left")
	wantStored(t, s, 10, 19)
	if _, err := os.Stat(filepath.Join(dir, "quarantine", filepath.Base(torn))); err != nil {
		t.Error(err)
	}
}

func TestReplay_RefusesAnInsecureFolder(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("NOT TESTED: rights of folders are those of Unix")
	}
	s := newServer(t)
	dir := filled(t, 1)
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	execute(t, dir).want(t, cli.OK, "programs refuse to use this folder", "10 points in 1 batch")
	execute(t, dir, "--replay").want(t, cli.Failed, "the folder is not safe")
	wantStored(t, s, 0, -1)
	t.Setenv("APPTUIT_SPOOL_INSECURE_DIR", "true")
	execute(t, dir, "--replay").want(t, cli.OK, "10 points delivered")
	wantStored(t, s, 0, 9)
}
