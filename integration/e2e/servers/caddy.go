// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package servers

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"
)

// Caddy is a running Caddy.
type Caddy struct {
	p    *process
	addr string
}

// StartCaddy starts Caddy with one site. site has the directives of its block in the Caddyfile.
func StartCaddy(t testing.TB, site string) *Caddy {
	t.Helper()
	path, dir := find(t, "caddy", "caddy"), t.TempDir()
	c := &Caddy{}
	file := filepath.Join(dir, "Caddyfile")
	c.p = &process{
		name: "caddy", path: path, dir: dir,
		product: "Caddy", version: func() (string, error) { return printedVersion(path, "version") },
		env:     []string{"XDG_CONFIG_HOME=" + dir, "XDG_DATA_HOME=" + dir}, // the folders that it writes to
		command: func() []string { return []string{"run", "--config", file, "--adapter", "caddyfile"} },
		// It logs this text when it listens.
		ready: func(context.Context) error { return c.p.logContains("serving initial configuration") },
	}
	c.p.start(t, func() {
		c.addr = FreeAddr(t)
		host, _, err := net.SplitHostPort(c.addr)
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		if err := caddyfile().Execute(&text, struct{ Addr, Host, Site string }{c.addr, host, site}); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	return c
}

// caddyfile returns the configuration around the directives of a site.
func caddyfile() *template.Template {
	return template.Must(template.New("Caddyfile").Parse(`{
	admin off
	auto_https off
}
http://{{.Addr}} {
	bind {{.Host}}
	{{.Site}}
}
`))
}

// URL returns the URL of Caddy.
func (c *Caddy) URL() string { return "http://" + c.addr }

// Kill ends Caddy as a crash does.
func (c *Caddy) Kill(t testing.TB) { c.p.kill(t) }

// Restart starts Caddy again with the same configuration.
func (c *Caddy) Restart(t testing.TB) { c.p.restart(t) }
