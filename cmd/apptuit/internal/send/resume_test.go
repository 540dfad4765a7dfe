// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
)

const (
	batch     = 200
	inBatches = 2*batch + batch/2 // points of three batches
)

// The next run completes a run that a fault has ended: no point is missing, and only points of one batch
// are sent twice. Points after the fault are not sent by the first run.
func TestResume_AfterAFault(t *testing.T) {
	t.Setenv("APPTUIT_RETRY_MAX_ELAPSED_TIME", "1ms")
	for _, c := range []struct {
		name  string
		fault apptuittest.Fault
		says  string
		first int // points that are stored by the first run
		twice int
	}{
		{"unavailable", apptuittest.Status(503), "503 Service Unavailable", batch, 0},
		{"unauthorized", apptuittest.Status(401), "401 Unauthorized", batch, 0},
		{"not found", apptuittest.Status(404), "404 Not Found", batch, 0},
		{"no answer", apptuittest.Fault{Body: `{"success":200,"failed":0}`, Truncate: true, Apply: true}, "lines 201 to 400: ", 2 * batch, batch},
		{"rejected", apptuittest.Reject(func(p apptuittest.Point) string {
			if p.Float() == batch+5 {
				return "not now"
			}
			return ""
		}), "line 206: not now", 2*batch - 1, batch},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := apptuittest.NewServer()
			defer s.Close()
			path := file(t, "points.txt", puts(inBatches))
			checkpoint := filepath.Join(t.TempDir(), "checkpoint")
			args := []string{"--from", path, "--batch", "200", "--checkpoint", checkpoint}
			s.Fail(apptuittest.Fault{}, c.fault)
			out := send(t, s, cli.Failed, args...)
			out.says(t, c.says, "the next run with this checkpoint continues after line 200")
			if n := len(s.Points()); n != c.first {
				t.Errorf("the server has %d points, want %d", n, c.first)
			}
			send(t, s, cli.OK, args...).says(t, "continuing after line 200", "300 points read: 300 accepted")
			complete(t, s, inBatches, c.twice)
			before := len(s.Requests())
			send(t, s, cli.OK, args...).says(t, "0 points read")
			if n := len(s.Requests()); n != before {
				t.Errorf("%d requests with nothing left to send", n-before)
			}
		})
	}
}

// The line at which a run has stopped can be corrected, and lines can be appended.
func TestResume_AllowsChangesAfterThePlace(t *testing.T) {
	t.Parallel()
	s := apptuittest.NewServer()
	defer s.Close()
	path, checkpoint := file(t, "points.txt", puts(batch)+"put m 1 one h=a\n"), filepath.Join(t.TempDir(), "checkpoint")
	args := []string{"--from", path, "--batch", "200", "--checkpoint", checkpoint, "--format", "telnet"}
	send(t, s, cli.Failed, args...).says(t, "line 201: ", "continues after line 200")
	write(t, path, puts(batch+1))
	send(t, s, cli.OK, args...).says(t, "1 point read: 1 accepted")
	write(t, path, puts(batch+3))
	send(t, s, cli.OK, args...).says(t, "continuing after line 201", "2 points read: 2 accepted")
	complete(t, s, batch+3, 0)
}

func TestResume_FromCompressedTextAndStandardInput(t *testing.T) {
	t.Setenv("APPTUIT_RETRY_MAX_ELAPSED_TIME", "1ms")
	var csv strings.Builder
	csv.WriteString("\nmetric,time,value,h\n")
	for line := range strings.Lines(puts(inBatches)) {
		csv.WriteString(strings.NewReplacer("put ", "", " h=", ",", " ", ",").Replace(line))
	}
	for _, text := range []string{csv.String(), puts(inBatches)} {
		s := apptuittest.NewServer()
		t.Cleanup(s.Close)
		checkpoint := filepath.Join(t.TempDir(), "checkpoint")
		s.Fail(apptuittest.Fault{}, apptuittest.Status(503))
		sendFrom(t, s, strings.NewReader(text), cli.Failed, "--from", "-", "--batch", "200", "--checkpoint", checkpoint)
		sendFrom(t, s, strings.NewReader(compress(t, text)), cli.OK, "--from", "-", "--batch", "200", "--checkpoint", checkpoint)
		complete(t, s, inBatches, 0)
	}
}

// A checkpoint belongs to one text, one format and one endpoint.
func TestResume_RefusesAForeignCheckpoint(t *testing.T) {
	t.Parallel()
	s, other := apptuittest.NewServer(), apptuittest.NewServer()
	defer s.Close()
	defer other.Close()
	path, checkpoint := file(t, "points.txt", puts(3)), filepath.Join(t.TempDir(), "checkpoint")
	send(t, s, cli.OK, "--from", path, "--batch", "200", "--checkpoint", checkpoint)
	refuse := func(s *apptuittest.Server, says string, args ...string) {
		t.Helper()
		n := len(s.Requests())
		send(t, s, cli.Failed, append(args, "--batch", "200", "--checkpoint", checkpoint)...).says(t, says, "remove")
		if len(s.Requests()) != n {
			t.Errorf("%q: it has sent points", says)
		}
	}
	refuse(other, "belongs to the endpoint "+s.URL, "--from", path)
	refuse(s, "belongs to a file in the format telnet", "--from", path, "--format", "jsonl")
	refuse(s, "does not match the checkpoint", "--from", file(t, "points.txt", puts(2)))
	refuse(s, "has changed", "--from", file(t, "points.txt", strings.Replace(puts(3), "m", "n", 1)))
	write(t, checkpoint, "{}")
	send(t, s, cli.Failed, "--from", path, "--batch", "200", "--checkpoint", checkpoint).says(t, "is not a checkpoint that this command has written")
}

// A run whose checkpoint cannot be written stops.
func TestCheckpoint_StopsTheRunIfItCannotBeWritten(t *testing.T) {
	t.Parallel()
	s := apptuittest.NewServer()
	defer s.Close()
	send(t, s, cli.Failed, "--from", file(t, "points.txt", puts(3)), "--checkpoint", filepath.Join(t.TempDir(), "no", "checkpoint")).says(t, "the checkpoint cannot be written")
}

// A checkpoint leaves no other files, and only its user can read it.
func TestCheckpoint_IsOnePrivateFile(t *testing.T) {
	t.Parallel()
	s := apptuittest.NewServer()
	defer s.Close()
	folder := t.TempDir()
	send(t, s, cli.OK, "--from", file(t, "points.txt", puts(inBatches)), "--checkpoint", filepath.Join(folder, "checkpoint"))
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 || entries[0].Name() != "checkpoint" {
		t.Fatalf("%v, %v", entries, err)
	}
	info, err := entries[0].Info()
	if err != nil {
		t.Fatal(err)
	}
	if rights := info.Mode().Perm(); runtime.GOOS != "windows" && rights != 0o600 {
		t.Errorf("the checkpoint has the rights %v", rights)
	}
}

// Ctrl-C ends the command at once, and the checkpoint stays.
func TestInterrupt_KeepsTheCheckpoint(t *testing.T) {
	t.Parallel()
	s := apptuittest.NewServer()
	defer s.Close()
	path, checkpoint := file(t, "points.txt", puts(inBatches)), filepath.Join(t.TempDir(), "checkpoint")
	args := []string{"--endpoint", s.URL, "--from", path, "--batch", "200", "--checkpoint", checkpoint}
	s.Fail(apptuittest.Fault{}, apptuittest.Fault{Hang: true})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan outcome)
	go func() { done <- execute(ctx, nil, args...) }()
	waitFor(t, func() bool { return len(s.Requests()) == 2 })
	cancel()
	out := wait(t, done)
	if out.code != cli.Interrupted {
		t.Errorf("exit code %d", out.code)
	}
	out.account(t)
	out.says(t, "interrupted", "continues after line 200")
	send(t, s, cli.OK, args[2:]...)
	complete(t, s, inBatches, 0)
}

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not happen within 20 s")
		}
	}
}

func wait(t *testing.T, done <-chan outcome) outcome {
	t.Helper()
	select {
	case out := <-done:
		return out
	case <-time.After(20 * time.Second):
		t.Fatal("the command did not end within 20 s")
		return outcome{}
	}
}
