// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxRedirects bounds how often one request is sent on.
const maxRedirects = 3

// setClient makes the client that requests are made with.
func (s *Settings) setClient() {
	client := new(http.Client)
	if s.Connection.HTTPClient != nil {
		*client = *s.Connection.HTTPClient
	}
	client.CheckRedirect = checkRedirect
	s.Connection.http = client
	transport, ok := client.Transport.(*http.Transport)
	switch {
	case client.Transport != nil && s.Connection.TLS == nil && s.Connection.Proxy == nil:
		if ok {
			s.checkTransport(transport)
		}
		return
	case ok:
		transport = transport.Clone()
	case client.Transport != nil:
		s.Fault("WithTLSClientConfig and WithProxy need a *http.Transport, which the one of WithHTTPClient is not")
		return
	default:
		if transport, ok = http.DefaultTransport.(*http.Transport); ok {
			transport = transport.Clone()
		} else { // somebody has replaced it, as instrumentation does
			transport = &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
		}
	}
	if transport.WriteBufferSize == 0 {
		transport.WriteBufferSize = 64 << 10 // a batch in fewer calls of the system
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
			s.creds.redact.proxy(u)
			return u, err
		}
	}
	client.Transport = transport
	s.Connection.ownHTTP = true
}

const (
	// pingAfter is how long an HTTP/2 connection may be silent before the transport asks
	// whether its peer is still there.
	pingAfter = 10 * time.Second
	// pingTimeout is how long the transport waits for the answer before it closes the
	// connection. Requests on it are made again on a new one.
	pingTimeout = 5 * time.Second
	// maxHeaders bounds the headers of an answer, in bytes.
	maxHeaders = 64 << 10
)

// checkConnections has the transport notice an HTTP/2 peer that has gone without a word,
// as behind a firewall that forgets a connection. HTTP/1 needs no such check: a request
// that is not answered in time takes its connection with it.
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

// checkProxyAnswer gives the refusal of a tunnel a status, as the answer of a server has
// one. Without it, the refusal would be a broken connection.
func (s *Settings) checkProxyAnswer(_ context.Context, proxy *url.URL, _ *http.Request, r *http.Response) error {
	if r.StatusCode == http.StatusOK {
		return nil
	}
	err := &proxyError{status: r.StatusCode, host: proxy.Host}
	if _, text, _ := strings.Cut(r.Status, " "); text != http.StatusText(r.StatusCode) {
		err.message = s.creds.redact.line(text)
	}
	return err
}

// proxyError is the answer of a proxy that refuses a tunnel.
type proxyError struct {
	status        int
	host, message string
}

func (e *proxyError) Error() string { return "proxy " + e.host + ": " + e.message }

// checkTransport judges the user's transport, which is not changed, and makes
// its proxy's credentials known as secrets, as far as they are fixed.
func (s *Settings) checkTransport(transport *http.Transport) {
	if t := transport.TLSClientConfig; t != nil && t.MinVersion != 0 && t.MinVersion < tls.VersionTLS12 {
		s.Fault("WithHTTPClient: its transport would speak %s, and TLS below 1.2 is refused", tls.VersionName(t.MinVersion))
	}
	s.noteConnectHeader(transport)
	if transport.Proxy == nil || s.Connection.endpoint.Host == "" {
		return
	}
	if u, err := transport.Proxy(&http.Request{Method: http.MethodPost, URL: s.Connection.endpoint, Header: http.Header{}}); err == nil {
		s.creds.redact.proxy(u)
	}
}

func (s *Settings) noteConnectHeader(transport *http.Transport) {
	for _, values := range transport.ProxyConnectHeader {
		for _, v := range values {
			s.creds.redact.keepHeader(v)
		}
	}
}

// proxy adds the credentials of a proxy, in the forms in which it gets them.
func (r *redactor) proxy(u *url.URL) {
	if u == nil || u.User == nil {
		return
	}
	password, _ := u.User.Password()
	r.add(password)
	r.add(u.User.String())
	r.add(base64.StdEncoding.EncodeToString([]byte(u.User.Username() + ":" + password)))
}

// checkRedirect follows what keeps the method, the body and the server: 307 and
// 308 to the same scheme, host and port. Any other redirect is the answer.
func checkRedirect(r *http.Request, via []*http.Request) error {
	from := via[len(via)-1]
	same := origin(r.URL) == origin(from.URL)
	switch r.Response.StatusCode {
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		if same && len(via) <= maxRedirects {
			r.Header.Del("Referer") // by net/http: it need not go into the server's log
			return nil
		}
	}
	return http.ErrUseLastResponse
}

// origin is scheme, host and port in the form that can be compared.
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}
