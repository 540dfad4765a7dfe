// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package client_test

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// A pipe as token file blocks neither Send nor Close. Without a writer it is empty; with a
// silent writer it is waited for.
func TestTokenFile_PipeBlocksNeitherSendNorClose(t *testing.T) {
	name := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(name, []byte(theToken), 0o600); err != nil {
		t.Fatal(err)
	}
	f := newFake(t, status(204))
	c := f.client(apptuitclient.WithTokenFile(name))
	send(t, c, numbered(0))
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	send(t, c, numbered(0)) // with the last token

	writer, err := os.OpenFile(name, os.O_RDWR, 0) // a pipe can be opened for reading and writing without a reader
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	if err := os.Chtimes(name, time.Time{}, time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_ = c.Send(ctx, numberedPoints(1))
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
	send(t, c, numbered(0)) // waits for a short time, and uses the last token
	if got := f.all()[len(f.all())-1].Header.Get("Authorization"); got != "Bearer "+theToken {
		t.Errorf("Authorization is %q", got)
	}
	start = time.Now()
	c.Close()
	if took := time.Since(start); took > time.Second {
		t.Errorf("Close took %v", took)
	}
}

// The token file can be a pipe, for example <(command) of a shell.
func TestTokenFile_MayBeAPipe(t *testing.T) {
	name := filepath.Join(t.TempDir(), "token")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	writer, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, func() { // the reader waits for the writer
		_, _ = writer.WriteString(theToken + "\n")
		time.Sleep(50 * time.Millisecond)
		writer.Close()
	})
	f := newFake(t, status(204))
	c := f.client(apptuitclient.WithTokenFile(name))
	send(t, c, numbered(0))
	if got := f.all()[0].Header.Get("Authorization"); got != "Bearer "+theToken {
		t.Errorf("Authorization is %q", got)
	}
}
