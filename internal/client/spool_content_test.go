// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
)

func TestInspectSpool_CountsSpooledPoints(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	if _, err := apptuitclient.InspectSpool(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before there is one: %v", err)
	}
	away := newFake(t, status(503))
	warned := new(warnings)
	c := away.client(apptuitclient.WithSpool(dir), warned.option())
	if err := c.Send(t.Context(), numberedPoints(3)); err != nil {
		t.Fatal(err)
	}
	got, err := apptuitclient.InspectSpool(dir)
	if err != nil || !got.InUse || time.Since(got.Oldest) > time.Minute {
		t.Errorf("%+v, %v", got, err)
	}
	stats, _ := c.SpoolStats()
	if got.Batches != stats.Batches || got.Points != stats.Points || got.Bytes != stats.Bytes || got.Points != 3 {
		t.Errorf("%+v, where the client has %+v", got, stats)
	}
	if !got.Newest.Equal(got.Oldest) || !strings.Contains(got.LastError, "503") {
		t.Errorf("%+v", got)
	}
}

// The reason in a file is the text of the error: on one line, short, and without the token
// that the server quotes.
func TestInspectSpool_ReasonContainsNoSecret(t *testing.T) {
	const token = "s3cret/token"
	dir := spoolDir(t)
	c := newFake(t, text(503, "no \x1b[31mroom\nfor "+token+" "+strings.Repeat("ä", 3000))).spooling(dir, apptuitclient.WithToken(token))
	send(t, c, numberedPoints(1)...)
	got, err := apptuitclient.InspectSpool(dir)
	if err != nil || got.Batches != 1 || got.Faulty != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	if r := got.LastError; !strings.Contains(r, "503") || !strings.Contains(r, "[31mroom for [redacted] ä") || len([]rune(r)) > 201 || strings.ContainsAny(r, "\x1b\n") {
		t.Errorf("%q", r)
	}
	for _, file := range batchFiles(t, dir) {
		if text, err := os.ReadFile(file); err != nil || strings.Contains(string(text), token) {
			t.Errorf("the token is in %s, or %v", file, err)
		}
	}
}

func TestWithoutSpool_IgnoresTheVariable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	t.Setenv("APPTUIT_SPOOL_DIR", dir)
	away := newFake(t, status(503))
	c := away.client(withoutRetry(), apptuitclient.WithoutSpool())
	if err := client.Of(c).OpenSpool(); err != nil {
		t.Fatal(err)
	}
	var send *apptuitclient.SendError
	if err := c.Send(t.Context(), numberedPoints(3)); !errors.As(err, &send) || send.Failed != 3 {
		t.Errorf("error %v", err)
	}
	if _, spooling := c.SpoolStats(); spooling {
		t.Error("there is a spool")
	}
	if _, err := apptuitclient.InspectSpool(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder: %v", err)
	}

	t.Setenv("APPTUIT_SPOOL_INSTANCES", "perhaps")
	_, err := apptuitclient.New(apptuitclient.WithEndpoint("http://fake.test"), apptuitclient.WithoutSpool())
	if err == nil || !strings.Contains(err.Error(), "APPTUIT_SPOOL_INSTANCES") {
		t.Errorf("error %v", err)
	}
	t.Setenv("APPTUIT_SPOOL_INSTANCES", "")
	// The last option applies.
	for want, options := range map[bool][]apptuitclient.Option{
		false: {apptuitclient.WithSpool(dir), apptuitclient.WithoutSpool()},
		true:  {apptuitclient.WithoutSpool(), apptuitclient.WithSpool(dir)},
	} {
		c, err := apptuitclient.New(append(options, apptuitclient.WithEndpoint("http://fake.test"))...)
		if err != nil {
			t.Fatal(err)
		}
		if _, spooling := c.SpoolStats(); spooling != want {
			t.Errorf("a spool: %t, want %t", spooling, want)
		}
		c.Close()
	}
}
