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

// A pipe in the place of the token file holds up no Send and no Close. Without a writer it
// is empty; with one that says nothing it is waited for.
func TestTokenFile_CannotHang(t *testing.T) {
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
	send(t, c, numbered(0)) // with the token that is in force

	writer, err := os.OpenFile(name, os.O_RDWR, 0) // which can be opened without a reader
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
	send(t, c, numbered(0)) // which waits for a short while, and goes on with the token that it has
	if got := f.all()[len(f.all())-1].Header.Get("Authorization"); got != "Bearer "+theToken {
		t.Errorf("Authorization is %q", got)
	}
	start = time.Now()
	c.Close()
	if took := time.Since(start); took > time.Second {
		t.Errorf("Close took %v", took)
	}
}

// A pipe can be the token file, as with a shell's <(command).
func TestTokenFile_MayBeAPipe(t *testing.T) {
	name := filepath.Join(t.TempDir(), "token")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	writer, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, func() { // the reader waits for it
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
