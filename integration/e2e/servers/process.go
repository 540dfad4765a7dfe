// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package servers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/internal/testedwith"
)

const (
	// readyTime bounds the start of a server, also on a busy machine.
	readyTime = 30 * time.Second
	// stopTime bounds the time that a server may take to stop.
	stopTime = 20 * time.Second
	// starts bounds the attempts to start a server whose ports are taken.
	starts = 5
)

// errPortTaken is the error of a server that has ended because its port was in use.
var errPortTaken = errors.New("the port is taken")

// process is a server's process. It can be started again with the same data and ports.
type process struct {
	name    string
	path    string
	dir     string
	env     []string                    // in addition to the test's
	command func() []string             // arguments with the current ports
	ready   func(context.Context) error // returns nil when this process accepts requests
	product string                      // its name in documents
	version func() (string, error)

	runs int
	run  *run
}

// run is a process from its start to its end.
type run struct {
	process *os.Process
	log     string
	done    chan struct{} // closed when the process has ended
	err     error         // of the end; valid after done
}

// start starts the process with ports that choose picks, and repeats this with other ports if the ports are
// in use. When the test ends, the process is killed, and its log is shown if the test has failed.
func (p *process) start(t testing.TB, choose func()) {
	t.Helper()
	t.Cleanup(func() {
		p.kill(t)
		if t.Failed() {
			t.Logf("log of %s:\n%s", p.name, p.logTail())
		}
	})
	for attempt := 1; ; attempt++ {
		choose()
		err := p.launch()
		if err == nil {
			testedwith.Note(t, p.product, p.version)
			return
		}
		if !errors.Is(err, errPortTaken) || attempt == starts {
			t.Fatalf("starting %s: %v", p.name, err)
		}
	}
}

// restart kills the process if it runs, and starts it again with the same data and ports.
func (p *process) restart(t testing.TB) {
	t.Helper()
	p.kill(t)
	for attempt := 1; ; attempt++ {
		err := p.launch()
		if err == nil {
			return
		}
		if !errors.Is(err, errPortTaken) || attempt == starts {
			t.Fatalf("starting %s again: %v", p.name, err)
		}
		time.Sleep(200 * time.Millisecond) // another process may release the port
	}
}

// launch starts the process and waits until it accepts requests.
func (p *process) launch() error {
	r, err := p.spawn()
	if err != nil {
		return err
	}
	p.run = r
	ctx, cancel := context.WithTimeout(context.Background(), readyTime)
	defer cancel()
	// If another process has the port, our process ends, but the request of ready may get no answer.
	go func() {
		select {
		case <-r.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	for {
		err := p.ready(ctx)
		if err == nil {
			return nil
		}
		if r.ended() {
			return r.failure()
		}
		if ctx.Err() != nil {
			return errors.Join(fmt.Errorf("not ready within %v: %w", readyTime, err), r.kill())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// spawn starts the process, and waits for its end on the same thread: for Linux, the parent that
// dieWithParent refers to is the thread.
func (p *process) spawn() (*run, error) {
	p.runs++
	r := &run{
		log:  filepath.Join(p.dir, fmt.Sprintf("%s-%d.log", p.name, p.runs)),
		done: make(chan struct{}),
	}
	log, err := os.Create(r.log)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(p.path, p.command()...) //nolint:noctx // it is killed by its id, and outlives the contexts of subtests
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), p.env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = dieWithParent()
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := cmd.Start(); err != nil {
			started <- errors.Join(err, log.Close())
			return
		}
		started <- nil
		r.err = errors.Join(cmd.Wait(), log.Close())
		close(r.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	r.process = cmd.Process
	return r, nil
}

// stop ends the process by SIGTERM, as a service manager does.
func (p *process) stop(t testing.TB) {
	t.Helper()
	if p.run == nil || p.run.ended() {
		return
	}
	if err := p.run.process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("stopping %s: %v", p.name, err)
	}
	select {
	case <-p.run.done:
	case <-time.After(stopTime):
		t.Errorf("%s did not stop within %v", p.name, stopTime)
		p.kill(t)
	}
}

// kill ends the process by SIGKILL, as a crash does.
func (p *process) kill(t testing.TB) {
	t.Helper()
	if p.run == nil {
		return
	}
	if err := p.run.kill(); err != nil {
		t.Errorf("killing %s: %v", p.name, err)
	}
}

func (r *run) kill() error {
	if err := r.process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-r.done:
		return nil
	case <-time.After(stopTime):
		return fmt.Errorf("process %d still runs %v after SIGKILL", r.process.Pid, stopTime)
	}
}

func (r *run) ended() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// failure returns the reason why a process has ended during its start.
func (r *run) failure() error {
	text, _ := os.ReadFile(r.log) // without the log the error has less detail
	if strings.Contains(strings.ToLower(string(text)), "address already in use") {
		return errPortTaken
	}
	return fmt.Errorf("the process has ended: %w", cmp.Or(r.err, errors.New("with status 0")))
}

// logTail returns the end of the logs of all runs.
func (p *process) logTail() string {
	var b strings.Builder
	for i := range p.runs {
		text, err := os.ReadFile(filepath.Join(p.dir, fmt.Sprintf("%s-%d.log", p.name, i+1)))
		if err != nil {
			text = []byte(err.Error())
		}
		const most = 16 << 10
		if len(text) > most {
			text = append([]byte("…"), text[len(text)-most:]...)
		}
		fmt.Fprintf(&b, "--- run %d\n%s\n", i+1, text)
	}
	return b.String()
}

// logContains returns an error unless the log of this run contains a text.
func (p *process) logContains(s string) error {
	text, err := os.ReadFile(p.run.log)
	if err == nil && !strings.Contains(string(text), s) {
		err = fmt.Errorf("the log does not contain %q", s)
	}
	return err
}
