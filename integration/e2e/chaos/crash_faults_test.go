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

// crashFaults returns faults in which the exporting process is killed repeatedly, on one spool.
func crashFaults() []fault {
	return []fault{
		{name: "the exporting process is killed", run: func(w *scenario) {
			s := w.testServer()
			w.crashes(w.n(8, 70), newFront(s.Handler, w.seed), storedIn(s))
		}},
		{name: "the exporting process is killed, InfluxDB", run: func(w *scenario) {
			i := servers.StartInfluxDB(w.t)
			target, err := url.Parse(i.Endpoint())
			if err != nil {
				w.t.Fatal(err)
			}
			proxy := httputil.NewSingleHostReverseProxy(target)
			proxy.ErrorLog = log.New(io.Discard, "", 0) // errors of processes that were killed
			w.crashes(w.n(3, 40), newFront(proxy, w.seed), i.Points)
		}, only: "spool"},
	}
}

// passReport is the report of a process about one pass.
type passReport struct {
	ended                                bool
	accepted, rejected, spooled, dropped int
}

// life is an exporting process, from its start to its end.
type life struct {
	order
	cmd    *exec.Cmd
	input  io.Closer
	began  chan struct{} // closed when the first pass begins
	kept   chan struct{} // gets a value when points were spooled, with room for one
	ended  chan struct{} // closed when there is no more output
	passes map[int64]*passReport
	err    error // a line of the output that is not understood
}

// live starts a process.
func (w *scenario) live(endpoint string) *life { return w.liveAs(order{Endpoint: endpoint}) }

// liveAs starts a process with an order, whose other fields it sets. The process can be the argument of
// another program, under.
func (w *scenario) liveAs(o order, under ...string) *life {
	w.t.Helper()
	w.lives++
	o.Seed, o.Life, o.Second = w.seed, uint64(w.lives), noon+1000*int64(w.lives)
	l := &life{
		order: o,
		began: make(chan struct{}), kept: make(chan struct{}, 1), ended: make(chan struct{}), passes: map[int64]*passReport{},
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

// listen reads the output of the process.
func (l *life) listen(output io.Reader) {
	defer close(l.ended)
	for lines := bufio.NewScanner(output); lines.Scan(); {
		var second int64
		p := &passReport{}
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
			l.err = fmt.Errorf("unexpected output %q", line)
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

// crashes starts and kills processes at random moments, also while a process starts, and while it writes
// or empties the spool. A last process ends in order.
func (w *scenario) crashes(kills int, f *front, stored func(testing.TB, ...string) []servers.Point) {
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
		f.outage(i == 0) // the first process certainly leaves points in the spool
		l := w.live(s.URL)
		w.moment(l, i == 0)
		if err := l.cmd.Process.Kill(); err != nil {
			w.t.Errorf("the process has ended before it was killed: %v", err)
		}
		if err := l.wait(w.t); err == nil {
			w.t.Error("the process has ended in order although it was killed")
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
		w.t.Error("no process has left points in the spool")
	}
	if left := w.batches(); len(left) > 0 {
		w.t.Errorf("the spool still has %q", left)
	}
	w.reconcileCrashes(append(lives, last), f, stored(w.t))
}

// moment waits until the process is to be killed: until a random time, or until it has reported spooled
// points.
func (w *scenario) moment(l *life, kept bool) {
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
		case <-l.kept: // an earlier report
		default:
		}
		await(l.kept, limit)
	}
}

// batches returns the files in the spool.
func (w *scenario) batches() []string {
	w.t.Helper()
	names, err := filepath.Glob(filepath.Join(w.dir, "*.batch"))
	if err != nil {
		w.t.Fatal(err)
	}
	return names
}

// debris puts files into the spool that are not whole batches, as a crash of the machine or another user may
// leave them.
func (w *scenario) debris(i int) {
	w.t.Helper()
	put := func(name string, text []byte) {
		if err := os.WriteFile(filepath.Join(w.dir, fmt.Sprintf(name, i)), text, 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := os.MkdirAll(w.dir, 0o700); err != nil { // the process may have been killed before it created the folder
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
			continue // written by debris
		}
		text[len(text)-5] ^= 1
		put(fmt.Sprintf("0000000000000001-%06x%%02x.batch", broken), text)
		put(fmt.Sprintf("0000000000000002-%06x%%02x.batch", broken), text[:len(text)-w.rng.IntN(20)-1])
		if broken++; broken == 3 {
			break
		}
	}
}

// reconcileCrashes checks that all points that a process has reported as accepted or spooled are stored.
// About an Export that was cut off, there is no report.
func (w *scenario) reconcileCrashes(lives []*life, f *front, stored []servers.Point) {
	w.t.Helper()
	want := newLedger()
	type export struct {
		passReport
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
			w.t.Errorf("of %d points in an Export: %+v", all, e.passReport)
		}
		if there < e.accepted+e.spooled {
			w.t.Errorf("%d points are stored of an Export with %+v", there, e.passReport)
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
		w.t.Errorf("the account does not add up: %+v", a)
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
	w.c.table.add(row{order: w.fault.order, fault: w.fault.name, spool: w.spooled, times: w.times, account: a})
	w.c.table.note("%s (spool: %s): of %d points in Exports that were cut off %d are stored; the server answered %v.",
		w.fault.name, yes(w.spooled), cut, cutStored, f.statuses)
}
