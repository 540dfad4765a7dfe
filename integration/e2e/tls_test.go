// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// authority is a private certificate authority.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	dir  string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir()}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Private CA"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.key = key
	a.write("ca.pem", "CERTIFICATE", der)
	return a
}

// issue writes a certificate for a host name and its key, to name.pem and name.key.
func (a *authority) issue(name string) tls.Certificate {
	a.t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	a.write(name+".pem", "CERTIFICATE", der)
	a.write(name+".key", "PRIVATE KEY", pkcs8)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func (a *authority) write(name, kind string, der []byte) {
	a.t.Helper()
	if err := os.WriteFile(filepath.Join(a.dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

// trust returns a TLS configuration that trusts the authority and expects the server points.example.
func (a *authority) trust(certificates ...tls.Certificate) apptuitclient.Option {
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	return apptuitclient.WithTLSClientConfig(&tls.Config{
		RootCAs: roots, Certificates: certificates, ServerName: host, MinVersion: tls.VersionTLS12,
	})
}

// encrypted starts nginx with TLS in front of VictoriaMetrics.
func (a *authority) encrypted(name, listen, more string) (*servers.Nginx, *servers.VictoriaMetrics) {
	a.t.Helper()
	v := servers.StartVictoriaMetrics(a.t)
	return servers.StartNginx(a.t, fmt.Sprintf(`server {
	listen {{.Addr}} ssl %s;
	ssl_certificate %s.pem;
	ssl_certificate_key %[2]s.key;
	%s
	location / { proxy_pass %s; }
}`, listen, filepath.Join(a.dir, name), more, v.Endpoint())), v
}

// dials counts the connections of a client, which are its attempts if each connection fails.
func dials(n *atomic.Int32) apptuitclient.Option {
	return apptuitclient.WithHTTPClient(&http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			n.Add(1)
			return new(net.Dialer).DialContext(ctx, network, addr)
		},
	}})
}

// host is the name of the server.
const host = "points.example"

// The client sends over TLS, by HTTP/1.1 and HTTP/2, to a server with a certificate of a private
// authority.
func TestTLS_WithAPrivateAuthority(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	a.issue(host)
	for listen, protocol := range map[string]string{"": "HTTP/1.1", "http2": "HTTP/2.0"} {
		n, v := a.encrypted(host, listen, "")
		sent, stored := samplePoints(500)
		c := newClient(t, "https://"+n.Addr(), a.trust(), apptuitclient.WithMaxBatchPoints(200))
		if err := c.Send(within(t, 20*time.Second), sent); err != nil {
			t.Fatal(err)
		}
		delivered(t, v, stored)
		if got := n.Requests(t, 3); len(got) != 3 || got[0] != "204 POST "+protocol {
			t.Errorf("requests: %q, want 3 by %s", got, protocol)
		}
	}
}

// The client tries once for each certificate that it does not trust.
func TestTLS_RefusesUntrustedCertificates(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	a.issue(host)
	a.issue("other.example")
	f := func(name, text string, opts ...apptuitclient.Option) {
		t.Helper()
		n, v := a.encrypted(name, "", "")
		var connections atomic.Int32
		sent, _ := samplePoints(10)
		err := newClient(t, "https://"+n.Addr(), append(opts, dials(&connections))...).Send(within(t, 20*time.Second), sent)
		s := sendError(t, err)
		if s.StatusCode != 0 || s.Failed != 10 || apptuitclient.Retryable(err) || !strings.Contains(err.Error(), text) {
			t.Errorf("status %d, %d failed, want an error about %s: %v", s.StatusCode, s.Failed, text, err)
		}
		if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok {
			t.Errorf("no *tls.CertificateVerificationError: %v", err)
		}
		if n := connections.Load(); n != 1 {
			t.Errorf("%d connections, want 1", n)
		}
		delivered(t, v, nil)
	}
	f(host, "certificate signed by unknown authority", apptuitclient.WithTLSClientConfig(&tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}))
	f("other.example", "other.example, not points.example", a.trust())
}

// The endpoint has http for a server with https, and the reverse.
func TestTLS_ReportsTheWrongScheme(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	a.issue(host)
	n, v := a.encrypted(host, "", "")
	f := func(endpoint string, status int, text string) {
		t.Helper()
		var connections atomic.Int32
		sent, _ := samplePoints(10)
		err := newClient(t, endpoint, a.trust(), dials(&connections)).Send(within(t, 20*time.Second), sent)
		s := sendError(t, err)
		if s.StatusCode != status || s.Failed != 10 || apptuitclient.Retryable(err) || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: status %d, %d failed: %v", endpoint, s.StatusCode, s.Failed, err)
		}
		if n := connections.Load(); n != 1 {
			t.Errorf("%s: %d connections, want 1", endpoint, n)
		}
	}
	f(n.URL(), http.StatusBadRequest, "HTTP request was sent to HTTPS port")
	f("https"+strings.TrimPrefix(v.Endpoint(), "http"), 0, "server gave HTTP response to HTTPS client")
	delivered(t, v, nil)
}

// nginx requires a certificate of the client.
func TestTLS_WithClientCertificates(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	a.issue(host)
	own := a.issue("client.example")
	n, v := a.encrypted(host, "", fmt.Sprintf("ssl_verify_client on; ssl_client_certificate %s;", filepath.Join(a.dir, "ca.pem")))
	sent, stored := samplePoints(10)
	err := newClient(t, "https://"+n.Addr(), a.trust()).Send(within(t, 20*time.Second), sent)
	if s := sendError(t, err); s.StatusCode != http.StatusBadRequest || apptuitclient.Retryable(err) {
		t.Errorf("without a certificate: %v", err)
	}
	if err := newClient(t, "https://"+n.Addr(), a.trust(own)).Send(within(t, 20*time.Second), sent); err != nil {
		t.Fatal(err)
	}
	delivered(t, v, stored)
}
