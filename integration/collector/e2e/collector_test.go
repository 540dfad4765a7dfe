// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
	"github.com/apptuitai/apptuit-go/internal/testedwith"
)

const (
	// startTime is the limit of the time until a Collector listens.
	startTime = 30 * time.Second
	// stopTime is the limit of the time in which a Collector ends after SIGTERM.
	stopTime = 30 * time.Second
)

// collector is a process of a Collector. It can be started again, with the same configuration,
// ports and queue.
type collector struct {
	t    testing.TB
	args []string
	env  []string
	addr string // of OTLP over HTTP
	dir  string
	runs int

	process *os.Process
	done    chan struct{} // closed when the process has ended
	err     error         // result of the process; valid after done
}

// example returns the path of a file of examples/collector.
func example(file string) string {
	return filepath.Join("..", "..", "..", "examples", "collector", file)
}

// startCollector starts a Collector with a configuration file, to send to an endpoint, with
// further settings ("exporters.apptuit.timeout=1s").
func startCollector(t testing.TB, file, endpoint string, set ...string) *collector {
	t.Helper()
	dir := t.TempDir()
	c := &collector{t: t, dir: dir, addr: servers.FreeAddr(t)}
	c.args = []string{
		"--config=" + file,
		"--set=service.telemetry.metrics.level=none", // which would listen at a fixed port
	}
	for _, s := range set {
		c.args = append(c.args, "--set="+s)
	}
	c.env = append(os.Environ(),
		"OTLP_HTTP_ENDPOINT="+c.addr, "OTLP_GRPC_ENDPOINT="+servers.FreeAddr(t),
		"APPTUIT_ENDPOINT="+endpoint, "QUEUE_DIR="+filepath.Join(dir, "queue"),
	)
	t.Cleanup(func() {
		c.kill()
		if t.Failed() {
			for i := range c.runs {
				text, _ := os.ReadFile(c.log(i + 1))
				t.Logf("log of Collector %d:\n%s", i+1, text[max(0, len(text)-8000):])
			}
		}
	})
	c.start()
	testedwith.Note(t, "OpenTelemetry Collector", collectorVersion)
	return c
}

// collectorVersion returns the version of the Collector's libraries in the binary under test.
func collectorVersion() (string, error) {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return "", err
	}
	for _, library := range info.Deps {
		if library.Path == "go.opentelemetry.io/collector/otelcol" {
			return library.Version, nil
		}
	}
	return "", errors.New("the binary has no library of the Collector")
}

func (c *collector) log(run int) string {
	return filepath.Join(c.dir, fmt.Sprintf("collector-%d.log", run))
}

// start starts the process and returns when it accepts OTLP.
func (c *collector) start() {
	c.t.Helper()
	c.runs++
	log, err := os.Create(c.log(c.runs))
	if err != nil {
		c.t.Fatal(err)
	}
	cmd := exec.Command(binary, c.args...)
	cmd.Env = c.env
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = dieWithParent()
	started, done := make(chan error), make(chan struct{})
	go func() {
		// For the kernel, the parent of a process is the thread that has started it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := cmd.Start(); err != nil {
			started <- errors.Join(err, log.Close())
			return
		}
		started <- nil
		c.err = errors.Join(cmd.Wait(), log.Close())
		close(done)
	}()
	if err := <-started; err != nil {
		c.t.Fatal(err)
	}
	c.process, c.done = cmd.Process, done
	for deadline := time.Now().Add(startTime); !c.listens(); time.Sleep(20 * time.Millisecond) {
		select {
		case <-c.done:
			c.t.Fatalf("the Collector has ended: %v", c.err)
		default:
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("the Collector does not listen within %v", startTime)
		}
	}
}

// listens reports whether the OTLP receiver answers. It refuses a GET.
func (c *collector) listens() bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.addr+"/v1/metrics", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusMethodNotAllowed
}

// kill ends the process by SIGKILL.
func (c *collector) kill() {
	if c.process == nil {
		return
	}
	_ = c.process.Kill()
	<-c.done
	c.process = nil
}

// stop ends the process by SIGTERM, and returns how long it took.
func (c *collector) stop() time.Duration {
	c.t.Helper()
	begin := time.Now()
	if err := c.process.Signal(syscall.SIGTERM); err != nil {
		c.t.Fatal(err)
	}
	select {
	case <-c.done:
	case <-time.After(stopTime):
		c.t.Fatalf("the Collector has not ended %v after SIGTERM", stopTime)
	}
	if c.err != nil {
		c.t.Errorf("the Collector has ended with %v", c.err)
	}
	c.process = nil
	return time.Since(begin)
}
