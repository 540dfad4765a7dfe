// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"github.com/apptuitai/apptuit-go/internal/spool"
	"github.com/apptuitai/apptuit-go/internal/spool/memdisk"
)

// world is the environment of a schedule: processes, server, disk and tokens.
type world struct {
	config    config
	ledger    *ledger
	server    *server
	drive     *memdisk.Drive
	running   [2]*process
	ended     []*process
	processes int
	slow      bool              // the disk has been slow
	crashed   bool              // a process was killed
	faulty    bool              // the disk has failed
	tampered  bool              // another program has removed locks or the folder, which a client detects at its next operation
	taken     int               // points in batches of folders that another program has replaced
	foreign   map[string]string // files of other programs
	crafted   map[string]bool   // files that look like batches

	mu      sync.Mutex
	random  *rand.Rand
	byDisk  map[*memdisk.Process]*process
	fault   diskFault
	faults  int // number of further operations that fail
	delay   time.Duration
	delays  int
	delayed []memdisk.Kind
	killAt  int // number of operations before process killing is killed; -1 if none is to be killed
	killing int // index in running
	tokens  int
	latest  string // the newest token
	current string // the token that the source returns
	failing int    // number of further calls of the source that fail
	waiting time.Duration
}

func newWorld(s schedule) *world {
	w := &world{
		config: s.config, ledger: newLedger(), drive: memdisk.New(), random: rand.New(rand.NewPCG(s.seed, 2)),
		byDisk: map[*memdisk.Process]*process{}, killAt: -1, foreign: map[string]string{}, crafted: map[string]bool{},
	}
	w.config.calm = s.calm()
	w.server = &server{
		ledger: w.ledger, config: &w.config, random: rand.New(rand.NewPCG(s.seed, 3)), conns: map[net.Conn]bool{}, idle: map[net.Conn]bool{},
	}
	w.ledger.secret(headerSecret)
	w.drive.SetFault(w.decide)
	w.server.accept(w.newToken())
	return w
}

// int64n is the source of random numbers of all clients.
func (w *world) int64n(n int64) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.random.Int64N(n)
}

// newToken creates a token, which the source returns from now on.
func (w *world) newToken() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tokens++
	w.current = fmt.Sprintf("token-%d-Kx7w", w.tokens)
	w.latest = w.current
	w.ledger.secret(w.current)
	w.ledger.secret(base64.StdEncoding.EncodeToString([]byte("user:" + w.current)))
	return w.current
}

// token is the token source of all clients.
func (w *world) token(ctx context.Context) (string, error) {
	w.mu.Lock()
	token, fails, wait := w.current, w.failing > 0, w.waiting
	if fails {
		w.failing--
	}
	w.mu.Unlock()
	if !fails {
		return token, nil
	}
	select {
	case <-time.After(wait):
		return "", errors.New("the vault is sealed")
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// warn checks a warning of a process for secrets, and records whether it says that the spool is
// empty.
func (w *world) warn(p *process, err error) {
	w.read("a warning of "+p.name, err)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch text := err.Error(); {
	case strings.Contains(text, "points go to the spool"), strings.Contains(text, "has taken over"), strings.Contains(text, "is locked again"),
		strings.Contains(text, "is the spool again"):
		p.emptied = false
	case strings.Contains(text, "is empty again"):
		p.emptied = true
	}
}

// checkReports checks that the spool is empty if the last message of its process says so.
func (w *world) checkReports() {
	for _, p := range w.running {
		if p == nil || !w.config.spool {
			continue
		}
		stats, _ := p.client.SpoolStats()
		p.hasSpool()
		p.mu.Lock()
		emptied := p.emptied && !p.dead
		p.mu.Unlock()
		if emptied && stats.Batches > 0 {
			w.ledger.fail("reports", "%s has reported an empty spool, but the spool has batches: %+v", p.name, stats)
		}
	}
}

// read looks for secrets in an error.
func (w *world) read(where string, err error) {
	if err == nil {
		return
	}
	w.ledger.inspect(where, err.Error())
	w.ledger.inspect(where, fmt.Sprintf("%+v %#v", err, err))
}

// scan looks for secrets on the disk.
func (w *world) scan() {
	for name, content := range w.drive.Files() {
		w.ledger.inspect("a file", name)
		w.ledger.inspect(name, string(content))
	}
}

// run runs the steps of a schedule and checks the world after them.
func (w *world) run(s schedule) {
	w.start(0)
	for _, step := range s.steps {
		w.step(step)
		synctest.Wait()
		w.checkReports()
	}
	w.finish()
}

// start starts a process at index i of running, unless there is one.
func (w *world) start(i int) {
	if w.running[i] != nil {
		return
	}
	disturbed := w.disturbed()
	other := w.running[1-i]
	occupied := other != nil && !other.killed() && !other.closed && other.hasSpool()
	expected := w.countFiles()
	p, err := w.open()
	if err != nil {
		if !disturbed {
			w.ledger.fail("open", "%v", err)
		}
		return
	}
	w.place(i, p)
	if !w.config.spool || disturbed {
		return
	}
	stats, ok := p.client.SpoolStats()
	switch {
	case !ok && !stats.Waiting:
		w.ledger.fail("open", "%s has no spool: %+v", p.name, stats)
	case w.config.instances || w.tampered:
	case ok && occupied:
		w.ledger.fail("lock", "two clients use the folder")
	case ok && int(stats.Found) != expected:
		w.ledger.fail("found", "%s has found %d points, the folder has %d", p.name, stats.Found, expected)
	case !ok && other == nil:
		w.ledger.fail("lock", "%s has no spool, although no other client uses the folder", p.name)
	}
}

// end moves the process at index i of running to ended.
func (w *world) end(i int) {
	if p := w.running[i]; p != nil {
		w.ended = append(w.ended, p)
		w.place(i, nil)
	}
}

// place sets the process at index i of running. It locks the world because decide, which goroutines
// of clients call, reads running.
func (w *world) place(i int, p *process) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running[i] = p
}

// step runs one step.
func (w *world) step(s step) {
	p := w.running[s.process]
	if p != nil && p.killed() {
		w.end(s.process)
		p = nil
	}
	switch s.action {
	case export, send, flush, shutdown, closeClient:
		if p == nil {
			w.start(s.process)
			if p = w.running[s.process]; p == nil {
				return
			}
		}
		w.call(p, s)
	case pause:
		time.Sleep(s.d)
	case serverReacts:
		w.server.set(reaction(s.n), s.m)
	case serverRefusesConnections:
		w.server.refuseConnections(true)
		w.server.closeIdle()
	case serverRecovers:
		w.heal()
	case serverClosesIdle:
		w.server.closeIdle()
	case diskFails, diskIsSlow, diskRecovers, killAtDisk:
		w.disturb(s)
	case rotate:
		w.rotate(s)
	case tokenFails:
		w.mu.Lock()
		w.failing, w.waiting = s.n, s.d
		w.mu.Unlock()
	case restart, losePower:
		w.restart(s)
	case inspect:
		w.inspect()
	case rollingUpdate:
		w.update(s)
	case removeLocks, replaceFolder, foreignFiles, craftedFile:
		w.tamper(s)
	}
}

// call runs a step that calls a client or an exporter.
func (w *world) call(p *process, s step) {
	switch s.action {
	case export:
		p.export(s)
	case send:
		p.send(s)
	case shutdown:
		p.shutdown(s.d)
	case closeClient:
		p.close()
	case flush:
		if err := p.exporter.ForceFlush(context.Background()); (err != nil) != p.stopped {
			w.ledger.fail("lifecycle", "ForceFlush: %v", err)
		}
	}
}

// heal ends the faults of the server.
func (w *world) heal() {
	w.server.set(stores, 0)
	w.server.refuseConnections(false)
	w.mu.Lock()
	token := w.latest
	w.current, w.failing = token, 0
	w.mu.Unlock()
	w.server.accept(token)
}

// rotate changes the token of the server and of the source. The server may also accept the old
// token, or the source may change up to five minutes after the server.
func (w *world) rotate(s step) {
	w.mu.Lock()
	old := w.current
	w.mu.Unlock()
	token := w.newToken()
	switch s.draw % 3 {
	case 0:
		w.server.accept(old, token)
	case 1:
		w.server.accept(token)
	case 2:
		w.server.accept(token)
		w.mu.Lock()
		w.current = old
		w.mu.Unlock()
		time.AfterFunc(time.Duration(s.draw%300)*time.Second, func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.current == old {
				w.current = token
			}
		})
	}
}

// restart ends processes, cleanly or not, and starts them again.
func (w *world) restart(s step) {
	var places []int
	for i, p := range w.running {
		if p != nil && (i == s.process || s.action == losePower) {
			places = append(places, i)
		}
	}
	for _, i := range places {
		p := w.running[i]
		if s.action == restart && s.n > 0 && !p.killed() {
			p.stop(time.Duration(s.n) * time.Second)
		} else {
			w.crashed = true
			p.die()
		}
		w.end(i)
	}
	synctest.Wait()
	w.scan()
	if s.action == losePower {
		w.drive.LosePower(func(n int) int { return int(w.int64n(int64(n))) })
	}
	if w.running == [2]*process{} && s.d != 0 {
		w.turnClock(s.d)
	}
	for _, i := range places {
		w.start(i)
	}
}

// inspect inspects the folder as another process.
func (w *world) inspect() {
	info, err := spool.InspectOn(w.drive.Process())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.ledger.fail("inspect", "%v", err)
	}
	if !w.config.instances && len(w.crafted) == 0 && int(info.Points) != w.countFiles() {
		w.ledger.fail("inspect", "Inspect returns %+v, but the files have %d points", info, w.countFiles())
	}
}

// finish ends all faults, waits until the spooled batches are delivered, and makes all checks.
func (w *world) finish() {
	w.heal()
	w.disturb(step{action: diskRecovers})
	for i, p := range w.running {
		if p == nil {
			continue
		}
		if !p.killed() {
			w.drain(p)
			p.stop(time.Second)
		}
		w.end(i)
	}
	if w.config.spool {
		w.start(0)
		if p := w.running[0]; p != nil {
			w.drain(p)
			p.stop(time.Second)
			w.end(0)
		}
		for name := range w.drive.Files() {
			if strings.HasSuffix(name, ".batch") && !strings.Contains(name, "quarantine") && w.foreign[name] == "" {
				w.ledger.fail("spool", "%s was not delivered", name)
			}
		}
	}
	w.checkForeign()
	w.server.close()
	time.Sleep(10 * time.Minute) // until all timers have fired
	w.scan()
	w.checkAll()
}

// drain waits until the calls of a process have returned and its spool is empty.
func (w *world) drain(p *process) {
	for range 400 {
		p.mu.Lock()
		active := p.active
		p.mu.Unlock()
		stats, _ := p.client.SpoolStats()
		if active == 0 && (stats.Batches == 0 || p.closed) {
			return
		}
		time.Sleep(20 * time.Second)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	w.ledger.fail("drain", "%s: after the wait, %d calls have not returned, or its spool is not empty", p.name, p.active)
}
