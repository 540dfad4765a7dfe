// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/spool"
)

// stored returns a function that opens the only file in a folder.
func stored(t *testing.T, dir string) func() (*spool.Reader, error) {
	t.Helper()
	v, err := spool.OpenView(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	for f, err := range v.Files() {
		if err != nil {
			t.Fatal(err)
		}
		return func() (*spool.Reader, error) { return v.Open(f) }
	}
	t.Fatal("there is no file")
	return nil
}

// craft makes a folder with one file.
func craft(t *testing.T, file []byte) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, fileName(1)), file, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// In each encoding, a spooled file is valid, and its lines are the points that were sent.
func TestStoredLines_AreThePointsThatWereSent(t *testing.T) {
	for _, compression := range []apptuitclient.Compression{apptuitclient.CompressionGzip, apptuitclient.CompressionDeflate, apptuitclient.CompressionNone} {
		dir := spoolDir(t)
		c := newFake(t, status(503)).spooling(dir, apptuitclient.WithCompression(compression))
		send(t, c, numberedPoints(1000)...)
		open := stored(t, dir)
		if err := client.CheckStored(t.Context(), open); err != nil {
			t.Errorf("%v: %v", compression, err)
		}
		n := 0
		err := client.StoredLines(t.Context(), open, func(line []byte) bool {
			n++
			return strings.HasPrefix(string(line), `{"metric":`)
		})
		if err != nil || n != 1000 {
			t.Errorf("%v: %d lines, %v", compression, n, err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := client.CheckStored(ended, open); !errors.Is(err, context.Canceled) {
			t.Errorf("%v: after the end of the context: %v", compression, err)
		}
		c.Close()
	}
}

// Files with correct checksums that no client has written are detected. Reading them takes no
// memory for the sizes that they claim or expand to.
func TestCheckStored_DetectsCraftedFiles(t *testing.T) {
	line := `{"metric":"m","tags":{"a":"b"},"timestamp":1,"value":1}`
	text := func(body string) []byte { return spoolFile(2, 1, uint64(len(body)), []byte(body)) }
	long := strings.Repeat("y", 40<<20)
	for name, file := range map[string][]byte{
		"one long line":    spoolFile(0, 2, 1<<30, bomb(t, "[\n{", 1400)),
		"lines":            spoolFile(0, 2, 1<<30, bomb(t, "[\n"+line+",\n"+line+",\n", 1400)),
		"a longer text":    spoolFile(0, 1, 100, bomb(t, "[\n"+line+"\n]", 1400)),
		"a long point":     text("[\n" + strings.Replace(line, `"b"`, `"`+long+`"`, 1) + "\n]"),
		"not a point":      text("[\n{" + strings.Repeat(" ", 50) + "}\n]"),
		"no JSON":          text("[\n" + strings.Replace(line, `"b"`, `"b`, 1) + "\n]"),
		"no number":        text("[\n" + strings.Replace(line, `:1}`, `:"1"}`, 1) + "\n]"),
		"no list":          text(strings.Repeat("x", 60)),
		"no end":           text("[\n" + line + "\n"),
		"another encoding": spoolFile(3, 1, 60, make([]byte, 60)),
	} {
		open := stored(t, craft(t, file))
		n := allocated(func() {
			if err := client.CheckStored(t.Context(), open); err == nil {
				t.Errorf("%s: it is whole", name)
			}
		})
		if n > 64<<20 { // a line of 16 MiB grows in steps
			t.Errorf("%s: %d MiB are allocated", name, n>>20)
		}
	}
	if err := client.CheckStored(t.Context(), stored(t, craft(t, text("[\n"+line+"\n]")))); err != nil {
		t.Errorf("a whole file: %v", err)
	}
}
