// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// ParseProxy parses the URL of a proxy, such as http://user:password@host:port. The scheme
// must be http, https, socks5 or socks5h. Errors quote nothing of the URL.
func ParseProxy(text string) (*url.URL, error) {
	u, err := url.Parse(text) // the error quotes the password
	switch {
	case err != nil || u.Hostname() == "":
		return nil, errors.New("must look like http://host:port")
	case u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5" && u.Scheme != "socks5h":
		return nil, errors.New("the scheme must be http, https, socks5 or socks5h")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		// A password with an unencoded slash becomes a path, and a part of it the port.
		return nil, errors.New("must look like http://host:port, without a path; special characters of a password must be percent-encoded")
	}
	return u, nil
}

// AddProxy sets the proxy of a variable for all requests, unless WithProxy or WithHTTPClient
// is given.
func (s *Settings) AddProxy(variable, text string) {
	if s.Connection.Proxy != nil || s.Connection.HTTPClient != nil {
		return
	}
	u, err := ParseProxy(text)
	if err != nil {
		s.Fault("%s: %w", variable, err)
		return
	}
	s.Connection.Proxy = http.ProxyURL(u)
}

// checkProxyAnswer returns an error with the status of a proxy that refuses a tunnel.
// Without it, net/http would return an error without a status.
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

// unreachableProxyError is the error of a request that got no connection because of its proxy.
type unreachableProxyError struct {
	address string // host:port
	err     error
}

func (e *unreachableProxyError) Error() string { return "proxy " + e.address + ": " + e.err.Error() }

func (e *unreachableProxyError) Unwrap() error { return e.err }

// nameProxy adds the address of the proxy to the error of a request without a connection, if
// the proxy cannot be reached or the time is over. The error of net/http contains at most the
// IP address of the proxy.
func (c *Client) nameProxy(r *http.Request, err error) error {
	proxy := c.settings.Connection.proxy
	var op *net.OpError
	refused := errors.As(err, &op) && op.Op == "proxyconnect"
	late := errors.Is(r.Context().Err(), context.DeadlineExceeded)
	if proxy == nil || !refused && !late {
		return err
	}
	u, proxyErr := proxy(r)
	if u == nil || proxyErr != nil {
		return err
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
	}
	return &unreachableProxyError{address: net.JoinHostPort(u.Hostname(), port), err: withoutURL(err)}
}

// noteConnectHeader adds the headers for a proxy to the secrets.
func (s *Settings) noteConnectHeader(transport *http.Transport) {
	for _, values := range transport.ProxyConnectHeader {
		for _, v := range values {
			s.creds.redact.addHeader(v)
		}
	}
}

// addProxy adds the credentials of a proxy, in the forms in which requests contain them.
func (r *redactor) addProxy(u *url.URL) {
	if u == nil || u.User == nil {
		return
	}
	password, _ := u.User.Password()
	r.addRecent(password)
	r.addRecent(u.User.String())
	r.addRecent(base64.StdEncoding.EncodeToString([]byte(u.User.Username() + ":" + password)))
}
