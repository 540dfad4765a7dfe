// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

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

	"github.com/apptuitai/apptuit-go/internal/client"
)

// expiresSoon is the time before the expiry of a certificate from which on there is a warning.
const expiresSoon = 14 * 24 * time.Hour

// checkTLS makes a TLS handshake with the server, through the proxy if there is one.
func checkTLS(ctx context.Context, r *run, f *findings) {
	if r.throughOpaque(f) {
		return
	}
	switch {
	case r.endpoint.Scheme != "https":
		f.ok("not used: the endpoint is %s", r.endpoint.Scheme)
		return
	case r.proxy != nil && r.proxy.Scheme != "http":
		f.ok("not checked: the scheme of the proxy is %s; the check put shows errors of TLS", r.proxy.Scheme)
		return
	}
	conn, err := r.dial(ctx)
	if err != nil {
		r.unreachable(f, networkAdvice(err), "%v", err)
		return
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })
	defer stop()
	if r.proxy != nil {
		if status, err := r.connect(conn); err != nil {
			f.about("proxy").fail(networkAdvice(err), "%s: %v", hostPort(r.proxy), err)
			f.skip("the proxy did not answer")
			return
		} else if status != http.StatusOK {
			f.about("proxy").fail(refusedByProxyAdvice(status), "%s answered %d %s to CONNECT %s",
				hostPort(r.proxy), status, http.StatusText(status), hostPort(r.endpoint))
			f.skip("the proxy refused the connection")
			return
		}
	}
	cfg := client.Of(r.client).Transport().TLSClientConfig.Clone()
	if cfg == nil {
		cfg = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	cfg.NextProtos = nil // no request follows the handshake
	if cfg.ServerName == "" {
		cfg.ServerName = r.endpoint.Hostname()
	}
	secure := tls.Client(conn, cfg)
	if err := secure.HandshakeContext(ctx); err != nil {
		f.fail(networkAdvice(err), "%v", err)
		return
	}
	reportChain(f, secure.ConnectionState())
}

// reportChain reports the certificate that expires first, and whether the chain is verified.
func reportChain(f *findings, state tls.ConnectionState) {
	if len(state.VerifiedChains) == 0 {
		f.warn("Anybody on the network path can read the token. Remove InsecureSkipVerify, so that the program verifies the certificate.",
			"%s; the certificate of %q is not verified", tls.VersionName(state.Version), state.PeerCertificates[0].Subject)
		return
	}
	chain := state.VerifiedChains[0]
	first := chain[0] // the certificate that expires first
	for _, c := range chain {
		if c.NotAfter.Before(first.NotAfter) {
			first = c
		}
	}
	text := fmt.Sprintf("%s; %s, valid until %s", tls.VersionName(state.Version), issued(chain), first.NotAfter.UTC().Format(time.DateOnly))
	if time.Until(first.NotAfter) < expiresSoon {
		f.warn("Renew the certificate. After this date no points arrive.", "%s", text)
		return
	}
	f.ok("%s", text)
}

// issued names the server's certificate and the authority at the end of its chain.
func issued(chain []*x509.Certificate) string {
	return fmt.Sprintf("certificate of %q by %q", chain[0].Subject, chain[len(chain)-1].Subject)
}

// connect asks the proxy for a connection to the server.
func (r *run) connect(conn net.Conn) (status int, err error) {
	to := hostPort(r.endpoint)
	request := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: to}, Host: to, Header: http.Header{}}
	if u := r.proxy.User; u != nil {
		password, _ := u.Password()
		request.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(u.Username()+":"+password)))
	}
	if err := request.Write(conn); err != nil {
		return 0, err
	}
	// A TLS server sends nothing before the client does, so the buffer of the reader contains no bytes
	// of the server when it is discarded.
	response, err := http.ReadResponse(bufio.NewReader(conn), request)
	if err != nil {
		return 0, err
	}
	if response.StatusCode == http.StatusOK {
		return http.StatusOK, nil // there is no body: the following bytes come from the server
	}
	return response.StatusCode, response.Body.Close()
}

func refusedByProxyAdvice(status int) string {
	if status == http.StatusProxyAuthRequired {
		return "The proxy requires other credentials. Set them in HTTPS_PROXY or HTTP_PROXY: http://user:password@host:port."
	}
	return "The proxy refuses connections to this server. Allow the server there, or add it to NO_PROXY."
}
