// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chaos_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// crashFaults kill the exporting process, again and again, on one spool.
func crashFaults() []fault {
	return []fault{
		{name: "the exporting process is killed", run: func(w *world) {
			s := w.testServer()
			w.crashes(w.n(8, 70), newFront(s.Handler, w.seed), storedIn(s))
		}},
		{name: "the exporting process is killed, InfluxDB", run: func(w *world) {
			i := servers.StartInfluxDB(w.t)
			target, err := url.Parse(i.Endpoint())
			if err != nil {
				w.t.Fatal(err)
			}
			proxy := httputil.NewSingleHostReverseProxy(target)
			proxy.ErrorLog = log.New(io.Discard, "", 0) // of senders that are dead
			w.crashes(w.n(3, 40), newFront(proxy, w.seed), i.Points)
		}, only: "spool"},
	}
}

// told is what a process has said of one pass.
type told struct {
	ended                                bool
	accepted, rejected, spooled, dropped int
}

// life is that of one exporting process.
type life struct {
	order
	cmd    *exec.Cmd
	input  io.Closer
	began  chan struct{} // the first pass
	kept   chan struct{} // has room for the news that something was spooled
	ended  chan struct{} // no more output
	passes map[int64]*told
	err    error // of the output
}

// live starts a process.
func (w *world) live(endpoint string) *life { return w.liveAs(order{Endpoint: endpoint}) }

// liveAs starts a process with an order, in which it sets the rest. The process can be an
// argument of another program.
func (w *world) liveAs(o order, under ...string) *life {
	w.t.Helper()
	w.lives++
	o.Seed, o.Life, o.Second = w.seed, uint64(w.lives), noon+1000*int64(w.lives)
	l := &life{
		order: o,
		began: make(chan struct{}), kept: make(chan struct{}, 1), ended: make(chan struct{}), passes: map[int64]*told{},
	}
	if w.spooled {
		l.Spool = w.dir
	}
	text, err := json.Marshal(l.order)
	if err != nil {
		w.t.Fatal(err)
	}
	command := slices.Concat(under, []string{os.Args[0]})
	l.cmd = exec.Command(command[0], command[1:]...)
	l.cmd.Env = append(os.Environ(), childVariable+"="+string(text))
	l.cmd.Stderr = os.Stderr
	if l.input, err = l.cmd.StdinPipe(); err != nil {
		w.t.Fatal(err)
	}
	output, err := l.cmd.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := l.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = l.cmd.Process.Kill() })
	go l.listen(output)
	return l
}

// listen notes what the process says.
func (l *life) listen(output io.Reader) {
	defer close(l.ended)
	for lines := bufio.NewScanner(output); lines.Scan(); {
		var second int64
		p := &told{}
		line := lines.Text()
		if n, _ := fmt.Sscanf(line, "begin %d", &second); n == 1 {
			if len(l.passes) == 0 {
				close(l.began)
			}
			l.passes[second] = p
		} else if n, _ := fmt.Sscanf(line, "end %d %d %d %d %d", &second, &p.accepted, &p.rejected, &p.spooled, &p.dropped); n == 5 {
			p.ended = true
			l.passes[second] = p
			if p.spooled > 0 {
				select {
				case l.kept <- struct{}{}:
				default:
				}
			}
		} else {
			l.err = fmt.Errorf("it says %q", line)
		}
	}
}

// wait waits for the end of the process.
func (l *life) wait(t testing.TB) error {
	t.Helper()
	select {
	case <-l.ended:
	case <-time.After(8 * generous):
		t.Fatal("the process does not end")
	}
	err := l.cmd.Wait()
	if l.err != nil {
		t.Error(l.err)
	}
	return err
}

// crashes kills a process so many times, at any moment: also while it starts, and
// while it writes or empties the spool. The last one ends in order.
func (w *world) crashes(kills int, f *front, stored func(testing.TB, ...string) []servers.Point) {
	w.t.Helper()
	s := httptest.NewServer(f)
	w.t.Cleanup(s.Close)
	stop, flapped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(flapped)
		f.flap(stop)
	}()
	var lives []*life
	leftBehind := 0
	for i := range kills {
		f.outage(i == 0) // that one leaves something behind for sure
		l := w.live(s.URL)
		w.moment(l, i == 0)
		if err := l.cmd.Process.Kill(); err != nil {
			w.t.Errorf("it has ended by itself: %v", err)
		}
		if err := l.wait(w.t); err == nil {
			w.t.Error("it has ended in order")
		}
		w.times++
		lives = append(lives, l)
		if len(w.batches()) > 0 {
			leftBehind++
		}
		if w.spooled && i%3 == 0 {
			w.debris(i)
		}
	}
	close(stop)
	<-flapped
	last := w.live(s.URL)
	_ = last.input.Close()
	if err := last.wait(w.t); err != nil {
		w.t.Errorf("the last process: %v", err)
	}
	if w.spooled && leftBehind == 0 {
		w.t.Error("no process has left anything in the spool")
	}
	if left := w.batches(); len(left) > 0 {
		w.t.Errorf("in the spool there are still %q", left)
	}
	w.settleCrashes(append(lives, last), f, stored(w.t))
}

// moment waits until the process is to be killed: at any time of its life, or
// right when it was told that something is spooled.
func (w *world) moment(l *life, kept bool) {
	w.t.Helper()
	await := func(c <-chan struct{}, limit time.Duration) bool {
		select {
		case <-c:
		case <-l.ended:
		case <-time.After(limit):
			return false
		}
		return true
	}
	kind, limit := w.rng.IntN(5), time.Second
	if kept && w.spooled {
		kind, limit = 4, 4*generous
	}
	if kind > 0 && !await(l.began, 4*generous) {
		w.t.Fatal("the process does not start")
	}
	w.pause(0, 400*time.Millisecond)
	if kind > 2 {
		select {
		case <-l.kept: // this is old
		default:
		}
		await(l.kept, limit)
	}
}

// batches returns the files in the spool.
func (w *world) batches() []string {
	w.t.Helper()
	names, err := filepath.Glob(filepath.Join(w.dir, "*.batch"))
	if err != nil {
		w.t.Fatal(err)
	}
	return names
}

// debris leaves files in the spool that are no batches: what a crash of the
// machine may leave, and what somebody else has put there.
func (w *world) debris(i int) {
	w.t.Helper()
	put := func(name string, text []byte) {
		if err := os.WriteFile(filepath.Join(w.dir, fmt.Sprintf(name, i)), text, 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := os.MkdirAll(w.dir, 0o700); err != nil { // it may have died before
		w.t.Fatal(err)
	}
	put("0000000000000000-%08x.batch", nil)
	put("ffffffffffffffff-%08x.batch", []byte("APTSPOOL and no more than that"))
	put("0000000000000000-%08x.batch.tmp", []byte("APTSPOOL"))
	broken := 0
	for _, name := range w.batches() {
		text, err := os.ReadFile(name)
		if err != nil {
			w.t.Fatal(err)
		}
		if base := filepath.Base(name); strings.HasPrefix(base, "00000000") || strings.HasPrefix(base, "ffffffff") {
			continue // one of these
		}
		text[len(text)-5] ^= 1
		put(fmt.Sprintf("0000000000000001-%06x%%02x.batch", broken), text)
		put(fmt.Sprintf("0000000000000002-%06x%%02x.batch", broken), text[:len(text)-w.rng.IntN(20)-1])
		if broken++; broken == 3 {
			break
		}
	}
}

// settleCrashes does the accounts: what a process was told that it is accepted or
// spooled is there. Of an Export that was cut off nobody was told anything.
func (w *world) settleCrashes(lives []*life, f *front, stored []servers.Point) {
	w.t.Helper()
	want := newLedger()
	type export struct {
		told
		points []servers.Point
	}
	var exports []export
	for _, l := range lives {
		load := newLoad(l.Seed, l.Life)
		for second := l.Second; l.passes[second] != nil; second++ {
			_, points := load.next(second)
			want.export(points, newLoad(0, 0).invalid(), false)
			exports = append(exports, export{*l.passes[second], points})
		}
	}
	copies := want.copies(stored, 0, func(format string, args ...any) { w.t.Errorf(format, args...) })
	var a account
	cut, cutStored := 0, 0
	for _, e := range exports {
		there := 0
		for i := range e.points {
			n := copies[e.points[i].Key()]
			there += min(n, 1)
			a.duplicated += max(n-1, 0)
		}
		if !e.ended {
			cut += len(e.points)
			cutStored += there
			continue
		}
		all := len(e.points) + newLoad(0, 0).invalid()
		if e.accepted+e.rejected+e.spooled+e.dropped != all || e.rejected != newLoad(0, 0).invalid() {
			w.t.Errorf("of %d points in an Export: %+v", all, e.told)
		}
		if there < e.accepted+e.spooled {
			w.t.Errorf("%d points are there of an Export: %+v", there, e.told)
		}
		a.spooled += e.spooled
		a.points += all
		a.stored += there
		a.rejected += e.rejected
		a.dropped += e.dropped
		a.both += max(0, there-e.accepted-e.spooled)
		a.lost += max(0, e.accepted+e.spooled-there)
	}
	if a.lost != a.points-a.stored-a.rejected-a.dropped+a.both {
		w.t.Errorf("the accounts do not add up: %+v", a)
	}
	if twice := f.twice(); len(twice) > 0 {
		w.t.Errorf("%d points were stored twice by one process, the first is %s", len(twice), twice[0])
	}
	if f.statuses[400] > 0 {
		w.t.Errorf("answers: %v", f.statuses)
	}
	if w.spooled && (a.spooled == 0 || a.dropped > 0 && !w.drops) {
		w.t.Errorf("%d points were spooled and %d dropped", a.spooled, a.dropped)
	}
	w.secretsInSpool()
	w.c.board.add(row{order: w.fault.order, fault: w.fault.name, spool: w.spooled, times: w.times, account: a})
	w.c.board.note("%s (spool: %s): of %d points in Exports that were cut off %d are stored; the server answered %v.",
		w.fault.name, yes(w.spooled), cut, cutStored, f.statuses)
}
