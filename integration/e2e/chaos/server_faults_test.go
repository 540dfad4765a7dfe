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

// serverFaults returns the faults of InfluxDB and VictoriaMetrics.
func serverFaults() []fault {
	return []fault{
		{name: "InfluxDB is killed and restarted", run: influxKilled},
		{name: "InfluxDB refuses a point of each export, is killed and restarted", run: influxRefuses},
		{name: "InfluxDB loses its database, and gets it back", run: influxDropped},
		{name: "VictoriaMetrics is killed and restarted", run: victoriaKilled},
		{name: "VictoriaMetrics hangs", run: victoriaHangs},
	}
}

// influxKilled crashes InfluxDB, which keeps all points that it has acknowledged.
func influxKilled(w *scenario) {
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

// influxRefuses sends a point that InfluxDB refuses in each put: it answers 500, and stores the other
// points. InfluxDB also crashes repeatedly.
func influxRefuses(w *scenario) {
	w.refused = true
	influxKilled(w)
}

// influxDropped deletes the database of InfluxDB, which then answers 500. The points of the database are read
// before.
func influxDropped(w *scenario) {
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

// unique removes the copies of points that were read twice.
func unique(points []servers.Point) []servers.Point {
	seen := map[string]bool{}
	return slices.DeleteFunc(points, func(p servers.Point) bool {
		key := p.Key()
		defer func() { seen[key] = true }()
		return seen[key]
	})
}

// victoriaKilled crashes VictoriaMetrics, which forgets the points of the last seconds. A snapshot before
// makes it write all points to the disk, so that it may lose only the points that it acknowledges
// between snapshot and crash.
func victoriaKilled(w *scenario) {
	v := servers.StartVictoriaMetrics(w.t)
	w.start(v.Endpoint())
	w.calm(2)
	w.during(func() {
		for range w.n(2, 15) {
			w.pause(50*time.Millisecond, 400*time.Millisecond)
			from := time.Now()
			w.get(v.URL() + "/internal/force_flush") // a snapshot has only points that were flushed
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

func (w *scenario) get(url string) {
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

// victoriaHangs suspends VictoriaMetrics. The system still accepts its connections: when it is resumed, it
// processes requests that the client has already abandoned.
func victoriaHangs(w *scenario) {
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
