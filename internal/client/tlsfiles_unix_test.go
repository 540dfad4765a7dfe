// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package client_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// A file that cannot be read in time delays a request for a part of its deadline, and other
// requests not at all. The last content remains in use.
func TestTLSFiles_SlowFileDelaysNoOtherRequest(t *testing.T) {
	a := newAuthority(t, "a")
	server := newSecureServer(t, false, a)
	files := newSecret(t, a, "client")
	c := newClient(t, apptuitclient.WithEndpoint(server.URL), apptuitclient.WithTLSFiles(files.files()), withoutRetry())
	send(t, c, numbered(0))
	name := files.files().CA
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	writer, err := os.OpenFile(name, os.O_RDWR, 0) // a writer that writes nothing
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	start := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := c.Send(ctx, numberedPoints(2)); err != nil {
		t.Error(err)
	}
	for range 10 { // while the file is still being read
		send(t, c, numbered(0))
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
	start = time.Now()
	c.Close()
	if took := time.Since(start); took > time.Second {
		t.Errorf("Close took %v", took)
	}
	if n := len(server.seen()); n != 12 {
		t.Errorf("%d requests came", n)
	}
}

// Files that could not be opened are used as soon as they can be opened, although they have
// not changed since.
func TestTLSFiles_AreReadAgainAfterAnError(t *testing.T) {
	a := newAuthority(t, "a")
	server := newSecureServer(t, false, a)
	files := newSecret(t, a, "first")
	var w warnings
	c := newClient(t, apptuitclient.WithEndpoint(server.URL), apptuitclient.WithTLSFiles(files.files()), withoutRetry(), w.option())
	send(t, c, numbered(0))
	files.write(files.dir, a, "next")
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	none := limit
	none.Cur = 3 // more files are open already
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	err := c.Send(t.Context(), numberedPoints(1))
	err2 := c.Send(t.Context(), numberedPoints(1))
	if err := errors.Join(syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit), err, err2); err != nil {
		t.Fatal(err)
	}
	contains(t, errors.New(strings.Join(w.await(t, 1), "")), "too many open files")
	send(t, c, numbered(0))
	if diff := cmp.Diff([]string{"first", "first", "first", "next"}, server.seen()); diff != "" {
		t.Error(diff)
	}
	w.await(t, 0)
}
