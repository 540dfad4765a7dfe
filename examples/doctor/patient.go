// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/exporter"
	table "github.com/apptuitai/apptuit-go/internal/settings"
)

// patient is what is examined, and what is known of it so far.
type patient struct {
	flags   flags
	environ []string // NAME=value
	secrets secrets
	tap     *tap

	roots    *x509.CertPool // to trust; nil: the system's
	rootsErr error
	client   *apptuitclient.Client
	asker    *apptuitclient.Client // of questions; nil until there are any
	exporter *exporter.Exporter
	endpoint *url.URL // from here on it has no fault
	proxy    *url.URL // nil: none
	sent     *point   // the probe, as it was on the wire

	prober *apptuitclient.Client // sends points of probes as they are; nil until there are any
	takes  bool                  // the first point is accepted, or refused for a fault of its own
	way    *question             // that the server answers; nil: none is known
	traits traits
}

func newPatient(f flags) *patient {
	p := &patient{flags: f, environ: os.Environ()}
	p.roots, p.rootsErr = f.roots()
	p.tap = &tap{base: &http.Transport{
		Proxy:             func(r *http.Request) (*url.URL, error) { return p.proxyFor(r.URL) },
		TLSClientConfig:   p.tlsConfig(),
		ForceAttemptHTTP2: true,
		IdleConnTimeout:   time.Minute,
	}}
	p.learnSecrets()
	return p
}

// checks are in the order in which a person would look.
func checks(f flags) []check {
	const quick, network = 2 * time.Second, 10 * time.Second
	all := []check{
		{name: "settings", limit: quick, run: checkSettings},
		{name: "configuration", limit: quick, run: checkConfiguration},
		{name: "token file", limit: quick, run: checkTokenFile},
		{name: "service", limit: quick, run: checkService},
		{name: "spool", limit: quick, run: checkSpool},
		{name: "proxy", limit: quick, needs: []string{"configuration"}, run: checkProxy},
		{name: "dns", limit: network, needs: []string{"configuration", "proxy"}, run: checkDNS},
		{name: "tcp", limit: network, needs: []string{"dns"}, run: checkTCP},
		{name: "tls", limit: network, needs: []string{"tcp"}, run: checkTLS},
	}
	if f.noProbe {
		all = append(all,
			check{name: "put", limit: quick, run: func(_ context.Context, _ *patient, n *notes) { n.skip("-no-probe") }},
			check{name: "server", limit: network, needs: []string{"tls"}, run: checkServer},
			check{name: "query", limit: network, needs: []string{"tls"}, run: checkQuery})
	} else {
		all = append(all,
			check{name: "put", limit: network, needs: []string{"tls"}, run: checkPut},
			check{name: "server", limit: network, needs: []string{"tls"}, run: checkServer},
			check{name: "tag values", limit: network, needs: []string{"tls"}, run: checkTagValues},
			check{name: "partial write", limit: network, needs: []string{"tls"}, run: checkPartialWrite},
			check{name: "two values", limit: network, needs: []string{"tls"}, run: checkTwoValues},
			check{name: "read-back", limit: f.timeout, needs: []string{"put"}, run: checkReadBack},
			// Asked only now, to give the server the time to show them.
			check{name: "second value", limit: network, needs: []string{"two values", "read-back"}, run: checkSecondValue})
	}
	return append(all,
		check{name: "profile", limit: quick, needs: []string{"configuration"}, run: checkProfile},
		check{name: "clock", limit: quick, run: checkClock})
}

// lookup returns a variable; an empty one is an unset one.
func (p *patient) lookup(name string) string {
	value := ""
	for _, v := range p.environ {
		if n, text, _ := strings.Cut(v, "="); n == name {
			value = text
		}
	}
	return value
}

// learnSecrets finds what must not be printed.
func (p *patient) learnSecrets() {
	user := p.flags.user
	if user == "" {
		user = p.lookup("APPTUIT_USER_ID")
	}
	for _, s := range settings() {
		for _, from := range s.sources(p) {
			switch s.secret {
			case table.SecretValue:
				p.secrets.keepToken(user, from.value)
			case table.SecretFile:
				text, _ := os.ReadFile(from.value) // New tells why not
				p.secrets.keepToken(user, string(text))
			case table.SecretInURL:
				p.secrets.keepURL(from.value)
			}
		}
	}
}

// tlsConfig is what the client has by default, and the roots of -ca-file.
func (p *patient) tlsConfig() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: p.roots}
}

// options are those of a client that tries once, of what the flags say.
func (p *patient) options() ([]apptuitclient.Option, error) {
	options := []apptuitclient.Option{
		apptuitclient.WithHTTPClient(&http.Client{Transport: p.tap}),
		apptuitclient.WithRetry(apptuitclient.RetryConfig{}),
		apptuitclient.WithoutSpool(),
	}
	more, err := p.flags.options()
	return append(options, more...), err
}

func (p *patient) close() {
	for _, c := range []*apptuitclient.Client{p.client, p.asker, p.prober} {
		if c != nil {
			_ = c.Close() // always nil
		}
	}
	p.tap.close()
}
