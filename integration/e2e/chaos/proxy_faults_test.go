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

// proxyFaults are those of nginx in front of VictoriaMetrics.
func proxyFaults() []fault {
	return []fault{
		{name: "nginx: 401", run: func(w *world) { w.proxied(401, `return 401 "not $http_authorization";`) }, rejects: unkept},
		{name: "nginx: another token, the file follows later", run: rotation, rejects: unkept},
		{name: "nginx: 404, as during a deployment", run: func(w *world) { w.proxied(404, "return 404;") }, rejects: unkept},
		{name: "nginx: 403, a page", run: func(w *world) { w.proxied(403, `return 403 "<html>Forbidden</html>";`) }, rejects: unkept},
		{name: "nginx: 413, and 503 in between", run: func(w *world) { w.tooLarge("") }},
		{name: "nginx: large requests are cut off, and 503 in between", run: func(w *world) {
			w.tooLarge("error_page 413 @close; location @close { return 444; }")
		}},
		{name: "Caddy: large requests are 502, and killed in between", run: caddyTooLarge},
		{name: "nginx: 429 with Retry-After", run: func(w *world) { w.proxied(429, "add_header Retry-After 1 always; return 429;") }},
		{name: "nginx: 502", run: func(w *world) { w.proxied(502, "proxy_pass http://"+servers.FreeAddr(w.t)+";") }},
		{name: "nginx: 520, which nobody knows", run: func(w *world) { w.proxied(520, "return 520;") }},
		{name: "nginx: 503", run: func(w *world) { w.proxied(503, "return 503;") }},
		{name: "nginx: 504", run: gatewayTimeout},
		{name: "nginx: 444, the connection is closed", run: func(w *world) { w.proxied(444, "return 444;") }},
		{name: "nginx is killed and restarted", run: proxyKilled},
		{name: "nginx: a slow upstream", run: slowUpstream},
		{name: "nginx: 503, and a spool that is too small", run: fullSpool, only: "spool", drops: true},
		{name: "nginx: 503, and the spool's folder is removed", run: folderGone, only: "spool", drops: true},
	}
}

// inFront starts nginx in front of a VictoriaMetrics. While there is a file of
// the name, requests meet what is in the block of if.
func (w *world) inFront(file, then, server string) (*servers.Nginx, *servers.VictoriaMetrics) {
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

// whileFile exports while there is a file in nginx's folder.
func (w *world) whileFile(n *servers.Nginx, name string, f func()) {
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
func (w *world) proxied(status int, then string) {
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

// rotation has nginx take another token, which the program's file has a little
// later.
func rotation(w *world) {
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
	write := func(name, text string) { // at once
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

// tooLarge has nginx take a few points a request, and refuse larger requests with 413 or
// as more says: batches are split, also those that come out of the spool.
func (w *world) tooLarge(more string) {
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

// large has a program send each export in one request of some kilobytes.
func large() []apptuitclient.Option {
	return []apptuitclient.Option{apptuitclient.WithCompression(apptuitclient.CompressionNone), apptuitclient.WithMaxBatchPoints(40)}
}

// caddyTooLarge has Caddy answer 502 to large requests, and crash now and then.
func caddyTooLarge(w *world) {
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

// gatewayTimeout has nginx give up on an upstream that hangs and then goes on, so
// that the points of a 504 may be stored.
func gatewayTimeout(w *world) {
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

// slowUpstream has a server stop and go, so that some requests are answered late
// and others too late for the client.
func slowUpstream(w *world) {
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

// proxyKilled breaks connections with nobody to take new ones.
func proxyKilled(w *world) {
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

// fullSpool has outages that are longer than the spool is large: the oldest
// points go, and are counted.
func fullSpool(w *world) {
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

// folderGone has somebody remove the spool with all that is in it, and make the folder
// again later, unless the client already has.
func folderGone(w *world) {
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
