// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"context"
	"io"
	"log"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/integration/bench/export/collection"
	"github.com/apptuitai/apptuit-go/integration/bench/export/peer"
	"github.com/apptuitai/apptuit-go/integration/bench/export/sink"
)

// startSink starts a sink in this process.
func startSink(t *testing.T) *sink.Client {
	t.Helper()
	s, err := sink.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return sink.NewClient(sink.Addresses{Data: s.Data, Control: s.Control})
}

// here starts workers in this process.
func here(ctx context.Context, job Job) (*Worker, error) {
	orders, giveOrders := io.Pipe()
	takeAnswers, answers := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := Work(ctx, orders, answers)
		_ = answers.CloseWithError(err)
		done <- err
	}()
	return NewWorker(job, giveOrders, takeAnswers, func() error {
		_ = giveOrders.Close()
		return <-done
	})
}

// allPeers returns the names of all that take a configuration.
func allPeers(cfg collection.Config) []string {
	var names []string
	for _, p := range peer.All() {
		if !cfg.Delta || p.Delta {
			names = append(names, p.Name)
		}
	}
	return names
}

func everything(string, State) bool { return true }

// TestEverythingArrives has each peer export each kind of data, in each state, to
// a sink that decodes it (a group checks that first), and then measures.
func TestEverythingArrives(t *testing.T) {
	to := startSink(t)
	all := []State{Warm, Cold, Churn}
	for _, g := range []Group{
		{Config: collection.Config{Kind: collection.Sum, Points: 200}, States: all},
		{Config: collection.Config{Kind: collection.Gauge, Points: 200}, States: all},
		{Config: collection.Config{Kind: collection.Histogram, Points: 50}, States: all},
		{Config: collection.Config{Kind: collection.Exponential, Points: 50}, States: all},
		{Config: collection.Config{Kind: collection.Mixed, Points: 200, SDK: true}, States: all},
		{Config: collection.Config{Kind: collection.Sum, Points: 200, SDK: true}, States: []State{Warm}},
		{Config: collection.Config{Kind: collection.Sum, Points: 200, SDK: true, Delta: true}, States: []State{Warm, Churn}},
		{Config: collection.Config{Kind: collection.Sum, Points: 200, SDK: true, Observable: true}, States: []State{Warm, Churn}},
		{Config: collection.Config{Kind: collection.Gauge, Points: 200, SDK: true}, States: []State{Warm}},
		{Config: collection.Config{Kind: collection.Gauge, Points: 200, SDK: true, Delta: true}, States: []State{Warm, Churn}},
		{Config: collection.Config{Kind: collection.Gauge, Points: 200, SDK: true, Observable: true}, States: []State{Warm, Churn}},
		{Config: collection.Config{Kind: collection.Histogram, Points: 50, SDK: true, Delta: true}, States: []State{Warm, Churn}},
		{Config: collection.Config{Kind: collection.Exponential, Points: 50, SDK: true, Delta: true}, States: []State{Warm, Churn}},
	} {
		t.Run(g.Name(), func(t *testing.T) {
			g.Rounds, g.PerSample, g.Measures = 2, time.Nanosecond, everything
			peers := allPeers(g.Config)
			results, err := g.Run(t.Context(), here, to.Addresses, peers, "")
			if err != nil {
				t.Fatal(err)
			}
			wantMeasured(t, results, g.States, peers, g.Rounds)
		})
	}
}

func TestClientAlone(t *testing.T) {
	to := startSink(t)
	g := client(2)
	g.Sending, g.PerSample = &Sending{Points: 30, Series: 5, Samples: 7}, time.Nanosecond
	peers := []string{peer.Apptuit, peer.OTLPHTTP, peer.Telegraf}
	results, err := g.Run(t.Context(), here, to.Addresses, peers, "")
	if err != nil {
		t.Fatal(err)
	}
	wantMeasured(t, results, []State{Points, TimeSeries}, []string{peer.Apptuit, peer.Telegraf}, g.Rounds)
	if a, b := results[0].Points, results[1].Points; a != 30 || b != 35 {
		t.Errorf("%d and %d points", a, b)
	}
}

// wantMeasured checks that all peers have all figures in all states.
func wantMeasured(t *testing.T, results []Result, states []State, peers []string, rounds int) {
	t.Helper()
	if len(results) != len(states) {
		t.Fatalf("%d results, want %d", len(results), len(states))
	}
	for i, state := range states {
		r := results[i]
		if r.State != string(state) || len(r.Peers) != len(peers) || r.Points == 0 {
			t.Errorf("%s of %d peers with %d points, want %s of %d", r.State, len(r.Peers), r.Points, state, len(peers))
		}
		for _, name := range peers {
			series := r.Peers[name]
			if len(series) != rounds {
				t.Fatalf("%s: %s has %d samples, want %d", state, name, len(series), rounds)
			}
			for _, s := range series {
				if s.Exports != 1 || s.Points == 0 || s.Wall <= 0 || s.Allocations == 0 || s.Bytes == 0 {
					t.Errorf("%s: %s: %+v", state, name, s)
				}
			}
		}
	}
}

// TestMain lets this program be any of those that the table starts, by its name.
func TestMain(m *testing.M) {
	var err error
	switch filepath.Base(os.Args[0]) {
	case "sink":
		err = sink.Serve(os.Stdin, os.Stdout)
	case "peer":
		err = Work(context.Background(), os.Stdin, os.Stdout)
	case "peak":
		err = PrintPeak(context.Background(), os.Args[1:], os.Stdout)
	default:
		m.Run()
		return
	}
	if err != nil {
		log.Fatal(err)
	}
}

// TestProcesses measures with the programs, as the table does.
func TestProcesses(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for _, name := range []string{"sink", "peer", "peak"} {
		if err := os.Symlink(self, filepath.Join(folder, name)); err != nil {
			t.Skip(err)
		}
	}
	to, err := sink.StartProcess(t.Context(), filepath.Join(folder, "sink"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := to.Close(); err != nil {
			t.Error(err)
		}
	}()
	peers := []string{peer.Apptuit, peer.Prometheus}
	g := Group{
		Config: collection.Config{Kind: collection.Sum, Points: 100}, States: []State{Warm}, Rounds: 1, PerSample: time.Nanosecond, Measures: everything,
	}
	results, err := g.Run(t.Context(), Processes(filepath.Join(folder, "peer")), to.Addresses, peers, filepath.Join(folder, "profile "))
	if err != nil {
		t.Fatal(err)
	}
	wantMeasured(t, results, g.States, peers, 1)
	if profiles, _ := filepath.Glob(filepath.Join(folder, "profile_sum_100_*.prof")); len(profiles) != len(peers) {
		t.Errorf("profiles: %q", profiles)
	}

	if _, err := resident("VmHWM"); err != nil {
		t.Skip(err)
	}
	m := Memory{Config: collection.Config{Kind: collection.Sum, Points: 1000}, Program: filepath.Join(folder, "peak"), Peers: peers}
	result, err := m.Run(t.Context(), to.Addresses)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range peers {
		if peak := result.Peak[name]; peak.Live <= 0 || peak.Above <= 0 || peak.Above > 1<<30 || peak.Points != 3000 {
			t.Errorf("%s takes for 1,000 points, three times: %+v", name, peak)
		}
	}
}

// forged is a task that says of a real one what is not so.
type forged struct {
	task
	more    int
	moreSum float64
}

func (f forged) expected() (int, float64) {
	points, sum := f.task.expected()
	return points + f.more, sum + f.moreSum
}

func TestCheckFindsLosses(t *testing.T) {
	to := startSink(t)
	w := &worker{to: to, tasks: map[State]task{}}
	job := Job{Peer: peer.OTLPHTTPGzip, Collection: collection.Config{Kind: collection.Sum, Points: 20}, States: []State{Warm}}
	if err := w.open(&job); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	honest := w.tasks[Warm]
	var got []bool
	for _, f := range []forged{{task: honest}, {task: honest, more: 1}, {task: honest, moreSum: 1}} {
		got = append(got, w.check(t.Context(), f) != nil)
	}
	if diff := cmp.Diff([]bool{false, true, true}, got); diff != "" {
		t.Error("failed (-want +got):\n" + diff)
	}
}

// An order that cannot be done is answered with why.
func TestWorkerSaysWhy(t *testing.T) {
	to := startSink(t)
	for name, job := range map[string]Job{
		"a peer that there is not": {Peer: "carrier pigeon", States: []State{Warm}},
		"too few points":           {Peer: peer.Apptuit, States: []State{Warm}},
		"no such kind":             {Peer: peer.Apptuit, States: []State{Warm}, Collection: collection.Config{Kind: "summary", Points: 100}},
		"no such state":            {Peer: peer.Apptuit, Collection: collection.Config{Kind: collection.Sum, Points: 100}},
		"no client":                {Peer: peer.OTLPHTTP, Sending: &Sending{Points: 1}, States: []State{Points}},
		"no sink": {
			Peer: peer.OTLPHTTP, Collection: collection.Config{Kind: collection.Sum, Points: 100}, States: []State{Warm},
			Sink: sink.Addresses{Data: "127.0.0.1:1", Control: "127.0.0.1:1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if job.Sink.Data == "" {
				job.Sink = to.Addresses
			}
			w, err := here(t.Context(), job)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Do(Order{State: Warm, Exports: 1}); err == nil {
				t.Error("no error")
			}
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
