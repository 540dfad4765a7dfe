// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chaos_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// tlsFaults returns the faults of certificates. A certificate that is not trusted is not a temporary fault:
// new points are dropped, and points in the spool stay.
func tlsFaults() []fault {
	return []fault{
		{name: "TLS: a private CA, nginx is killed and restarted", run: privateCA},
		{name: "TLS: a wrong certificate", run: wrongCertificate, drops: true},
	}
}

// host is the name of the server.
const host = "points.example"

// encrypted is nginx with TLS in front of VictoriaMetrics.
type encrypted struct {
	w     *scenario
	nginx *servers.Nginx
	v     *servers.VictoriaMetrics
	dir   string
	ca    *x509.Certificate
	key   *ecdsa.PrivateKey
}

func (w *scenario) encrypted() *encrypted {
	w.t.Helper()
	e := &encrypted{w: w, dir: w.t.TempDir()}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Private CA"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	var der []byte
	der, e.key = e.sign(template, template, nil)
	ca, err := x509.ParseCertificate(der)
	if err != nil {
		w.t.Fatal(err)
	}
	e.ca = ca
	e.issue(host)
	e.v = servers.StartVictoriaMetrics(w.t)
	e.nginx = servers.StartNginx(w.t, fmt.Sprintf(`
server {
	listen {{.Addr}} ssl;
	ssl_certificate %[1]s/server.pem;
	ssl_certificate_key %[1]s/server.key;
	location / {
		if (-f {{.Dir}}/503) { return 503; }
		proxy_pass %[2]s;
	}
}`, e.dir, e.v.Endpoint()))
	return e
}

// sign creates a key and its certificate. Without the key by, the certificate is self-signed.
func (e *encrypted) sign(template, parent *x509.Certificate, by *ecdsa.PrivateKey) ([]byte, *ecdsa.PrivateKey) {
	e.w.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		e.w.t.Fatal(err)
	}
	if by == nil {
		by = key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	if err != nil {
		e.w.t.Fatal(err)
	}
	return der, key
}

// issue writes a certificate of the server for a host name.
func (e *encrypted) issue(name string) {
	e.w.t.Helper()
	der, key := e.sign(&x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, e.ca, e.key)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		e.w.t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		"server.pem": {Type: "CERTIFICATE", Bytes: der}, "server.key": {Type: "PRIVATE KEY", Bytes: pkcs8},
	} {
		if err := os.WriteFile(filepath.Join(e.dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			e.w.t.Fatal(err)
		}
	}
}

func (e *encrypted) endpoint() string { return "https://" + e.nginx.Addr() }

// transport returns a transport that trusts the authority and expects the name of the server.
func (e *encrypted) transport() http.RoundTripper {
	roots := x509.NewCertPool()
	roots.AddCert(e.ca)
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: host, MinVersion: tls.VersionTLS12}}
}

func (e *encrypted) finish() {
	e.w.t.Helper()
	e.w.finish(e.endpoint(), e.v.Points, servers.VictoriaMetricsTolerance)
}

func privateCA(w *scenario) {
	e := w.encrypted()
	w.startOver(e.endpoint(), e.transport())
	w.calm(2)
	w.during(func() {
		for range w.n(2, 15) {
			w.pause(50*time.Millisecond, 200*time.Millisecond)
			e.nginx.Kill(w.t)
			w.times++
			w.pause(20*time.Millisecond, 200*time.Millisecond)
			e.nginx.Restart(w.t)
		}
	})
	e.finish()
}

// wrongCertificate gives the server the certificate of another host, also while the spool is emptied.
func wrongCertificate(w *scenario) {
	e := w.encrypted()
	w.startOver(e.endpoint(), e.transport())
	w.calm(1)
	for range w.n(2, 10) {
		w.whileFile(e.nginx, "503", func() {
			w.storm(2)
			e.issue("other.example")
			e.nginx.Restart(w.t)
			w.storm(1)
		})
		w.pause(50*time.Millisecond, 300*time.Millisecond)
		w.storm(2)
		e.issue(host)
		e.nginx.Restart(w.t)
		w.calm(1)
	}
	e.finish()
}
