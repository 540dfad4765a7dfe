// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// child runs the task of a child process. Without a special task, it opens the folder, puts a
// batch into it, prints the path of the folder, and waits.
func child(what, dir string) {
	fail := func(err error) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if childOfDisk(what, dir, fail) {
		return
	}
	f, err := Open(dir, generous, Options{Instances: what == "instance", Dropped: func(Drop) {}})
	if err != nil {
		fail(err)
	}
	if err := f.Put(numbered(os.Getpid(), 0), always); err != nil {
		fail(err)
	}
	fmt.Println(f.Dir())
	time.Sleep(time.Hour) // until it is killed
	_ = f.Close()
}

// startChild starts a process that opens a folder and puts a batch into it. It returns the path of
// the folder, the process ID, and a function that kills the process.
func startChild(t *testing.T, what, dir string) (string, int, func()) {
	t.Helper()
	cmd := childProcess(t, what, dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(kill)
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the child process did not open the folder")
	}
	return lines.Text(), cmd.Process.Pid, kill
}

func TestOpen_LocksOutOtherProcesses(t *testing.T) {
	dir := t.TempDir()
	_, pid, kill := startChild(t, "one", dir)
	if _, err := Open(dir, generous, Options{Dropped: func(Drop) {}}); !errors.Is(err, ErrInUse) {
		t.Fatalf("Open: %v", err)
	}
	kill()
	f, dropped := open(t, dir, generous)
	if diff := cmp.Diff([]int{pid}, drain(t, f)); diff != "" {
		t.Error(diff)
	}
	dropped.none(t)
}

// A process cannot open a folder twice. Otherwise it would send each batch twice.
func TestOpen_LocksOutOtherFoldersOfTheProcess(t *testing.T) {
	f, _ := open(t, t.TempDir(), generous)
	if _, err := Open(f.dir, generous, Options{Dropped: func(Drop) {}}); !errors.Is(err, ErrInUse) {
		t.Errorf("Open: %v", err)
	}
	reopen(t, f)
}

// Open resolves a relative path, because the program may change its working directory later.
func TestOpen_ResolvesARelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	f, _ := open(t, "spool", generous)
	t.Chdir(t.TempDir())
	put(t, f, numbered(0, 0))
	wantContent(t, f, 1)
	if diff := cmp.Diff([]int{0}, drain(t, f)); diff != "" {
		t.Error(diff)
	}
}

// Each process uses its own subfolder, and takes over the batches of processes that have
// ended.
func TestOpen_InstancesUseTheirOwnSubfolders(t *testing.T) {
	dir := t.TempDir()
	var pids []int
	var kills []func()
	for i := range 3 {
		got, pid, kill := startChild(t, "instance", dir)
		want := dir
		if i > 0 {
			want = filepath.Join(dir, strconv.Itoa(i+1))
		}
		if got != want {
			t.Errorf("process %d uses the folder %s, want %s", i, got, want)
		}
		pids, kills = append(pids, pid), append(kills, kill)
	}
	kills[0]()
	kills[2]()
	dropped := new(drops)
	f, err := Open(dir, generous, Options{Instances: true, Dropped: dropped.add})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Dir() != dir {
		t.Errorf("Open uses the folder %s, want %s", f.Dir(), dir)
	}
	if diff := cmp.Diff([]int{pids[0], pids[2]}, drain(t, f)); diff != "" {
		t.Errorf("batches of the processes that have ended (-want +got):\n%s", diff)
	}
	kills[1]()
	second, err := Open(dir, generous, Options{Instances: true, Dropped: dropped.add})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if want := filepath.Join(dir, "2"); second.Dir() != want {
		t.Errorf("Open uses the folder %s, want %s", second.Dir(), want)
	}
	if diff := cmp.Diff([]int{pids[1]}, drain(t, second)); diff != "" {
		t.Error(diff)
	}
	dropped.none(t)
}

func TestOpen_LimitsInstances(t *testing.T) {
	dir := t.TempDir()
	for i := range maxInstances {
		f, err := Open(dir, generous, Options{Instances: true, Dropped: func(Drop) {}})
		if err != nil {
			t.Fatalf("instance %d: %v", i+1, err)
		}
		t.Cleanup(func() { f.Close() })
	}
	if _, err := Open(dir, generous, Options{Instances: true, Dropped: func(Drop) {}}); !errors.Is(err, ErrInUse) {
		t.Errorf("Open: %v", err)
	}
}

func TestOpen_RefusesAFileInPlaceOfTheFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{path, filepath.Join(path, "below")} {
		if f, err := Open(dir, generous, Options{Dropped: func(Drop) {}}); err == nil {
			f.Close()
			t.Errorf("Open accepts the file %s as a folder", dir)
		}
	}
}
