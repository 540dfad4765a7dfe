// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxRedirects bounds how many redirects one request follows.
const maxRedirects = 3

// setClient creates the HTTP client for requests, as a copy of the program's client if there is
// one. The program's client and transport are not modified.
func (s *Settings) setClient() {
	client := new(http.Client)
	if s.Connection.HTTPClient != nil {
		*client = *s.Connection.HTTPClient
	}
	client.CheckRedirect = checkRedirect
	s.Connection.http = client
	transport, ok := client.Transport.(*http.Transport)
	switch {
	case client.Transport != nil && s.Connection.TLS == nil && s.Connection.Proxy == nil && !s.Connection.files.given():
		if ok {
			s.checkTransport(transport)
			s.Connection.proxy = transport.Proxy
		}
		return
	case ok:
		original := transport
		transport = original.Clone()
		// By itself, net/http uses HTTP/2 only without a TLS configuration. The clone has one, which
		// offers HTTP/2 to servers.
		transport.ForceAttemptHTTP2 = original.ForceAttemptHTTP2 || original.TLSNextProto["h2"] != nil
	case client.Transport != nil:
		s.Fault("WithTLSClientConfig, WithTLSFiles and WithProxy require that the client of WithHTTPClient has a *http.Transport")
		return
	default:
		if transport, ok = http.DefaultTransport.(*http.Transport); ok {
			transport = transport.Clone()
		} else { // it was replaced, for example by instrumentation
			transport = &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
		}
	}
	if transport.WriteBufferSize == 0 {
		transport.WriteBufferSize = 64 << 10 // fewer system calls per batch
	}
	if s.Connection.TLS != nil {
		transport.TLSClientConfig = s.Connection.TLS
	}
	if transport.TLSClientConfig == nil {
		transport.TLSClientConfig = &tls.Config{}
	}
	transport.TLSClientConfig.MinVersion = max(transport.TLSClientConfig.MinVersion, tls.VersionTLS12)
	if s.Connection.Proxy != nil {
		transport.Proxy = s.Connection.Proxy
	}
	s.checkConnections(transport)
	s.noteConnectHeader(transport)
	if proxy := transport.Proxy; proxy != nil {
		transport.Proxy = func(r *http.Request) (*url.URL, error) {
			u, err := proxy(r)
			s.creds.redact.addProxy(u)
			return u, err
		}
	}
	client.Transport = transport
	s.Connection.proxy = transport.Proxy
	s.Connection.ownHTTP = true
	if s.Connection.files.given() {
		s.setTLSFiles(transport)
	}
}

const (
	// pingAfter is how long an HTTP/2 connection may be silent before the transport sends a
	// ping.
	pingAfter = 10 * time.Second
	// pingTimeout is how long the transport waits for the answer to a ping before it closes
	// the connection. The requests on it are repeated on a new connection.
	pingTimeout = 5 * time.Second
	// maxHeaders bounds the headers of an answer, in bytes.
	maxHeaders = 64 << 10
)

// checkConnections makes the transport detect HTTP/2 connections that a firewall or a
// crashed peer has dropped silently. HTTP/1 does not need this: a request that is not
// answered in time closes its connection.
func (s *Settings) checkConnections(transport *http.Transport) {
	settings := http.HTTP2Config{}
	if transport.HTTP2 != nil {
		settings = *transport.HTTP2
	}
	if settings.SendPingTimeout == 0 {
		settings.SendPingTimeout, settings.PingTimeout = pingAfter, pingTimeout
	}
	transport.HTTP2 = &settings
	if transport.MaxResponseHeaderBytes == 0 {
		transport.MaxResponseHeaderBytes = maxHeaders
	}
	if transport.OnProxyConnectResponse == nil {
		transport.OnProxyConnectResponse = s.checkProxyAnswer
	}
}

// checkTransport checks the transport of the program, which is used as it is. It adds the
// credentials of its proxy to the secrets, if the proxy does not depend on the request.
func (s *Settings) checkTransport(transport *http.Transport) {
	if t := transport.TLSClientConfig; t != nil && t.MinVersion != 0 && t.MinVersion < tls.VersionTLS12 {
		s.Fault("WithHTTPClient: the transport allows %s, but the minimum is TLS 1.2", tls.VersionName(t.MinVersion))
	}
	s.noteConnectHeader(transport)
	if transport.Proxy == nil || s.Connection.endpoint.Host == "" {
		return
	}
	if u, err := transport.Proxy(&http.Request{Method: http.MethodPost, URL: s.Connection.endpoint, Header: http.Header{}}); err == nil {
		s.creds.redact.addProxy(u)
	}
}

// closeAgain is the time after which closeIdle closes idle connections once more.
const closeAgain = time.Second

// closeIdle closes the idle connections of a client or transport, at once and again after
// closeAgain: an HTTP/2 connection becomes idle a moment after its last request has ended.
func closeIdle(of interface{ CloseIdleConnections() }) {
	of.CloseIdleConnections()
	time.AfterFunc(closeAgain, of.CloseIdleConnections)
}

// checkRedirect follows redirects that keep the method, the body and the server: 307 and
// 308 to the same scheme, host and port. Any other redirect is treated as the answer.
func checkRedirect(r *http.Request, via []*http.Request) error {
	from := via[len(via)-1]
	same := origin(r.URL) == origin(from.URL)
	switch r.Response.StatusCode {
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		if same && len(via) <= maxRedirects {
			r.Header.Del("Referer") // added by net/http; the server's log does not need it
			return nil
		}
	}
	return http.ErrUseLastResponse
}

// origin returns the scheme, host and port of a URL, normalized for comparison.
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}

// Observe replaces the transport of the client's requests by wrap(transport). It must be called
// before the first request, and at most once.
func (c *Client) Observe(wrap func(http.RoundTripper) http.RoundTripper) {
	connection := &c.settings.Connection
	connection.observed = connection.http.Transport
	if connection.observed == nil {
		connection.observed = http.DefaultTransport
	}
	requests := *connection.http
	requests.Transport = wrap(connection.observed)
	connection.http = &requests
}

// Transport returns the transport of net/http that makes the requests, and nil if the program has
// given a transport of another type. The caller must neither modify it nor make requests by it.
func (c *Client) Transport() *http.Transport {
	base := c.settings.Connection.observed
	if base == nil {
		base = c.settings.Connection.http.Transport
	}
	switch t := base.(type) {
	case *http.Transport:
		return t
	case *reloadingTransport:
		t.mu.Lock()
		defer t.mu.Unlock()
		return t.current.Transport
	}
	return nil
}
