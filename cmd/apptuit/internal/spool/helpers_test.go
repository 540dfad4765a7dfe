// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/clitest"
)

func TestMain(m *testing.M) { clitest.Main(m) }

// secret is a token that must never be shown.
const secret = "t0ken/5ecret+x"

type outcome struct {
	code           int
	stdout, stderr string
}

func execute(t *testing.T, args ...string) outcome {
	t.Helper()
	var stdout, stderr strings.Builder
	code := cli.Run(t.Context(), Command(), args, nil, &stdout, &stderr)
	if strings.Contains(stdout.String()+stderr.String(), "5ecret") {
		t.Errorf("%q: a secret is in %s%s", args, stdout.String(), stderr.String())
	}
	return outcome{code, stdout.String(), stderr.String()}
}

// want fails the test unless the outcome has an exit code and texts on stdout or stderr.
func (o outcome) want(t *testing.T, code int, texts ...string) {
	t.Helper()
	if o.code != code {
		t.Errorf("exit code %d, want %d: %+v", o.code, code, o)
	}
	for _, text := range texts {
		if !strings.Contains(o.stdout+o.stderr, text) {
			t.Errorf("no %q in %+v", text, o)
		}
	}
}

// deadEndpoint is the URL of a port where nobody listens.
func deadEndpoint(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

// program is a program that uses a spool while the server is away.
func program(t *testing.T, dir string, options ...apptuitclient.SpoolOption) *apptuitclient.Client {
	t.Helper()
	c, err := apptuitclient.New(apptuitclient.WithEndpoint(deadEndpoint(t)), apptuitclient.WithToken(secret),
		apptuitclient.WithSpool(dir, options...), apptuitclient.WithWarningHandler(func(error) {}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// point is test point i.
func point(i int) apptuitclient.DataPoint {
	return apptuitclient.DataPoint{
		Metric: "orders", Tags: map[string]string{"i": fmt.Sprint(i)}, Timestamp: time.Unix(1781611200+int64(i), 0), Value: float64(i) + 0.5,
	}
}

// send spools a batch of the points from first to last.
func send(t *testing.T, c *apptuitclient.Client, first, last int) {
	t.Helper()
	var points []apptuitclient.DataPoint
	for i := first; i <= last; i++ {
		points = append(points, point(i))
	}
	if err := c.Send(t.Context(), points); err != nil {
		t.Fatal(err)
	}
}

// filled returns a folder with batches of ten points, which no program uses.
func filled(t *testing.T, batches int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "spool")
	c := program(t, dir)
	for i := range batches {
		send(t, c, 10*i, 10*i+9)
	}
	c.Close()
	return dir
}

// files returns the files below a folder, with their content.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// batches returns the paths of the batches in a folder, oldest first.
func batches(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.batch"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// tear removes the end of a file.
func tear(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, info.Size()-5); err != nil {
		t.Fatal(err)
	}
}

// quarantine moves a batch into the quarantine.
func quarantine(t *testing.T, path string) string {
	t.Helper()
	to := filepath.Join(filepath.Dir(path), "quarantine", filepath.Base(path))
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, to); err != nil {
		t.Fatal(err)
	}
	return to
}

func newServer(t *testing.T, options ...apptuittest.Option) *apptuittest.Server {
	t.Helper()
	s := apptuittest.NewServer(append(options, apptuittest.WithToken(secret))...)
	t.Cleanup(s.Close)
	t.Setenv("APPTUIT_ENDPOINT", s.URL)
	t.Setenv("APPTUIT_API_TOKEN", secret)
	return s
}

// messages collects the warnings of a client, which come from goroutines of its own.
type messages struct {
	mu  sync.Mutex
	all []error
}

func (m *messages) add(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all = append(m.all, err)
}

func (m *messages) take() []error {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := m.all
	m.all = nil
	return all
}
