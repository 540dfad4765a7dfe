// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFolder_Take_OldestFirst(t *testing.T) {
	f, dropped := open(t, t.TempDir(), generous)
	for i := range 20 {
		put(t, f, numbered(i, 100))
	}
	wantContent(t, f, 20)
	f, droppedLater := reopen(t, f)
	if c := f.Content(); c.Found != 200 {
		t.Errorf("%+v after a restart", c)
	}
	put(t, f, numbered(20, 100))
	want := make([]int, 21)
	for i := range want {
		want[i] = i
	}
	if diff := cmp.Diff(want, drain(t, f)); diff != "" {
		t.Error(diff)
	}
	wantContent(t, f, 0)
	dropped.none(t)
	droppedLater.none(t)
}

// Take returns batches in the order of the wall clock at the time of Put, even if the clock
// jumps. Batches with equal times are in the order of Put.
func TestFolder_Take_OrderWhenTheClockJumps(t *testing.T) {
	f, _ := open(t, t.TempDir(), generous)
	at := time.Now().Round(0)
	for i, jump := range []time.Duration{0, time.Hour, -time.Hour, 0, 0} {
		b := numbered(i, 0)
		b.Time = at.Add(jump)
		put(t, f, b)
	}
	f, _ = reopen(t, f)
	if diff := cmp.Diff([]int{2, 0, 3, 4, 1}, drain(t, f)); diff != "" {
		t.Error(diff)
	}
}

// The age of a batch does not depend on changes of the clock until a restart. After a restart, a
// batch with a time in the future counts as new.
func TestFolder_Take_AgeWhenTheClockJumps(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		f, dropped := open(t, dir, generous)
		b := numbered(0, 0)
		b.Time = time.Now().Add(48 * time.Hour)
		put(t, f, b)
		f, _ = reopen(t, f)
		time.Sleep(23 * time.Hour)
		if got := f.Take(anyFile); got == nil {
			t.Error("the batch was removed after 23 hours")
		} else {
			f.Return(got)
		}
		time.Sleep(2 * time.Hour)
		f.dropped = dropped.add
		offer(f)
		if f.Take(anyFile) != nil {
			t.Error("the batch is older than a day, and was not removed")
		}
		dropped.want(t, 10, "older than 24h0m0s")
	})
}

func TestFolder_Take_GivesEachFileToOneCaller(t *testing.T) {
	f, _ := open(t, t.TempDir(), generous)
	put(t, f, numbered(0, 0), numbered(1, 0))
	first, second := f.Take(anyFile), f.Take(anyFile)
	if first == nil || second == nil || first == second || f.Take(anyFile) != nil {
		t.Fatalf("took %v and %v", first, second)
	}
	f.Return(first)
	if again := f.Take(anyFile); again != first {
		t.Errorf("took %v, want the file that was returned", again)
	}
	if f.Take(func(*File) bool { return false }) != nil {
		t.Error("took a file that the filter had excluded")
	}
}

func TestFolder_Replace_PartsKeepAgeAndReplayState(t *testing.T) {
	f, dropped := open(t, t.TempDir(), generous)
	put(t, f, numbered(0, 100), numbered(9, 100))
	file := f.Take(anyFile)
	file.Replay = ReplayState{Pass: 3, Strikes: 2}
	record, err := f.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	a, b := numbered(1, 50), numbered(2, 40)
	a.Time, b.Time = record.Time, record.Time
	files, err := f.Replace(file, a, b)
	if err != nil || len(files) != 2 {
		t.Fatalf("%v, %v", files, err)
	}
	wantContent(t, f, 3)
	for _, part := range files {
		if part.Replay != file.Replay || !part.born.Equal(file.born) {
			t.Errorf("the part has the state %+v and the time %v, want %+v and %v of the batch", part.Replay, part.born, file.Replay, file.born)
		}
		if next := f.Take(func(other *File) bool { return other == part }); next != nil {
			t.Error("the part is not marked as taken")
		}
		f.Return(part)
	}
	f, _ = reopen(t, f)
	if diff := cmp.Diff([]int{1, 2, 9}, drain(t, f)); diff != "" {
		t.Error(diff)
	}
	dropped.none(t)
}

// If Replace fails, it removes the parts that it has written. Otherwise their points would be
// delivered twice.
func TestFolder_Replace_ChangesNothingIfItFails(t *testing.T) {
	f, dropped := open(t, t.TempDir(), generous)
	put(t, f, numbered(0, 100))
	file := f.Take(anyFile)
	full := errors.New("no space left on device")
	writes := 0
	f.Write = func(name string, commit func() bool, parts ...[]byte) error {
		if writes++; writes == 3 {
			return full
		}
		return f.write(name, commit, parts...)
	}
	if _, err := f.Replace(file, numbered(1, 50), numbered(2, 50), numbered(3, 50)); !errors.Is(err, full) {
		t.Error(err)
	}
	wantContent(t, f, 1)
	f.Return(file)
	if diff := cmp.Diff([]int{0}, drain(t, f)); diff != "" {
		t.Error(diff)
	}
	dropped.none(t)
}

func TestOpen_RemovesInterruptedWrites(t *testing.T) {
	f, _ := open(t, t.TempDir(), generous)
	put(t, f, numbered(0, 0))
	name := list(t, f.dir)[0]
	left := filepath.Join(f.dir, name+temporarySuffix)
	foreign := filepath.Join(f.dir, "report.tmp")
	for _, path := range []string{left, foreign} {
		if err := os.WriteFile(path, []byte(magic), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, dropped := reopen(t, f)
	if diff := cmp.Diff([]string{name, "report.tmp"}, list(t, f.dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{0}, drain(t, f)); diff != "" {
		t.Error(diff)
	}
	dropped.none(t)
}

func TestFolder_Put_CommitsDurableFiles(t *testing.T) {
	f, dropped := open(t, t.TempDir(), generous)
	asked := 0
	err := f.Put(numbered(0, 0), func() bool {
		asked++
		if names := list(t, f.dir); len(names) != 1 || !strings.HasSuffix(names[0], batchSuffix) {
			t.Errorf("the files at the time of commit are %v", names)
		}
		return false
	})
	if !errors.Is(err, errAbandoned) || asked != 1 {
		t.Errorf("Put called commit %d times, and returned %v", asked, err)
	}
	wantContent(t, f, 0)
	dropped.none(t)
}

func TestFolder_Put_FileModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("NOT TESTED: Windows has no file modes")
	}
	dir := filepath.Join(t.TempDir(), "new", "spool")
	f, _ := open(t, dir, generous)
	put(t, f, numbered(0, 0), numbered(1, 0))
	f.Quarantine(f.Take(anyFile), errors.New("bad"))
	err := filepath.WalkDir(filepath.Dir(dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %v, want %v", path, got, want)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// A damaged batch is moved to the quarantine and reported once. It is not sent, and does not
// affect other batches.
func TestOpen_QuarantinesDamagedBatches(t *testing.T) {
	f, _ := open(t, t.TempDir(), generous)
	put(t, f, numbered(0, 0))
	batch := list(t, f.dir)[0]
	damaged := map[string]string{
		batchName(time.Unix(0, 1), 1): "",
		batchName(time.Unix(0, 2), 2): "a text of somebody else",
		batchName(time.Unix(0, 3), 3): string(whole(numbered(1, 0))[:70]),
	}
	for name, content := range damaged {
		if err := os.WriteFile(filepath.Join(f.dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, dropped := reopen(t, f)
	dropped.want(t, 0, "is moved to the quarantine: not a valid batch", "(the first of 3 batches)")
	if diff := cmp.Diff([]string{batch, quarantineName}, list(t, f.dir)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(damaged)), list(t, filepath.Join(f.dir, quarantineName))); diff != "" {
		t.Error(diff)
	}
	f, dropped = reopen(t, f)
	dropped.none(t)
	if diff := cmp.Diff([]int{0}, drain(t, f)); diff != "" {
		t.Error(diff)
	}
}

// Files and folders that no client has created are neither changed nor reported.
func TestOpen_LeavesForeignFilesAlone(t *testing.T) {
	f, _ := open(t, t.TempDir(), generous)
	put(t, f, numbered(0, 0))
	foreign := []string{
		"orders.batch", "notes.txt", "17979cfe3d85cd15.batch", "17979CFE3D85CD15-0000002A.batch", "17979cfe3d85cd15-0000002a.batch.old",
		"17979cfe3d85cd15-0000002a.batch.tmp.tmp", "-17979cfe3d85cd1-0000002a.batch", "report.batch.tmp", quarantineName + "/report.pdf",
	}
	folders := []string{"nightly.batch", "17979cfe3d85cd15-0000002b.batch", quarantineName, quarantineName + "/17979cfe3d85cd15-0000002c.batch"}
	for _, name := range folders {
		if err := os.Mkdir(filepath.Join(f.dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range append(foreign, "nightly.batch/file", quarantineName+"/17979cfe3d85cd15-0000002c.batch/file") {
		if err := os.WriteFile(filepath.Join(f.dir, name), []byte("not ours"), 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-1000 * time.Hour)
		if err := os.Chtimes(filepath.Join(f.dir, name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	before := contents(t, f.dir)
	f, dropped := reopen(t, f)
	put(t, f, numbered(1, 0), numbered(2, 0))
	f.Maintain()
	dropped.none(t)
	f.Quarantine(f.Take(anyFile), errors.New("bad")) // also applies the limits of the quarantine
	if info, err := Inspect(f.dir); err != nil || info.Foreign != len(foreign)+1 || info.Faulty != 0 {
		t.Errorf("%+v, %v, want %d foreign files", info, err, len(foreign)+1)
	}
	dropped.want(t, 10, "bad")
	if diff := cmp.Diff([]int{1, 2}, drain(t, f)); diff != "" {
		t.Error(diff)
	}
	after := contents(t, f.dir)
	for path, text := range before {
		if after[path] != text && !isBatch(filepath.Base(path)) {
			t.Errorf("%s was changed or removed", path)
		}
	}
	for _, name := range folders {
		if info, err := os.Stat(filepath.Join(f.dir, name)); err != nil || !info.IsDir() {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Read detects a body that was damaged after Open. The header still has the number of points.
func TestFolder_Read_DetectsADamagedBody(t *testing.T) {
	f, dropped := open(t, t.TempDir(), generous)
	put(t, f, numbered(0, 1000))
	path := filepath.Join(f.dir, list(t, f.dir)[0])
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file[len(file)-1] ^= 1
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	taken := f.Take(anyFile)
	if _, err = f.Read(taken); !errors.Is(err, ErrFormat) {
		t.Error(err)
	}
	f.Quarantine(taken, err)
	dropped.want(t, 10, "is moved to the quarantine", "checksum")
	wantContent(t, f, 0)
}

// Put creates a folder again that was removed. The batches of the removed folder count as removed,
// not as dropped.
func TestFolder_Put_RecoversFromTheRemovalOfTheFolder(t *testing.T) {
	f, dropped := open(t, t.TempDir(), generous)
	put(t, f, numbered(0, 0), numbered(1, 0))
	file := f.Take(anyFile)
	if err := os.RemoveAll(f.dir); runtime.GOOS == "windows" && err != nil {
		t.Skip("NOT TESTED: Windows does not remove a folder with open files: ", err)
	} else if err != nil {
		t.Fatal(err)
	}
	put(t, f, numbered(2, 0))
	dropped.want(t, 0, "removed or replaced", "locked again, with 0 batches")
	if _, err := f.Read(file); !errors.Is(err, ErrGone) {
		t.Errorf("Read: %v", err)
	}
	if _, err := f.Replace(file); !errors.Is(err, ErrGone) {
		t.Errorf("Replace: %v", err)
	}
	if !f.Quarantine(file, fs.ErrNotExist) {
		t.Error("Quarantine keeps a file that does not exist")
	}
	wantContent(t, f, 1)
	if c := f.Content(); c.Removed != 20 {
		t.Errorf("%+v", c)
	}
	dropped.none(t)
}

func TestFolder_FailsAfterClose(t *testing.T) {
	f, dropped := open(t, t.TempDir(), generous)
	put(t, f, numbered(0, 0))
	file := f.Take(anyFile)
	for range 2 {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := f.Put(numbered(1, 0), always); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if _, err := f.Replace(file, numbered(2, 0)); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	wantContent(t, f, 1)
	dropped.none(t)
}

func TestFolder_Concurrently(t *testing.T) {
	const writers, each = 4, 25
	f, dropped := open(t, t.TempDir(), Limits{Bytes: 1 << 30, Age: time.Hour})
	seen := make(chan string, writers*each)
	var put, taken sync.WaitGroup
	done := make(chan struct{})
	for w := range writers {
		put.Go(func() {
			for i := range each {
				if err := f.Put(&Batch{Points: 10, Raw: 1000, Time: time.Now(), Body: fmt.Append(nil, w, "/", i)}, always); err != nil {
					t.Error(err)
				}
				f.Content()
			}
		})
	}
	for range 2 {
		taken.Go(func() {
			for n := 0; ; n++ {
				file := f.Take(anyFile)
				if file == nil {
					select {
					case <-done:
						return
					default:
						runtime.Gosched()
						continue
					}
				}
				b, err := f.Read(file)
				switch {
				case err != nil:
					t.Error(err)
				case n%3 == 0:
					f.Return(file)
					continue
				default:
					seen <- string(b.Body)
				}
				if _, err := f.Replace(file); err != nil {
					t.Error(err)
				}
			}
		})
	}
	put.Wait()
	close(done)
	taken.Wait()
	for file := f.Take(anyFile); file != nil; file = f.Take(anyFile) {
		b, err := f.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		seen <- string(b.Body)
		if _, err := f.Replace(file); err != nil {
			t.Error(err)
		}
	}
	close(seen)
	var all []string
	for body := range seen {
		all = append(all, body)
	}
	slices.Sort(all)
	if n := len(slices.Compact(all)); len(all) != writers*each || n != len(all) {
		t.Errorf("got %d batches, %d of them different, want %d", len(all), n, writers*each)
	}
	wantContent(t, f, 0)
	dropped.none(t)
}
