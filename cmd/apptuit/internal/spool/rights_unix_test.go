// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package spool

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
)

// Links and FIFOs with the names of batches and instances are neither followed nor opened.
func TestReading_LeavesLinksAndFIFOsAlone(t *testing.T) {
	s := newServer(t)
	dir, elsewhere := filled(t, 2), filled(t, 1)
	for _, link := range [][2]string{
		{batches(t, elsewhere)[0], "0000000000000001-00000001.batch"},
		{elsewhere, "2"},
		{elsewhere, "quarantine"},
	} {
		if err := os.Symlink(link[0], filepath.Join(dir, link[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "0000000000000001-00000002.batch"), 0o600); err != nil {
		t.Fatal(err)
	}
	execute(t, dir).want(t, cli.OK, "20 points in 2 batches", "other files 4")
	execute(t, dir, "--verify").want(t, cli.OK, "2 files whole, 0 damaged")
	o := execute(t, dir, "--export")
	o.want(t, cli.OK)
	wantLines(t, o.stdout, 0, 19)
	execute(t, dir, "--replay").want(t, cli.OK, "20 points delivered")
	wantStored(t, s, 0, 19)
	if len(batches(t, elsewhere)) != 1 {
		t.Error("the other folder was touched")
	}
}

// A folder that is a FIFO does not block.
func TestReading_FailsForAFIFO(t *testing.T) {
	path := filepath.Join(t.TempDir(), "spool")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	execute(t, path).want(t, cli.Failed, "not a directory")
}

// Another user's folder can be read, if the rights allow it, and is not delivered: its owner could
// not use the files that the command makes.
func TestReplay_RefusesAnotherUsersFolder(t *testing.T) {
	dir := filled(t, 1)
	if err := os.Chown(dir, 65534, -1); err != nil {
		t.Skip("NOT TESTED: only root can give a folder to another user: ", err)
	}
	s := newServer(t)
	execute(t, dir).want(t, cli.OK, "10 points in 1 batch", "belongs to user 65534")
	execute(t, dir, "--verify").want(t, cli.OK, "1 file whole")
	execute(t, dir, "--replay").want(t, cli.Failed, "belongs to user 65534")
	wantStored(t, s, 0, -1)
}
