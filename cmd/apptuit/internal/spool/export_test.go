// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
)

// wantLines fails the test unless a text has the JSON lines of the points from first to last.
func wantLines(t *testing.T, text string, first, last int) {
	t.Helper()
	var want []string
	for i := first; i <= last; i++ {
		want = append(want, fmt.Sprintf(`{"metric":"orders","tags":{"i":"%d"},"timestamp":%d,"value":%d.5}`, i, 1781611200+i, i))
	}
	got := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, line := range got {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
}

func TestExport_WritesAllPointsAndLeavesTheFolderAlone(t *testing.T) {
	dir := filled(t, 3)
	before := files(t, dir)
	o := execute(t, dir, "--export")
	o.want(t, cli.OK)
	wantLines(t, o.stdout, 0, 29)
	file := filepath.Join(t.TempDir(), "points.jsonl")
	if o := execute(t, dir, "--export", "-f", file); o != (outcome{}) {
		t.Errorf("%+v", o)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, string(text), 0, 29)
	if diff := cmp.Diff(before, files(t, dir)); diff != "" {
		t.Errorf("the folder has changed (-before +after)\n%s", diff)
	}
	execute(t, dir, "--export", "-f", filepath.Join(file, "x")).want(t, cli.Failed, "points.jsonl")
}

// The exit code reports a damaged file, and the points of the others are written.
func TestExport_LeavesOutDamagedFiles(t *testing.T) {
	dir := filled(t, 3)
	torn := batches(t, dir)[0]
	tear(t, torn)
	o := execute(t, dir, "--export")
	o.want(t, cli.Failed, torn+": not a valid batch", "1 file cannot be read; 20 points of the others written")
	wantLines(t, o.stdout, 10, 29)
	file := filepath.Join(t.TempDir(), "points.jsonl")
	execute(t, dir, "--export", "-f", file).want(t, cli.Failed, "1 file cannot be read; 20 points of the others written")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, string(text), 10, 29)
}

// An export that does not end leaves an older file as it was, and no temporary file.
func TestExport_KeepsTheOlderFileAfterAnError(t *testing.T) {
	dir, folder := filled(t, 2), t.TempDir()
	file := filepath.Join(folder, "points.jsonl")
	if err := os.WriteFile(file, []byte("older"), 0o600); err != nil {
		t.Fatal(err)
	}
	execute(t, dir, "--export", "-f", file, "--timeout", "1ns").want(t, cli.Failed, "--timeout")
	if text, err := os.ReadFile(file); err != nil || string(text) != "older" {
		t.Errorf("%q, %v", text, err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
	execute(t, dir, "--export", "-f", file).want(t, cli.OK)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, string(text), 0, 19)
}

func TestExport_WritesTheQuarantineWithTheFlag(t *testing.T) {
	dir := filled(t, 2)
	quarantine(t, batches(t, dir)[0])
	o := execute(t, dir, "--export", "--quarantine")
	o.want(t, cli.OK)
	wantLines(t, o.stdout, 0, 9)
	o = execute(t, dir, "--export")
	o.want(t, cli.OK)
	wantLines(t, o.stdout, 10, 19)
}

func TestExport_WritesThePointsOfAllInstances(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	first, second := program(t, dir, apptuitclient.WithSpoolInstances()), program(t, dir, apptuitclient.WithSpoolInstances())
	send(t, second, 10, 19)
	send(t, first, 0, 9)
	o := execute(t, dir, "--export")
	o.want(t, cli.OK)
	wantLines(t, o.stdout, 0, 19)
}
