// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chaos_test

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// mixedFaults returns faults that occur in random order while the program exports.
func mixedFaults() []fault {
	return []fault{
		{name: "all scripts at random", run: mixedScripts, rejects: always, drops: true},
		{name: "nginx and InfluxDB at random", run: mixedServers, rejects: always, drops: true},
	}
}

func mixedScripts(w *scenario) {
	var faults []apptuittest.Fault
	for _, s := range scripts() {
		faults = append(faults, s.faults...)
	}
	s := w.testServer()
	w.start(s.URL)
	w.calm(1)
	w.during(func() {
		for range w.n(60, 1000) {
			s.Fail(faults[w.rng.IntN(len(faults))])
			w.times++
			w.pause(5*time.Millisecond, 100*time.Millisecond)
		}
	})
	w.consume(s)
	w.finish(s.URL, storedIn(s), 0)
}

// consume exports until the server has no scripted faults left, so that none meets the final exports.
func (w *scenario) consume(s *apptuittest.Server) {
	w.t.Helper()
	for deadline := time.Now().Add(10 * generous); ; time.Sleep(5 * time.Millisecond) {
		before := len(s.Requests())
		w.storm(1)
		requests := s.Requests()
		if len(requests) > before && !requests[len(requests)-1].Faulted {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatal("the script does not end")
		}
	}
}

func mixedServers(w *scenario) {
	i := servers.StartInfluxDB(w.t)
	n := servers.StartNginx(w.t, fmt.Sprintf(`
server {
	listen {{.Addr}};
	location / {
		if (-f {{.Dir}}/401) { return 401; }
		if (-f {{.Dir}}/413) { return 413; }
		if (-f {{.Dir}}/429) { add_header Retry-After 1 always; return 429; }
		if (-f {{.Dir}}/444) { return 444; }
		if (-f {{.Dir}}/502) { proxy_pass http://%s; }
		if (-f {{.Dir}}/503) { return 503; }
		proxy_pass %s;
	}
}`, servers.FreeAddr(w.t), i.Endpoint()))
	w.start(n.URL())
	w.calm(2)
	files := []string{"401", "413", "429", "444", "502", "503"}
	w.during(func() {
		for range w.n(12, 250) {
			w.times++
			rest := func() { w.pause(10*time.Millisecond, 300*time.Millisecond) }
			switch kind := w.rng.IntN(len(files) + 2); kind {
			case len(files):
				n.Kill(w.t)
				rest()
				n.Restart(w.t)
			case len(files) + 1:
				i.Kill(w.t)
				rest()
				i.Restart(w.t)
			default:
				file := filepath.Join(n.Dir(), files[kind])
				if err := os.WriteFile(file, nil, 0o600); err != nil {
					w.t.Fatal(err)
				}
				rest()
				if err := os.Remove(file); err != nil {
					w.t.Fatal(err)
				}
			}
			rest()
		}
	})
	w.finish(n.URL(), i.Points, 0)
}
