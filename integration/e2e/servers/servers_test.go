// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package servers

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// onePoint is the body of a put with one point, at a time in the past.
const (
	onePoint = `[{"metric":"m","tags":{"k":"v"},"timestamp":1700000000,"value":1.5}]`
	onePut   = 1700000000_000
)

func wantOnePoint(t *testing.T, got []Point) {
	t.Helper()
	want := []Point{{Metric: "m", Tags: map[string]string{"k": "v"}, Time: onePut, Value: 1.5}}
	if diff := Diff(want, got, 0); diff != "" {
		t.Error(diff)
	}
}

func put(t *testing.T, endpoint, body string) {
	t.Helper()
	if status, answer := Put(t, endpoint, body); status != http.StatusNoContent {
		t.Fatalf("put: %d %s", status, answer)
	}
}

func TestVictoriaMetrics_KeepsPointsAfterARestart(t *testing.T) {
	t.Parallel()
	v := StartVictoriaMetrics(t)
	put(t, v.Endpoint(), onePoint)
	wantOnePoint(t, v.Points(t))
	endpoint := v.Endpoint()
	v.Stop(t)
	if _, err := get(t.Context(), v.URL()+"/health"); err == nil {
		t.Error("the server answers after Stop")
	}
	v.Restart(t)
	if v.Endpoint() != endpoint {
		t.Errorf("the endpoint is %s, and was %s before", v.Endpoint(), endpoint)
	}
	wantOnePoint(t, v.Points(t))
	v.Restart(t) // while it runs, as after a crash
	put(t, v.Endpoint(), strings.ReplaceAll(onePoint, `"m"`, `"other"`))
	if got := v.Points(t, "other"); len(got) != 1 {
		t.Errorf("points of one metric: %v", got)
	}
}

func TestVictoriaMetrics_UsesFlags(t *testing.T) {
	t.Parallel()
	f := func(want int, flags ...string) {
		t.Helper()
		v := StartVictoriaMetrics(t, flags...)
		put(t, v.Endpoint(), onePoint)
		put(t, v.Endpoint(), onePoint)
		if got := v.Points(t); len(got) != want {
			t.Errorf("with %q: %d points of two that are the same, want %d", flags, len(got), want)
		}
	}
	f(2)
	f(1, "-dedup.minScrapeInterval=1ms")
}

func TestInfluxDB_KeepsPointsAfterACrash(t *testing.T) {
	t.Parallel()
	i := StartInfluxDB(t)
	put(t, i.Endpoint(), onePoint)
	put(t, i.Endpoint(), onePoint) // overwrites
	wantOnePoint(t, i.Points(t))
	i.Kill(t)
	i.Kill(t) // does nothing
	i.Restart(t)
	wantOnePoint(t, i.Points(t))
	wantOnePoint(t, i.Points(t, "m"))
	if got := i.Points(t, "other"); len(got) != 0 {
		t.Errorf("points of another metric: %v", got)
	}
	i.DropDatabase(t)
	if status, _ := Put(t, i.Endpoint(), onePoint); status != http.StatusInternalServerError {
		t.Errorf("put without a database: %d", status)
	}
	i.CreateDatabase(t)
	put(t, i.Endpoint(), onePoint)
	i.Stop(t)
	i.Restart(t)
	wantOnePoint(t, i.Points(t))
}

func TestNginx_UsesTheConfiguration(t *testing.T) {
	t.Parallel()
	n := StartNginx(t, `server { listen {{.Addr}}; location / { return 204; } location /teapot { return 418 "{{.Dir}}"; } }`)
	f := func() {
		t.Helper()
		if _, err := get(t.Context(), n.URL()); err != nil {
			t.Error(err)
		}
		if _, err := get(t.Context(), n.URL()+"/teapot"); err == nil || !strings.Contains(err.Error(), "418") || !strings.Contains(err.Error(), n.Dir()) {
			t.Errorf("no teapot of %s: %v", n.Dir(), err)
		}
	}
	f()
	n.Requests(t, 2)
	n.Restart(t)
	f()
	want := []string{"204 GET HTTP/1.1", "418 GET HTTP/1.1", "204 GET HTTP/1.1", "418 GET HTTP/1.1"}
	if diff := cmp.Diff(want, n.Requests(t, 4)); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	n.Kill(t)
	if _, err := get(t.Context(), n.URL()); err == nil {
		t.Error("nginx answers after Kill")
	}
}

func TestStart_TriesOtherPortsIfOneIsTaken(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, taken := range []string{"http", "put"} {
		v := newVictoriaMetrics(t, nil)
		attempts := 0
		v.p.start(t, func() {
			v.http, v.put = FreeAddr(t), FreeAddr(t)
			if attempts++; attempts == 1 && taken == "http" {
				v.http = l.Addr().String()
			} else if attempts == 1 {
				v.put = l.Addr().String()
			}
		})
		if attempts != 2 {
			t.Errorf("%s port taken: started after %d attempts, want 2", taken, attempts)
		}
		put(t, v.Endpoint(), onePoint)
		wantOnePoint(t, v.Points(t))
	}
}

// witness is a test that only records its failure or skip.
type witness struct {
	testing.TB
	fatal, skip, log string
	cleanups         []func()
}

func (w *witness) Fatalf(format string, args ...any) {
	w.fatal = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (w *witness) Skipf(format string, args ...any) {
	w.skip = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (w *witness) Logf(format string, args ...any) { w.log += fmt.Sprintf(format, args...) }
func (w *witness) Cleanup(f func())                { w.cleanups = append(w.cleanups, f) }
func (w *witness) Failed() bool                    { return w.fatal != "" }

// observe runs f like a test, with a witness.
func observe(t *testing.T, f func(testing.TB)) *witness {
	w := &witness{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(w)
	}()
	<-done
	for _, f := range slices.Backward(w.cleanups) {
		f()
	}
	return w
}

func TestFind_FailsOnlyInCI(t *testing.T) {
	const want = "no-such-server is not installed: apt-get install no-such-package"
	look := func(t testing.TB) { find(t, "no-such-server", "no-such-package") }
	t.Setenv("CI", "true")
	if w := observe(t, look); w.fatal != want || w.skip != "" {
		t.Errorf("with CI=true: fails %q, skips %q", w.fatal, w.skip)
	}
	t.Setenv("CI", "")
	if w := observe(t, look); w.fatal != "" || !strings.HasSuffix(w.skip, want) {
		t.Errorf("without CI: fails %q, skips %q", w.fatal, w.skip)
	}
}

func TestStart_ShowsTheLogAfterAFailure(t *testing.T) {
	t.Parallel()
	w := observe(t, func(t testing.TB) { StartVictoriaMetrics(t, "-no.such.flag=1") })
	if w.skip != "" {
		t.Skip(w.skip)
	}
	if !strings.Contains(w.fatal, "starting victoria-metrics: the process has ended: exit status") {
		t.Errorf("failure: %q", w.fatal)
	}
	if !strings.Contains(w.log, "no.such.flag") {
		t.Errorf("log: %q", w.log)
	}
}

// TestServers_DieWithTheTestBinary runs the test binary a second time. The second run exits without cleaning
// up.
func TestServers_DieWithTheTestBinary(t *testing.T) {
	const variable = "TEST_ABANDON"
	if file := os.Getenv(variable); file != "" {
		v := StartVictoriaMetrics(t)
		if err := os.WriteFile(file, fmt.Append(nil, v.p.run.process.Pid), 0o600); err != nil {
			t.Fatal(err)
		}
		os.Exit(1)
	}
	if runtime.GOOS != "linux" {
		t.Skip("NOT TESTED: only Linux kills a process when its parent ends")
	}
	t.Parallel()
	find(t, "victoria-metrics", "victoria-metrics")
	file := filepath.Join(t.TempDir(), "pid")
	cmd := exec.Command(os.Args[0], "-test.run=^TestServers_DieWithTheTestBinary$")
	cmd.Env = append(os.Environ(), variable+"="+file, "TMPDIR="+t.TempDir())
	if err := cmd.Run(); err == nil {
		t.Fatal("the other test binary has not failed")
	}
	pid, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(stopTime)
	for alive(string(pid)) {
		if time.Now().After(deadline) {
			t.Fatalf("process %s still runs", pid)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// alive reports whether a process runs. A process that has ended may still exist until its parent waits for
// it (proc(5), stat: Z and X).
func alive(pid string) bool {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return state != "" && state[0] != 'Z' && state[0] != 'X'
}
