// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package send

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m) }

// outcome is the exit code and output of the command.
type outcome struct {
	code           int
	stdout, stderr string
}

func execute(ctx context.Context, stdin io.Reader, args ...string) outcome {
	var stdout, stderr bytes.Buffer
	code := cli.Run(ctx, Command(), args, stdin, &stdout, &stderr)
	return outcome{code, stdout.String(), stderr.String()}
}

// send runs the command against a server and checks its exit code, and that its account adds up.
func send(t *testing.T, s *apptuittest.Server, code int, args ...string) outcome {
	t.Helper()
	return sendFrom(t, s, nil, code, args...)
}

func sendFrom(t *testing.T, s *apptuittest.Server, stdin io.Reader, code int, args ...string) outcome {
	t.Helper()
	out := execute(t.Context(), stdin, append([]string{"--endpoint", s.URL}, args...)...)
	if out.code != code {
		t.Fatalf("send %q: exit code %d, want %d\n%s%s", args, out.code, code, out.stdout, out.stderr)
	}
	out.account(t)
	return out
}

// account checks that each point that was read is counted once.
func (o outcome) account(t *testing.T) {
	t.Helper()
	m := regexp.MustCompile(`(?m)^(\d+) points read: (.*)$`).FindStringSubmatch(o.stdout + o.stderr)
	if m == nil {
		return
	}
	left, err := strconv.Atoi(m[1])
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range regexp.MustCompile(`\d+`).FindAllString(m[2], -1) {
		counted, err := strconv.Atoi(n)
		if err != nil {
			t.Fatal(err)
		}
		left -= counted
	}
	if left != 0 {
		t.Errorf("the account does not add up: %s", m[0])
	}
}

// says checks that the output has some texts.
func (o outcome) says(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(o.stdout+o.stderr, text) {
			t.Errorf("no %q in\n%s%s", text, o.stdout, o.stderr)
		}
	}
}

// file writes a file.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	write(t, path, text)
	return path
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// puts are n telnet lines with different times.
func puts(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "put m %d %d h=a\n", 1_700_000_000+i, i)
	}
	return b.String()
}

// stored returns how often a server has stored each value of puts, which must come in order within
// a request.
func stored(t *testing.T, s *apptuittest.Server) map[int]int {
	t.Helper()
	times := map[int]int{}
	for _, p := range s.Points() {
		times[int(p.Float())]++
	}
	return times
}

// complete checks that a server has stored each of n points, and no more than some twice.
func complete(t *testing.T, s *apptuittest.Server, n, twice int) {
	t.Helper()
	times := stored(t, s)
	for i := range n {
		switch times[i] {
		case 0:
			t.Fatalf("point %d is missing", i)
		case 1:
		case 2:
			twice--
		default:
			t.Fatalf("point %d is stored %d times", i, times[i])
		}
	}
	if len(times) != n || twice < 0 {
		t.Errorf("%d points, want %d; %d too many are stored twice", len(times), n, -twice)
	}
}

func compress(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// lines returns the points of a server as text.
func lines(s *apptuittest.Server) []string {
	var all []string
	for _, p := range s.Points() {
		all = append(all, p.String())
	}
	return all
}
