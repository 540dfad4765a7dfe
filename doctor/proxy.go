// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/apptuitai/apptuit-go/internal/client"
)

// checkProxy reports the proxy of requests. If there is a proxy, the following checks connect to it.
func checkProxy(_ context.Context, r *run, f *findings) {
	_, from := r.inEffect("proxy_url", r.endpoint.Scheme+" proxy")
	if _, err := url.Parse(from.value); strings.Contains(from.value, "://") && err != nil { // net/http would use no proxy, or a part of the text
		f.fail("The value must have the form http://host:port, or http://user:password@host:port with percent-encoding of special characters.",
			"%s: not a URL", from.name)
		return
	}
	transport := client.Of(r.client).Transport()
	if transport == nil {
		r.opaque = true
		f.ok("not known: the program uses its own transport")
		return
	}
	var err error
	if transport.Proxy != nil {
		r.proxy, err = transport.Proxy(&http.Request{Method: http.MethodPost, URL: r.endpoint, Header: http.Header{}})
	}
	if err != nil {
		f.fail("The value must have the form http://host:port, or http://user:password@host:port.", "%s: %v", from.name, err)
		return
	}
	r.secrets.keepUser(r.proxy)
	switch {
	case r.proxy != nil && from.name == "":
		f.ok("requests go through %s, from an option of the program", hostPort(r.proxy))
	case r.proxy != nil:
		f.ok("requests go through %s, from %s", hostPort(r.proxy), from.name)
	case from.name != "":
		f.ok("none: %s does not apply to %s, because of NO_PROXY or because it is this host", from.name, r.endpoint.Hostname())
	default:
		f.ok("none")
	}
}

// proxyAdvice adds to advice that the proxy, and not the server, cannot be reached.
func (r *run) proxyAdvice(advice string) string {
	_, from := r.inEffect("proxy_url", r.endpoint.Scheme+" proxy")
	if from.name == "" {
		return "The proxy cannot be reached, not the server. " + advice
	}
	return fmt.Sprintf("The proxy of %s cannot be reached, not the server. %s", from.name, advice)
}

// throughOpaque reports whether the program uses its own transport, so that the path to the server is
// not known. It adds a finding if this is so.
func (r *run) throughOpaque(f *findings) bool {
	if r.opaque {
		f.ok("not checked: the program uses its own transport")
	}
	return r.opaque
}

// unreachable adds a failure: the next host, which is the proxy or the server, cannot be reached.
func (r *run) unreachable(f *findings, advice, format string, args ...any) {
	if r.proxy == nil {
		f.fail(advice, format, args...)
		return
	}
	f.about("proxy").fail(r.proxyAdvice(advice), "the proxy %s cannot be reached: "+format, append([]any{hostPort(r.proxy)}, args...)...)
	f.skip("the proxy cannot be reached")
}

// next returns the URL of the next host: the proxy or the server.
func (r *run) next() *url.URL {
	if r.proxy != nil {
		return r.proxy
	}
	return r.endpoint
}

// hostPort returns host and port of a URL, with the default port of its scheme.
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
