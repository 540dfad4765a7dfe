// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// authority is a certificate authority for tests.
type authority struct {
	t           *testing.T
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
	pem         []byte
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{t, key, certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})}
}

// issue returns a certificate for 127.0.0.1, and its key.
func (a *authority) issue(name string) (certificate, key []byte) {
	a.t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, a.certificate, private.Public(), a.key)
	encoded, err2 := x509.MarshalPKCS8PrivateKey(private)
	if err := errors.Join(err, err2); err != nil {
		a.t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})
}

// secureServer is a server that requires a client certificate of the authority.
type secureServer struct {
	*httptest.Server
	t         *testing.T
	protocols []string

	config  atomic.Pointer[tls.Config] // of new connections
	opened  atomic.Int32
	closed  atomic.Int32
	handler atomic.Pointer[http.HandlerFunc] // called with each request, if there is one

	mu      sync.Mutex
	clients []string // names of the certificates with which requests came
}

func newSecureServer(t *testing.T, http2 bool, a *authority) *secureServer {
	t.Helper()
	s := &secureServer{t: t, protocols: []string{"http/1.1"}}
	if http2 {
		s.protocols = []string{"h2"}
	}
	s.trust(a, a)
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if (r.ProtoMajor == 2) != http2 {
			t.Errorf("the request came by %s", r.Proto)
		}
		s.mu.Lock()
		s.clients = append(s.clients, r.TLS.PeerCertificates[0].Subject.CommonName)
		s.mu.Unlock()
		_, _ = io.Copy(io.Discard, r.Body)
		if handler := s.handler.Load(); handler != nil {
			(*handler)(w, r)
		}
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	s.EnableHTTP2 = http2
	s.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return s.config.Load(), nil }}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			s.opened.Add(1)
		case http.StateClosed:
			s.closed.Add(1)
		}
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// trust makes the server present a certificate of one authority, and accept client
// certificates of another, on new connections.
func (s *secureServer) trust(own, clients *authority) {
	s.t.Helper()
	certificate, err := tls.X509KeyPair(own.issue("server"))
	if err != nil {
		s.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(clients.certificate)
	s.config.Store(&tls.Config{
		Certificates: []tls.Certificate{certificate}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert, NextProtos: s.protocols,
	})
}

// seen returns the names of the client certificates of all requests since the last call.
func (s *secureServer) seen() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	clients := s.clients
	s.clients = nil
	return clients
}

// open waits until n connections are open.
func (s *secureServer) open(n int32) {
	s.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); s.opened.Load()-s.closed.Load() != n; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("%d connections were opened and %d closed, want %d open", s.opened.Load(), s.closed.Load(), n)
		}
	}
}

// secret is a folder with the files of a client.
type secret struct {
	t   *testing.T
	dir string
}

func newSecret(t *testing.T, a *authority, name string) secret {
	t.Helper()
	s := secret{t, t.TempDir()}
	s.write(s.dir, a, name)
	return s
}

func (s secret) files() apptuitclient.TLSFiles {
	return apptuitclient.TLSFiles{CA: filepath.Join(s.dir, "ca.crt"), Certificate: filepath.Join(s.dir, "tls.crt"), Key: filepath.Join(s.dir, "tls.key")}
}

// write overwrites the files in a folder.
func (s secret) write(dir string, a *authority, name string) {
	s.t.Helper()
	certificate, key := a.issue(name)
	s.put(filepath.Join(dir, "ca.crt"), a.pem)
	s.put(filepath.Join(dir, "tls.crt"), certificate)
	s.put(filepath.Join(dir, "tls.key"), key)
}

func (s secret) put(name string, text []byte) {
	s.t.Helper()
	if err := os.WriteFile(name, text, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// rotations are ways to replace the files.
func rotations() map[string]func(s secret, a *authority, name string) {
	return map[string]func(secret, *authority, string){
		"overwritten": func(s secret, a *authority, name string) { s.write(s.dir, a, name) },
		"renamed": func(s secret, a *authority, name string) {
			s.t.Helper()
			dir := s.t.TempDir()
			s.write(dir, a, name)
			for _, file := range []string{"ca.crt", "tls.crt", "tls.key"} {
				if err := os.Rename(filepath.Join(dir, file), filepath.Join(s.dir, file)); err != nil {
					s.t.Fatal(err)
				}
			}
		},
		// A volume of Kubernetes: the files are links to ..data/NAME, and ..data is a link to a
		// folder, which is replaced. All files have equal times here, as files of an image may have.
		"a replaced link": func(s secret, a *authority, name string) {
			s.t.Helper()
			dir := s.t.TempDir()
			s.write(dir, a, name)
			data := filepath.Join(s.dir, "..data")
			link := func(to, name string) {
				s.t.Helper()
				if err := errors.Join(os.Symlink(to, name+".new"), os.Rename(name+".new", name)); err != nil {
					s.t.Fatal(err)
				}
			}
			link(dir, data)
			for _, file := range []string{"ca.crt", "tls.crt", "tls.key"} {
				if err := os.Chtimes(filepath.Join(dir, file), time.Time{}, time.Unix(1, 0)); err != nil {
					s.t.Fatal(err)
				}
				link(filepath.Join("..data", file), filepath.Join(s.dir, file))
			}
		},
	}
}
