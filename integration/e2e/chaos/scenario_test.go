// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chaos_test

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// chaos is the state of the whole test.
type chaos struct {
	seed  uint64
	table table
}

// fault is a kind of fault. It is tried with and without a spool.
type fault struct {
	order   int
	name    string
	run     func(w *scenario)
	only    string // "spool" if the fault is tried only with a spool
	rejects rejection
	drops   bool // points may be dropped although there is a spool
}

// rejection says whether valid points may be rejected during a fault.
type rejection uint8

const (
	never  rejection = iota
	unkept           // only without a spool: the answer is not about the points
	always           // the answer is about the points
)

// both runs a fault with and without a spool.
func (c *chaos) both(t *testing.T, f fault) {
	for _, spooled := range []bool{false, true} {
		if !spooled && f.only == "spool" {
			continue
		}
		name := f.name + "/alone"
		if spooled {
			name = f.name + "/spool"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := c.newScenario(t, f, spooled)
			f.run(w)
		})
	}
}

// scenario is the state of the test of one fault.
type scenario struct {
	t       *testing.T
	c       *chaos
	fault   fault
	spooled bool
	long    bool
	seed    uint64
	rng     *rand.Rand
	dir     string
	token   apptuitclient.Option

	ledger     *ledger
	statistics statistics
	windows    []window
	times      int
	second     int64
	lives      int
	drops      bool // points that cannot be spooled may be dropped
	refused    bool // each export has a point that InfluxDB refuses

	p *program

	mu      sync.Mutex
	must    bool
	reports []string
}

func (c *chaos) newScenario(t *testing.T, f fault, spooled bool) *scenario {
	h := fnv.New64()
	fmt.Fprint(h, f.name, spooled)
	w := &scenario{
		t: t, c: c, fault: f, spooled: spooled, long: isLong(), seed: c.seed ^ h.Sum64(),
		token: apptuitclient.WithToken(token), ledger: newLedger(), second: noon, dir: filepath.Join(t.TempDir(), "spool"),
	}
	w.rng = rand.New(rand.NewPCG(w.seed, 0))
	return w
}

// n returns the number of repetitions in a short or long run.
func (w *scenario) n(short, long int) int {
	if w.long {
		return long
	}
	return short
}

// pause waits a random time.
func (w *scenario) pause(from, to time.Duration) {
	time.Sleep(from + time.Duration(w.rng.Int64N(int64(to-from))))
}

// start starts the program.
func (w *scenario) start(endpoint string, opts ...apptuitclient.Option) {
	w.startOver(endpoint, &http.Transport{}, opts...)
}

// startOver starts the program with a transport.
func (w *scenario) startOver(endpoint string, transport http.RoundTripper, opts ...apptuitclient.Option) {
	w.t.Helper()
	w.lives++
	opts = append(w.options(endpoint), opts...)
	load := newLoad(w.seed, uint64(w.lives))
	load.refused = w.refused
	p, err := newProgram(load, w.second, &tap{base: transport, ledger: w.ledger}, opts...)
	if err != nil {
		w.t.Fatal(err)
	}
	p.exports = func(points []servers.Point) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.ledger.export(points, load.invalid(), w.must)
	}
	w.p = p
	w.t.Cleanup(func() { _ = p.client.Close() })
}

func (w *scenario) options(endpoint string) []apptuitclient.Option {
	opts := []apptuitclient.Option{apptuitclient.WithEndpoint(endpoint), w.token, apptuitclient.WithWarningHandler(w.report)}
	if w.spooled {
		opts = append(opts, apptuitclient.WithSpool(w.dir, apptuitclient.WithSpoolRate(1000)))
	}
	return opts
}

// report notes an error or warning that the program gets.
func (w *scenario) report(err error) {
	if err == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reports = append(w.reports, err.Error())
}

func (w *scenario) setMust(must bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.must = must
}

// calm exports while the server works: its points must be stored in the end.
func (w *scenario) calm(passes int) {
	w.setMust(true)
	for range passes {
		w.report(w.p.export(generous))
	}
	w.setMust(false)
}

// storm exports during a fault.
func (w *scenario) storm(passes int) {
	deadline := impatient
	if w.spooled { // the spool takes points that are not delivered within requestTime
		deadline = generous
	}
	for range passes {
		w.report(w.p.export(deadline))
	}
}

// during exports repeatedly while f runs.
func (w *scenario) during(f func()) {
	stop, done := make(chan struct{}), make(chan struct{})
	defer func() {
		close(stop)
		<-done
	}()
	rng := rand.New(rand.NewPCG(w.seed, 1))
	go func() {
		defer close(done)
		for {
			w.storm(1)
			select {
			case <-stop:
				return
			case <-time.After(time.Duration(5+rng.IntN(30)) * time.Millisecond):
			}
		}
	}()
	f()
}

// drained waits until the spool is empty.
func (w *scenario) drained(client *apptuitclient.Client) {
	w.t.Helper()
	if err := waitForSpool(client); err != nil {
		s, _ := client.SpoolStats()
		w.t.Fatalf("%v: %+v; reports: %s", err, s, w.tail())
	}
}

// stop ends the program in order.
func (w *scenario) stop() {
	w.t.Helper()
	w.report(w.p.stop())
	s, _ := w.p.client.SpoolStats()
	w.statistics.add(w.p.exporter.Stats(), s)
	w.second = w.p.second
}

// finish ends the program while the server works, and reconciles the account.
func (w *scenario) finish(endpoint string, stored func(testing.TB, ...string) []servers.Point, tolerance float64) {
	w.t.Helper()
	w.calm(2)
	w.drained(w.p.client)
	w.setMust(true)
	w.stop()
	for range 5 {
		if w.statistics.left == 0 {
			break
		}
		w.drain(endpoint)
	}
	w.reconcile(stored(w.t), tolerance)
}

// drain empties the spool with a client alone.
func (w *scenario) drain(endpoint string) {
	w.t.Helper()
	transport := w.p.transport
	client, err := apptuitclient.New(append(w.options(endpoint), hurry(),
		apptuitclient.WithHTTPClient(&http.Client{Transport: transport}))...)
	if err != nil {
		w.t.Fatal(err)
	}
	w.drained(client)
	_ = client.Close() // always nil
	s, _ := client.SpoolStats()
	w.statistics.add(exporter.Stats{}, s)
}

// reconcile compares the ledger with the stored points, and reports each discrepancy.
func (w *scenario) reconcile(stored []servers.Point, tolerance float64) {
	w.t.Helper()
	a, faults := w.ledger.reconcile(stored, &w.statistics, tolerance, w.windows)
	const most = 20
	for i, f := range faults {
		if i == most {
			w.t.Errorf("and %d more discrepancies", len(faults)-most)
			break
		}
		w.t.Error(f)
	}
	if may := w.fault.rejects == always || w.fault.rejects == unkept && !w.spooled; !may && (a.rejected > w.ledger.invalid || a.rejected < w.ledger.invalid && !w.refused) {
		w.t.Errorf("%d points are reported as rejected, of which %d were invalid", a.rejected, w.ledger.invalid)
	}
	if w.spooled && !w.fault.drops && a.dropped != 0 {
		w.t.Errorf("%d points are dropped although there is a spool", a.dropped)
	}
	if a.rejected+a.dropped > 0 && len(w.reports) == 0 {
		w.t.Errorf("%d points are rejected and %d dropped, without a report to the program", a.rejected, a.dropped)
	}
	if left := w.batches(); len(left) > 0 {
		w.t.Errorf("the spool still has %q", left)
	}
	if w.times == 0 {
		w.t.Error("there was no fault")
	}
	w.secrets()
	if w.t.Failed() {
		w.t.Logf("%+v\nreports: %s", a, w.tail())
	}
	w.c.table.add(row{order: w.fault.order, fault: w.fault.name, spool: w.spooled, times: w.times, account: a})
	quarantined := 0
	for _, r := range w.reports {
		quarantined += strings.Count(r, "is moved to the quarantine")
	}
	if quarantined > 0 {
		w.c.table.note("%s (spool: %s): %d batches were moved to the quarantine.", w.fault.name, yes(w.spooled), quarantined)
	}
}

// secrets fails the test if reports, formatted values or the spool contain the token.
func (w *scenario) secrets() {
	w.t.Helper()
	for _, r := range append(w.reports, fmt.Sprintf("%+v %#v %v", w.p.client, w.p.exporter, w.p.exporter.MarshalLog())) {
		if strings.Contains(r, token) {
			w.t.Errorf("the token is in %q", r)
		}
	}
	w.secretsInSpool()
}

func (w *scenario) secretsInSpool() {
	w.t.Helper()
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte(token)) {
			w.t.Errorf("the token is in %s", path)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.t.Error(err)
	}
}

// tail returns the last reports.
func (w *scenario) tail() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	const most = 15
	from := max(0, len(w.reports)-most)
	return fmt.Sprintf("%d in all, the last:\n\t%s", len(w.reports), strings.Join(w.reports[from:], "\n\t"))
}
