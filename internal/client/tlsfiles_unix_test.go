// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package client_test

import (
	"context"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// A file that cannot be read in time delays a request for a part of its deadline, and other
// requests not at all. The last content remains in use.
func TestTLSFiles_CannotHang(t *testing.T) {
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
