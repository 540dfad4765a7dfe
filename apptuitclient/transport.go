// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"
)

// maxRedirects bounds how often one request is sent on.
const maxRedirects = 3

// newHTTPClient returns the client that requests are made with, and whether
// its connections are ours to close.
func newHTTPClient(c *config) (client *http.Client, own bool, err error) {
	client = new(http.Client)
	if c.httpClient != nil {
		*client = *c.httpClient
	}
	client.CheckRedirect = checkRedirect
	if client.Transport != nil && c.tls == nil && c.proxy == nil {
		return client, false, nil
	}
	transport, ok := client.Transport.(*http.Transport)
	switch {
	case ok:
		transport = transport.Clone()
	case client.Transport != nil:
		return nil, false, errors.New("WithTLSClientConfig and WithProxy need a *http.Transport, which the one of WithHTTPClient is not")
	default:
		if transport, ok = http.DefaultTransport.(*http.Transport); ok {
			transport = transport.Clone()
		} else { // somebody has replaced it, as instrumentation does
			transport = &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true}
		}
	}
	if c.tls != nil {
		transport.TLSClientConfig = c.tls
	}
	if transport.TLSClientConfig == nil {
		transport.TLSClientConfig = &tls.Config{}
	}
	transport.TLSClientConfig.MinVersion = max(transport.TLSClientConfig.MinVersion, tls.VersionTLS12)
	if c.proxy != nil {
		transport.Proxy = c.proxy
	}
	if proxy := transport.Proxy; proxy != nil {
		transport.Proxy = func(r *http.Request) (*url.URL, error) {
			u, err := proxy(r)
			if u != nil && u.User != nil {
				password, _ := u.User.Password()
				c.creds.redact.add(password)
				c.creds.redact.add(u.User.String())
			}
			return u, err
		}
	}
	client.Transport = transport
	return client, true, nil
}

// checkRedirect follows what keeps the method, the body and the server: 307 and
// 308 to the same scheme, host and port. Any other redirect is the answer.
func checkRedirect(r *http.Request, via []*http.Request) error {
	from := via[len(via)-1]
	same := r.URL.Scheme == from.URL.Scheme && r.URL.Host == from.URL.Host
	switch r.Response.StatusCode {
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		if same && len(via) <= maxRedirects {
			return nil
		}
	}
	return http.ErrUseLastResponse
}
