// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package opentsdb

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	// readyTime bounds the start of a process, also on a busy machine.
	readyTime = 90 * time.Second
	// endTime bounds the end of a process after SIGKILL.
	endTime = 20 * time.Second
)

// process is a running program of the launcher. It ends when its standard input is closed, and so with the
// test binary, however the test binary ends.
type process struct {
	name  string
	log   string
	cmd   *exec.Cmd
	stdin io.Closer
	done  chan struct{} // closed when it has ended
}

// start starts a program, and returns the rest of its line "ready …".
func start(name string, p program, dir string, args ...string) (started *process, said string, err error) {
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, log.Close()) }() // the process has its own descriptor
	arguments := append([]string{"-Djava.io.tmpdir=" + dir, "-cp", p.classpath}, p.options...)
	cmd := exec.Command(p.java, append(append(arguments, p.class), args...)...) //nolint:noctx // it is killed by its id
	cmd.Dir, cmd.Stderr = dir, log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, "", err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	r := &process{name: name, log: log.Name(), cmd: cmd, stdin: stdin, done: make(chan struct{})}
	ready := make(chan string, 1)
	go func() {
		defer close(r.done)
		defer close(ready)
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			if said, ok := strings.CutPrefix(lines.Text(), "ready"); ok {
				ready <- strings.TrimSpace(said)
				break
			}
		}
		_, _ = io.Copy(io.Discard, stdout)
		_ = cmd.Wait()
	}()
	select {
	case said, ok := <-ready:
		if ok {
			return r, said, nil
		}
		err = errors.New("the process has ended")
	case <-time.After(readyTime):
		err = fmt.Errorf("not ready within %v", readyTime)
	}
	return nil, "", fmt.Errorf("starting %s: %w\n%s", name, errors.Join(err, r.kill()), r.logTail())
}

// kill ends the process by SIGKILL, as a crash does.
func (p *process) kill() error {
	err := p.cmd.Process.Kill()
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	select {
	case <-p.done:
	case <-time.After(endTime):
		err = errors.Join(err, fmt.Errorf("%s still runs %v after SIGKILL", p.name, endTime))
	}
	return errors.Join(err, ignoreClosed(p.stdin.Close()))
}

func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}

// logTail returns the end of the log.
func (p *process) logTail() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	const most = 4 << 10
	if len(text) > most {
		text = append([]byte("…"), text[len(text)-most:]...)
	}
	return string(text)
}
