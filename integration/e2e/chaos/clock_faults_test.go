// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chaos_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// clockFaults returns faults in which the clock jumps between two runs of the program: between the clock of
// this machine and the year 2000, where simulated time begins.
func clockFaults() []fault {
	return []fault{
		{name: "the clock jumps by decades", run: func(w *scenario) { w.clocks(100 * 365 * 24 * time.Hour) }, only: "spool"},
		{name: "the clock jumps by decades, older than the spool keeps", run: func(w *scenario) { w.clocks(24 * time.Hour) }, only: "spool", drops: true},
	}
}

// clocks spools under one clock and delivers under another.
func (w *scenario) clocks(age time.Duration) {
	spool := apptuitclient.WithSpool(w.dir, apptuitclient.WithSpoolRate(1000), apptuitclient.WithSpoolMaxAge(age))
	var stored []servers.Point
	t := w.t
	// life runs the program once, with a server that works for a part of the time.
	life := func(s *apptuittest.Server, transport http.RoundTripper, down, up, downAgain int) {
		w.t.Helper()
		outage := apptuittest.Fault{Status: http.StatusServiceUnavailable, Times: 1 << 30}
		s.Fail(outage)
		w.startOver(s.URL, transport, spool)
		w.storm(down)
		if up > 0 {
			s.Reset()
			w.calm(up)
			w.drained(w.p.client)
		}
		if downAgain > 0 {
			s.Fail(outage)
			w.storm(downAgain)
		}
		w.stop()
		stored = append(stored, storedIn(s)(w.t)...)
	}
	actual := func(down, up, downAgain int) {
		s := w.testServer()
		life(s, &http.Transport{}, down, up, downAgain)
	}
	simulated := func(down, up, downAgain int) {
		w.times++
		synctest.Test(t, func(t *testing.T) {
			w.t = t
			s := apptuittest.NewMemoryServer(apptuittest.WithToken(token))
			defer s.Close()
			life(s, s.Client().Transport, down, up, downAgain)
		})
		w.t = t
		w.times++ // back again
	}
	for range w.n(1, 5) {
		actual(3, 0, 0)
		simulated(3, 2, 3) // the batches in the spool are from the future
		actual(2, 2, 2)    // the batches in the spool are decades old
		simulated(0, 2, 0)
	}
	w.reconcile(stored, 0)
}
