// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package servers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"
	"time"
)

// Nginx is a running nginx.
type Nginx struct {
	p    *process
	addr string
}

// StartNginx starts nginx. conf is the content of the http block, usually one server block. It is a
// text/template, in which {{.Addr}} is the address to listen at and {{.Dir}} the folder of this nginx.
// Relative paths belong to the folder, too.
func StartNginx(t testing.TB, conf string) *Nginx {
	t.Helper()
	path, dir := find(t, "nginx", "nginx-light"), t.TempDir()
	tmpl, err := template.New("nginx.conf").Parse(nginxMain + conf + "\n}\n")
	if err != nil {
		t.Fatal(err)
	}
	n := &Nginx{}
	file := filepath.Join(dir, "nginx.conf")
	n.p = &process{
		name: "nginx", path: path, dir: dir,
		product: "nginx", version: func() (string, error) { return printedVersion(path, "-v") },
		command: func() []string { return []string{"-p", dir, "-c", file} },
		// It writes its process id when it listens.
		ready: func(context.Context) error {
			text, err := os.ReadFile(filepath.Join(dir, "nginx.pid"))
			if want := fmt.Sprint(n.p.run.process.Pid); err == nil && strings.TrimSpace(string(text)) != want {
				err = fmt.Errorf("its process id is %s, not %q", want, text)
			}
			return err
		},
	}
	n.p.start(t, func() {
		n.addr = FreeAddr(t)
		var text strings.Builder
		if err := tmpl.Execute(&text, struct{ Addr, Dir string }{n.addr, dir}); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	return n
}

// nginxMain is the configuration around the http block of the test. nginx runs as one process, so that it can
// be killed.
const nginxMain = `
daemon off;
master_process off;
pid {{.Dir}}/nginx.pid;
error_log stderr info;
events { worker_connections 256; }
http {
	log_format test '$status $request_method $server_protocol';
	access_log {{.Dir}}/access.log test;
	client_body_temp_path {{.Dir}}/body;
	proxy_temp_path {{.Dir}}/proxy;
	fastcgi_temp_path {{.Dir}}/fastcgi;
	uwsgi_temp_path {{.Dir}}/uwsgi;
	scgi_temp_path {{.Dir}}/scgi;
`

// Addr returns the address at which nginx listens.
func (n *Nginx) Addr() string { return n.addr }

// URL returns the URL of nginx.
func (n *Nginx) URL() string { return "http://" + n.addr }

// Dir returns the folder of nginx. A test can put files there that the configuration refers to.
func (n *Nginx) Dir() string { return n.p.dir }

// Requests returns a line with status, method and protocol for each request that nginx has answered. nginx
// writes the line a little after the answer, so Requests waits until there are atLeast lines.
func (n *Nginx) Requests(t testing.TB, atLeast int) []string {
	t.Helper()
	for deadline := time.Now().Add(readyTime); ; time.Sleep(5 * time.Millisecond) {
		text, err := os.ReadFile(filepath.Join(n.p.dir, "access.log"))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' })
		if len(lines) >= atLeast {
			return lines
		}
		if time.Now().After(deadline) {
			t.Fatalf("nginx has answered %d requests within %v, want %d", len(lines), readyTime, atLeast)
		}
	}
}

// Kill ends nginx as a crash does.
func (n *Nginx) Kill(t testing.TB) { n.p.kill(t) }

// Restart starts nginx again with the same configuration.
func (n *Nginx) Restart(t testing.TB) { n.p.restart(t) }
