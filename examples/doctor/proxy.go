// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// checkProxy says whether requests go by a proxy. From there on the way is the one
// to the proxy.
func checkProxy(_ context.Context, p *patient, n *notes) {
	_, from := p.inEffect("proxy_url", p.endpoint.Scheme+" proxy")
	_, err := url.Parse(from.value)
	if strings.Contains(from.value, "://") && err != nil { // net/http would go on without it, or with a part of it
		n.fail("It must look like http://host:port, or http://user:password@host:port, with special characters in percent-encoding.",
			"%s: not a URL", from.name)
		return
	}
	if p.proxy, err = p.proxyFor(p.endpoint); err != nil {
		n.fail("It must look like http://host:port, or http://user:password@host:port.", "%s: %v", from.name, err)
		return
	}
	switch {
	case p.proxy != nil:
		n.ok("requests go by %s, from %s", hostPort(p.proxy), from.name)
	case from.name != "":
		n.ok("none: NO_PROXY, or that it is this host, leaves %s out of %s", p.endpoint.Hostname(), from.name)
	default:
		n.ok("none")
	}
}

// proxyFor returns the proxy for a URL, as the client would choose it.
func (p *patient) proxyFor(u *url.URL) (*url.URL, error) {
	if p.flags.proxy != "" {
		return url.Parse(p.flags.proxy)
	}
	return http.ProxyFromEnvironment(&http.Request{URL: u})
}

// next is where connections go: to the proxy or to the server.
func (p *patient) next() *url.URL {
	if p.proxy != nil {
		return p.proxy
	}
	return p.endpoint
}

// hostPort returns host and port, also where the port is the scheme's.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	if port == "" { // socks5 and its like
		port = "1080"
	}
	return net.JoinHostPort(u.Hostname(), port)
}
