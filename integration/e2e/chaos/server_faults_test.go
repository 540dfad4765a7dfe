// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chaos_test

import (
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// serverFaults are those of servers that others have written.
func serverFaults() []fault {
	return []fault{
		{name: "InfluxDB is killed and restarted", run: influxKilled},
		{name: "InfluxDB refuses a point of each export, is killed and restarted", run: influxRefuses},
		{name: "InfluxDB loses its database, and gets it back", run: influxDropped},
		{name: "VictoriaMetrics is killed and restarted", run: victoriaKilled},
		{name: "VictoriaMetrics hangs", run: victoriaHangs},
	}
}

// influxKilled crashes InfluxDB, which forgets nothing that it has acknowledged.
func influxKilled(w *world) {
	i := servers.StartInfluxDB(w.t)
	w.start(i.Endpoint())
	w.calm(2)
	w.during(func() {
		for range w.n(2, 15) {
			w.pause(50*time.Millisecond, 400*time.Millisecond)
			i.Kill(w.t)
			w.times++
			w.pause(50*time.Millisecond, 600*time.Millisecond)
			i.Restart(w.t)
		}
		w.pause(50*time.Millisecond, 200*time.Millisecond)
	})
	w.finish(i.Endpoint(), i.Points, 0)
}

// influxRefuses has InfluxDB answer 500 to a put of which it has stored all points but
// one, and crash now and then.
func influxRefuses(w *world) {
	w.refused = true
	influxKilled(w)
}

// influxDropped has InfluxDB answer 500 for a while. What was stored before goes
// with the database, and is read before.
func influxDropped(w *world) {
	i := servers.StartInfluxDB(w.t)
	w.start(i.Endpoint())
	var before []servers.Point
	for range w.n(2, 8) {
		w.calm(3)
		w.drained(w.p.client)
		before = append(before, i.Points(w.t)...)
		i.DropDatabase(w.t)
		w.times++
		w.storm(4)
		i.CreateDatabase(w.t)
	}
	w.finish(i.Endpoint(), func(t testing.TB, _ ...string) []servers.Point { return unique(append(before, i.Points(t)...)) }, 0)
}

// unique removes points that were read twice from a server that keeps one.
func unique(points []servers.Point) []servers.Point {
	seen := map[string]bool{}
	return slices.DeleteFunc(points, func(p servers.Point) bool {
		key := p.Key()
		defer func() { seen[key] = true }()
		return seen[key]
	})
}

// victoriaKilled crashes VictoriaMetrics, which forgets the last seconds: a
// snapshot makes it write down all that it has, and what it acknowledges from
// then to its end is its own to lose.
func victoriaKilled(w *world) {
	v := servers.StartVictoriaMetrics(w.t)
	w.start(v.Endpoint())
	w.calm(2)
	w.during(func() {
		for range w.n(2, 15) {
			w.pause(50*time.Millisecond, 400*time.Millisecond)
			from := time.Now()
			w.get(v.URL() + "/internal/force_flush") // what it has not sorted yet is in no snapshot
			w.get(v.URL() + "/snapshot/create")
			w.pause(1*time.Millisecond, 50*time.Millisecond)
			v.Kill(w.t)
			w.windows = append(w.windows, window{from, time.Now()})
			w.times++
			w.pause(50*time.Millisecond, 600*time.Millisecond)
			v.Restart(w.t)
		}
		w.pause(50*time.Millisecond, 200*time.Millisecond)
	})
	w.finish(v.Endpoint(), v.Points, servers.VictoriaMetricsTolerance)
}

func (w *world) get(url string) {
	w.t.Helper()
	response, err := http.Get(url)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	if text, err := io.ReadAll(response.Body); err != nil || response.StatusCode != http.StatusOK {
		w.t.Fatalf("%s: %s %s: %v", url, response.Status, text, err)
	}
}

// victoriaHangs suspends VictoriaMetrics: its system takes requests for it, which
// it carries out when it goes on, though nobody waits for them any more.
func victoriaHangs(w *world) {
	v := servers.StartVictoriaMetrics(w.t)
	w.start(v.Endpoint())
	w.calm(2)
	w.during(func() {
		for range w.n(1, 10) {
			w.pause(50*time.Millisecond, 200*time.Millisecond)
			v.Suspend(w.t)
			w.times++
			w.pause(600*time.Millisecond, 900*time.Millisecond)
			v.Resume(w.t)
		}
		w.pause(50*time.Millisecond, 200*time.Millisecond)
	})
	w.finish(v.Endpoint(), v.Points, servers.VictoriaMetricsTolerance)
}
