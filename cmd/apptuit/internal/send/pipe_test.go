// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package send

import (
	"context"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
)

// Points of a pipe are sent while the command waits for more.
func TestPipe_IsSentWithoutWaitingForItsEnd(t *testing.T) {
	t.Parallel()
	s := apptuittest.NewServer()
	defer s.Close()
	r, w := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan outcome)
	go func() { done <- execute(ctx, r, "--endpoint", s.URL, "--from", "-") }()
	all := strings.SplitAfter(puts(2), "\n")
	for i, text := range []string{all[0][:5], all[0][5:], all[1]} {
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			waitFor(t, func() bool { return len(s.Points()) == i })
		}
	}
	cancel()
	if out := wait(t, done); out.code != cli.Interrupted {
		t.Errorf("exit code %d, %s", out.code, out.stderr)
	}
	if err := w.Close(); err != nil { // ends the goroutine that reads
		t.Fatal(err)
	}
	complete(t, s, 2, 0)
}

// endless are lines without an end.
type endless struct{ read atomic.Int64 }

func (e *endless) Read(p []byte) (int, error) {
	const line = "put m 1700000000 1 h=a\n"
	n := copy(p, strings.Repeat(line, len(p)/len(line)))
	e.read.Add(int64(n))
	return n, nil
}

// A server that does not answer stops the reading.
func TestPipe_IsReadAsFastAsTheServerTakesIt(t *testing.T) {
	t.Parallel()
	s := apptuittest.NewServer()
	defer s.Close()
	s.Fail(apptuittest.Fault{Hang: true})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan outcome)
	input := &endless{}
	go func() { done <- execute(ctx, input, "--endpoint", s.URL, "--from", "-") }()
	const line, chunks = 23, 6
	waitFor(t, func() bool { return len(s.Requests()) == 1 && input.read.Load() > 2*defaultBatch*line })
	if n := input.read.Load(); n > 3*defaultBatch*line+chunks*chunkSize {
		t.Errorf("%d bytes are read while the first batch has no answer", n)
	}
	cancel()
	if out := wait(t, done); out.code != cli.Interrupted {
		t.Errorf("exit code %d, %s", out.code, out.stderr)
	}
}
