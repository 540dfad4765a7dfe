// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// expiresSoon is when a certificate has to be thought of.
const expiresSoon = 14 * 24 * time.Hour

// checkTLS speaks TLS with the server, through the proxy if there is one.
func checkTLS(ctx context.Context, p *patient, n *notes) {
	switch {
	case p.endpoint.Scheme != "https":
		n.ok("not used: the endpoint is %s", p.endpoint.Scheme)
		return
	case p.proxy != nil && p.proxy.Scheme != "http":
		n.ok("seen with the first request: the proxy is %s", p.proxy.Scheme)
		return
	}
	conn, err := p.dial(ctx)
	if err != nil {
		n.fail(networkAdvice(err), "%v", err)
		return
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })
	defer stop()
	if p.proxy != nil {
		if status, err := p.connect(conn); err != nil {
			n.about("proxy").fail(networkAdvice(err), "%s: %v", hostPort(p.proxy), err)
			n.skip("the proxy has no answer")
			return
		} else if status != http.StatusOK {
			n.about("proxy").fail(proxyAdvice(status), "%s answered %d %s to CONNECT %s",
				hostPort(p.proxy), status, http.StatusText(status), hostPort(p.endpoint))
			n.skip("the proxy refuses")
			return
		}
	}
	cfg := p.tlsConfig()
	cfg.ServerName = p.endpoint.Hostname()
	secure := tls.Client(conn, cfg)
	if err := secure.HandshakeContext(ctx); err != nil {
		n.fail(networkAdvice(err), "%v", err)
		return
	}
	tellChain(n, secure.ConnectionState())
}

func tellChain(n *notes, state tls.ConnectionState) {
	chain := state.VerifiedChains[0]
	first := chain[0] // the one that expires first
	for _, c := range chain {
		if c.NotAfter.Before(first.NotAfter) {
			first = c
		}
	}
	text := fmt.Sprintf("%s; %s, valid until %s", tls.VersionName(state.Version), issued(chain), first.NotAfter.UTC().Format(time.DateOnly))
	if time.Until(first.NotAfter) < expiresSoon {
		n.warn("Renew it: after that nothing arrives.", "%s", text)
		return
	}
	n.ok("%s", text)
}

// issued names a certificate, and who vouches for it.
func issued(chain []*x509.Certificate) string {
	return fmt.Sprintf("certificate of %q by %q", chain[0].Subject, chain[len(chain)-1].Subject)
}

// connect asks the proxy for a connection to the server.
func (p *patient) connect(conn net.Conn) (status int, err error) {
	to := hostPort(p.endpoint)
	request := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: to}, Host: to, Header: http.Header{}}
	if u := p.proxy.User; u != nil {
		password, _ := u.Password()
		request.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(u.Username()+":"+password)))
	}
	if err := request.Write(conn); err != nil {
		return 0, err
	}
	// The server does not speak before it is spoken to: nothing of it is lost in the
	// buffer.
	response, err := http.ReadResponse(bufio.NewReader(conn), request)
	if err != nil {
		return 0, err
	}
	if response.StatusCode == http.StatusOK {
		return http.StatusOK, nil // what follows is the server's, and no body
	}
	return response.StatusCode, response.Body.Close()
}

func proxyAdvice(status int) string {
	if status == http.StatusProxyAuthRequired {
		return "The proxy wants credentials: http://user:password@host:port in HTTPS_PROXY or HTTP_PROXY. Are they right?"
	}
	return "The proxy does not let this server be reached. Does NO_PROXY have to name it?"
}
