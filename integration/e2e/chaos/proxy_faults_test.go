// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chaos_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// proxyFaults returns the faults of nginx and Caddy in front of VictoriaMetrics.
func proxyFaults() []fault {
	return []fault{
		{name: "nginx: 401", run: func(w *scenario) { w.proxied(401, `return 401 "not $http_authorization";`) }, rejects: unkept},
		{name: "nginx: the token is rotated before the token file", run: rotation, rejects: unkept},
		{name: "nginx: 404, as during a deployment", run: func(w *scenario) { w.proxied(404, "return 404;") }, rejects: unkept},
		{name: "nginx: 403, a page", run: func(w *scenario) { w.proxied(403, `return 403 "<html>Forbidden</html>";`) }, rejects: unkept},
		{name: "nginx: 413, and 503 in between", run: func(w *scenario) { w.tooLarge("") }},
		{name: "nginx: large requests are cut off, and 503 in between", run: func(w *scenario) {
			w.tooLarge("error_page 413 @close; location @close { return 444; }")
		}},
		{name: "Caddy: 502 for large requests, and Caddy is killed in between", run: caddyTooLarge},
		{name: "nginx: 429 with Retry-After", run: func(w *scenario) { w.proxied(429, "add_header Retry-After 1 always; return 429;") }},
		{name: "nginx: 502", run: func(w *scenario) { w.proxied(502, "proxy_pass http://"+servers.FreeAddr(w.t)+";") }},
		{name: "nginx: 520, which nobody knows", run: func(w *scenario) { w.proxied(520, "return 520;") }},
		{name: "nginx: 503", run: func(w *scenario) { w.proxied(503, "return 503;") }},
		{name: "nginx: 504", run: gatewayTimeout},
		{name: "nginx: 444, the connection is closed", run: func(w *scenario) { w.proxied(444, "return 444;") }},
		{name: "nginx is killed and restarted", run: proxyKilled},
		{name: "nginx: a slow upstream", run: slowUpstream},
		{name: "nginx: 503, and a spool that is too small", run: fullSpool, only: "spool", drops: true},
		{name: "nginx: 503, and the spool's folder is removed", run: folderGone, only: "spool", drops: true},
	}
}

// inFront starts nginx in front of VictoriaMetrics. While its folder has the file, requests get the
// answer of the directives then.
func (w *scenario) inFront(file, then, server string) (*servers.Nginx, *servers.VictoriaMetrics) {
	v := servers.StartVictoriaMetrics(w.t)
	return servers.StartNginx(w.t, fmt.Sprintf(`
server {
	listen {{.Addr}};
	%s
	location / {
		if (-f {{.Dir}}/%s) { %s }
		proxy_pass %s;
	}
}`, server, file, then, v.Endpoint())), v
}

// whileFile runs f while nginx's folder has a file.
func (w *scenario) whileFile(n *servers.Nginx, name string, f func()) {
	file := filepath.Join(n.Dir(), name)
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		w.t.Fatal(err)
	}
	w.times++
	f()
	if err := os.Remove(file); err != nil {
		w.t.Fatal(err)
	}
}

// proxied has nginx answer a status for a while.
func (w *scenario) proxied(status int, then string) {
	file := strconv.Itoa(status)
	n, v := w.inFront(file, then, "")
	w.start(n.URL())
	w.calm(1)
	for range w.n(2, 12) {
		w.whileFile(n, file, func() { w.storm(3) })
		w.calm(1)
	}
	w.during(func() {
		for range w.n(2, 12) {
			w.pause(10*time.Millisecond, 60*time.Millisecond)
			w.whileFile(n, file, func() { w.pause(20*time.Millisecond, 300*time.Millisecond) })
		}
	})
	w.finish(n.URL(), v.Points, servers.VictoriaMetricsTolerance)
}

// rotation changes the token of nginx, and a little later the token file of the program.
func rotation(w *scenario) {
	v := servers.StartVictoriaMetrics(w.t)
	n := servers.StartNginx(w.t, fmt.Sprintf(`
server {
	listen {{.Addr}};
	location / {
		if (!-f "{{.Dir}}/$http_authorization") { return 401 "not $http_authorization"; }
		proxy_pass %s;
	}
}`, v.Endpoint()))
	file := filepath.Join(w.t.TempDir(), "token")
	text := func(i int) string { return token + strconv.Itoa(i) }
	name := func(i int) string { return filepath.Join(n.Dir(), "Bearer "+text(i)) }
	write := func(name, text string) { // atomically
		w.t.Helper()
		if err := os.WriteFile(name+".new", []byte(text), 0o600); err != nil {
			w.t.Fatal(err)
		}
		if err := os.Rename(name+".new", name); err != nil {
			w.t.Fatal(err)
		}
	}
	write(name(0), "")
	write(file, text(0))
	w.token = apptuitclient.WithTokenFile(file)
	w.start(n.URL())
	w.calm(1)
	w.during(func() {
		for i := range w.n(4, 40) {
			w.pause(50*time.Millisecond, 150*time.Millisecond)
			write(name(i+1), "")
			if err := os.Remove(name(i)); err != nil {
				w.t.Fatal(err)
			}
			w.times++
			w.pause(1*time.Millisecond, 150*time.Millisecond)
			write(file, text(i+1))
		}
	})
	w.finish(n.URL(), v.Points, servers.VictoriaMetricsTolerance)
}

// tooLarge limits requests to a few points. nginx refuses larger requests with 413, or as the directives
// more say: batches are split, including batches of the spool.
func (w *scenario) tooLarge(more string) {
	n, v := w.inFront("503", "return 503;", "client_max_body_size 2300;"+more)
	w.start(n.URL(), large()...)
	w.calm(1)
	for range w.n(2, 12) {
		w.storm(1)
		w.times++
		w.whileFile(n, "503", func() { w.storm(2) })
		w.calm(1)
	}
	w.finish(n.URL(), v.Points, servers.VictoriaMetricsTolerance)
}

// large returns options with which each export is one request of some kilobytes.
func large() []apptuitclient.Option {
	return []apptuitclient.Option{apptuitclient.WithCompression(apptuitclient.CompressionNone), apptuitclient.WithMaxBatchPoints(40)}
}

// caddyTooLarge limits requests: Caddy answers 502 to larger requests. Caddy also crashes repeatedly.
func caddyTooLarge(w *scenario) {
	v := servers.StartVictoriaMetrics(w.t)
	c := servers.StartCaddy(w.t, fmt.Sprintf("request_body {\nmax_size 2300\n}\nreverse_proxy %s", v.Endpoint()))
	w.start(c.URL(), large()...)
	w.calm(1)
	for range w.n(2, 12) {
		w.storm(1)
		w.times++
		c.Kill(w.t)
		w.storm(2)
		c.Restart(w.t)
		w.calm(1)
	}
	w.finish(c.URL(), v.Points, servers.VictoriaMetricsTolerance)
}

// gatewayTimeout suspends the upstream until nginx answers 504, and resumes it: the points may be stored.
func gatewayTimeout(w *scenario) {
	n, v := w.inFront("none", "return 500;", "proxy_read_timeout 250ms;")
	w.start(n.URL())
	w.calm(1)
	w.during(func() {
		for range w.n(2, 12) {
			w.pause(50*time.Millisecond, 200*time.Millisecond)
			v.Suspend(w.t)
			w.times++
			w.pause(400*time.Millisecond, 700*time.Millisecond)
			v.Resume(w.t)
		}
	})
	w.finish(n.URL(), v.Points, servers.VictoriaMetricsTolerance)
}

// slowUpstream suspends and resumes the upstream, so that answers come late, some too late for the client.
func slowUpstream(w *scenario) {
	n, v := w.inFront("none", "return 500;", "")
	w.start(n.URL())
	w.calm(1)
	w.during(func() {
		for range w.n(4, 40) {
			w.pause(20*time.Millisecond, 100*time.Millisecond)
			v.Suspend(w.t)
			w.times++
			w.pause(50*time.Millisecond, requestTime+100*time.Millisecond)
			v.Resume(w.t)
		}
	})
	w.finish(n.URL(), v.Points, servers.VictoriaMetricsTolerance)
}

// proxyKilled breaks connections, and leaves no listener for new connections.
func proxyKilled(w *scenario) {
	n, v := w.inFront("none", "return 500;", "")
	w.start(n.URL())
	w.calm(1)
	w.during(func() {
		for range w.n(3, 25) {
			w.pause(20*time.Millisecond, 200*time.Millisecond)
			n.Kill(w.t)
			w.times++
			w.pause(20*time.Millisecond, 200*time.Millisecond)
			n.Restart(w.t)
		}
	})
	w.finish(n.URL(), v.Points, servers.VictoriaMetricsTolerance)
}

// fullSpool has outages with more points than the spool can hold: the oldest points are dropped and
// counted.
func fullSpool(w *scenario) {
	n, v := w.inFront("503", "return 503;", "")
	w.start(n.URL(), apptuitclient.WithSpool(w.dir, apptuitclient.WithSpoolRate(1000), apptuitclient.WithSpoolMaxBytes(2500)))
	w.calm(1)
	for range w.n(2, 12) {
		w.whileFile(n, "503", func() { w.storm(8) })
		w.drained(w.p.client)
	}
	if s, _ := w.p.client.SpoolStats(); s.Dropped == 0 {
		w.t.Error("the spool was large enough")
	}
	w.finish(n.URL(), v.Points, servers.VictoriaMetricsTolerance)
}

// folderGone removes the folder of the spool with its content, and creates it again later, unless the client
// has already done so.
func folderGone(w *scenario) {
	n, v := w.inFront("503", "return 503;", "")
	w.start(n.URL())
	w.calm(1)
	for range w.n(2, 12) {
		w.whileFile(n, "503", func() {
			w.storm(3)
			if err := os.Rename(w.dir, filepath.Join(w.t.TempDir(), "gone")); err != nil {
				w.t.Fatal(err)
			}
			w.storm(2)
			if err := os.MkdirAll(w.dir, 0o700); err != nil {
				w.t.Fatal(err)
			}
			w.storm(2)
		})
		w.drained(w.p.client)
	}
	if s, _ := w.p.client.SpoolStats(); s.Removed == 0 {
		w.t.Error("nothing was in the folder")
	}
	w.finish(n.URL(), v.Points, servers.VictoriaMetricsTolerance)
}
