// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// fill spools three points in a folder. It returns the client that uses the folder.
func fill(t *testing.T, dir string) *apptuitclient.Client {
	t.Helper()
	away := apptuittest.NewServer()
	away.Close()
	c, err := apptuitclient.New(apptuitclient.WithEndpoint(away.URL), apptuitclient.WithSpool(dir),
		apptuitclient.WithWarningHandler(func(error) {}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	for i := range 3 {
		err := c.Send(t.Context(), []apptuitclient.DataPoint{{
			Metric: "waits", Tags: map[string]string{"n": string(rune('a' + i))}, Timestamp: time.Now(), Value: 1,
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func TestSpool_IsNotOpened(t *testing.T) {
	s := newServer(t)
	dir := t.TempDir()
	t.Setenv("APPTUIT_SPOOL_DIR", dir)
	c := fill(t, dir)
	o := doctor(t)
	o.healthy(t)
	o.has(t, "ok", "spool", dir+" contains 3 points in 3 batches", "a process is using the folder")
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	o = doctor(t)
	o.has(t, "ok", "spool", dir+" contains 3 points in 3 batches")
	if s.Total() != 2*6 { // the points of two runs of the doctor
		t.Errorf("%d points have arrived", s.Total())
	}
	if content, err := apptuitclient.InspectSpool(dir); err != nil || content.Points != 3 || content.InUse {
		t.Errorf("%+v, %v", content, err)
	}
}

func TestSpool_InspectsTheFolder(t *testing.T) {
	newServer(t)
	f := func(name, dir, status string, texts ...string) {
		t.Run(name, func(t *testing.T) {
			t.Setenv("APPTUIT_SPOOL_DIR", dir)
			before := files(t, dir)
			doctor(t).has(t, status, "spool", texts...)
			doctor(t, WithoutProbe()).has(t, status, "spool", texts...)
			if after := files(t, dir); after != before {
				t.Errorf("before %s, after %s", before, after)
			}
		})
	}
	dir := t.TempDir()
	f("does not exist", filepath.Join(dir, "a", "b"), "ok", "does not exist yet, and can be created in "+dir)
	f("is empty", t.TempDir(), "ok", "contains no batches")
	file := write(t, "file", "x", 0o600)
	f("is a file", file, "failed", "not a directory")
	bad := t.TempDir()
	if err := os.WriteFile(filepath.Join(bad, "17979cfe3d85cd15-0000002a.batch"), []byte("APT"), 0o600); err != nil {
		t.Fatal(err)
	}
	f("has a damaged batch", bad, "warning", "1 file cannot be read")
	if runtime.GOOS != "windows" {
		open := t.TempDir()
		if err := os.Chmod(open, 0o777); err != nil {
			t.Fatal(err)
		}
		f("others can write to", open, "failed", "chmod go-w "+open, "APPTUIT_SPOOL_DIR="+filepath.Join(open, "apptuit"))
		t.Setenv("APPTUIT_SPOOL_INSECURE_DIR", "yes")
		f("others may write to", open, "ok", "contains no batches")
		t.Setenv("APPTUIT_SPOOL_INSECURE_DIR", "")
		document := []Option{WithSource("spool.directory", "line 1", open), WithSource("spool.insecure_directory", "line 2", "true")}
		doctor(t, document...).has(t, "ok", "spool", "contains no batches")
	}
	t.Chdir(t.TempDir())
	f("is relative", "spool", "warning", "relative path", "absolute path")

	t.Setenv("APPTUIT_SPOOL_DIR", "")
	doctor(t).lacks(t, "spool")
}

func TestSpool_FailsIfTheFolderIsNotWritable(t *testing.T) {
	if os.Getuid() == 0 {
		// root can write to all folders. On Linux, nobody can create a file in /proc/self.
		if _, err := os.Stat("/proc/self"); err != nil {
			t.Skip("NOT TESTED: root can write to all folders, and this system has no /proc")
		}
		newServer(t)
		t.Setenv("APPTUIT_SPOOL_DIR", "/proc/self")
		doctor(t).has(t, "failed", "spool", "must be able to write")
		return
	}
	newServer(t)
	dir := filepath.Join(t.TempDir(), "spool")
	if err := os.Mkdir(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Setenv("APPTUIT_SPOOL_DIR", dir)
	doctor(t).has(t, "failed", "spool", "must be able to write")
}

// files returns the names of all files at and below a path.
func files(t *testing.T, path string) string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(path, func(name string, _ fs.DirEntry, err error) error {
		all = append(all, name)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return strings.Join(all, ", ")
}

func TestFreeSpace(t *testing.T) {
	free, known := freeSpace(t.TempDir())
	if known && free == 0 {
		t.Error("no space is free, although a folder could be created")
	}
	if _, known := freeSpace(filepath.Join(t.TempDir(), "nowhere")); known {
		t.Error("the space of a folder that does not exist is known")
	}
}
