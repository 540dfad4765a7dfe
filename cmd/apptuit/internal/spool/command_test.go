// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
)

func TestList_ShowsThePointsAndTheLastError(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	c := program(t, dir)
	send(t, c, 0, 9)
	send(t, c, 10, 29)
	before := files(t, dir)
	execute(t, dir).want(t, cli.OK, "a running program uses it", "30 points in 2 batches, ", "last error  ", "connection refused", "(0s ago)")
	c.Close()
	execute(t, dir).want(t, cli.OK, dir+"  no program uses it", "30 points in 2 batches, ", "connection refused")
	if diff := cmp.Diff(before, files(t, dir)); diff != "" {
		t.Errorf("the folder has changed (-before +after)\n%s", diff)
	}
}

func TestList_TakesTheFolderFromTheEnvironment(t *testing.T) {
	dir := filled(t, 1)
	t.Setenv("APPTUIT_SPOOL_DIR", dir)
	execute(t).want(t, cli.OK, dir, "10 points in 1 batch, ")
}

func TestList_AsJSON(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	first, second := program(t, dir, apptuitclient.WithSpoolInstances()), program(t, dir, apptuitclient.WithSpoolInstances())
	send(t, first, 0, 9)
	send(t, first, 10, 19)
	send(t, second, 20, 24)
	second.Close()
	quarantined := quarantine(t, batches(t, dir)[0])
	tear(t, quarantined)
	tear(t, batches(t, dir)[0])
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o := execute(t, dir, "-o", "json")
	o.want(t, cli.OK)
	var got struct {
		content
		Instances []content
	}
	if err := json.Unmarshal([]byte(o.stdout), &got); err != nil {
		t.Fatal(err)
	}
	all := append([]content{got.content}, got.Instances...)
	info, err := os.Stat(quarantined)
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		f := &all[i]
		if waits := f.Batches > 0; waits != (f.Oldest != nil && f.Newest != nil && time.Since(*f.Oldest) < time.Minute) ||
			waits != strings.Contains(f.LastError, "connection refused") || waits != (f.Bytes > 50) {
			t.Errorf("%+v", f)
		}
		f.Oldest, f.Newest, f.LastError, f.Bytes = nil, nil, "", 0
	}
	want := []content{
		{Dir: dir, InUse: true, Batches: 1, Points: 5, Damaged: 1, Foreign: 1, Quarantined: 1, QuarantinedBytes: info.Size()},
		{Dir: dir, InUse: true, Damaged: 1, Foreign: 1, Quarantined: 1, QuarantinedBytes: info.Size()},
		{Dir: filepath.Join(dir, "2"), Batches: 1, Points: 5},
	}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	execute(t, dir).want(t, cli.OK, "damaged     1 file: --verify", "quarantine  1 file, ", "other files 1", "nothing waits", "in all: 5 points in 1 batch, ")
}

func TestArguments_RefusesWrongOnes(t *testing.T) {
	dir := filled(t, 1)
	none := filepath.Join(t.TempDir(), "new")
	execute(t).want(t, cli.Misused, "no folder: give DIR, or set APPTUIT_SPOOL_DIR")
	execute(t, dir, "x").want(t, cli.Misused, "one DIR is expected, and there are 2 arguments")
	execute(t, dir, "--verify", "--replay").want(t, cli.Misused, "--verify, --export and --replay exclude each other")
	execute(t, dir, "--endpoint", "http://h", "-f", "x").want(t, cli.Misused, "--endpoint requires --replay", "--file requires --export")
	execute(t, dir, "--export", "-o", "json").want(t, cli.Misused, "--output")
	execute(t, dir, "--replay", "--rate", "0").want(t, cli.Misused, "--rate: must be positive")
	execute(t, dir, "--replay", "--endpoint", "h").want(t, cli.Misused, "--endpoint: it is not a URL")
	execute(t, none).want(t, cli.Failed, "there is no folder "+none)
	if _, err := os.Stat(none); err == nil {
		t.Error("the folder was made")
	}
}
