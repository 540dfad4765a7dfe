// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// newOldServer starts a server that supports TLS 1.0 and 1.1 only, and counts the requests.
func newOldServer(t *testing.T) (s *httptest.Server, roots *x509.CertPool, got *atomic.Int32) {
	t.Helper()
	got = new(atomic.Int32)
	s = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		got.Add(1)
		w.WriteHeader(http.StatusNoContent)
	}))
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	roots = x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return s, roots, got
}

func TestTLS_RefusesOldVersions(t *testing.T) {
	s, roots, got := newOldServer(t)
	// a client that allows TLS 1.1 can connect to the server
	old := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS10}}}
	defer old.CloseIdleConnections()
	if response, err := old.Get(s.URL); err != nil || response.TLS.Version != tls.VersionTLS11 {
		t.Fatalf("a client that speaks TLS 1.1: %v", err)
	} else {
		response.Body.Close()
	}
	got.Store(0)
	for name, opts := range map[string][]apptuitclient.Option{
		"by default": {apptuitclient.WithTLSClientConfig(&tls.Config{RootCAs: roots})},
		"with a lower minimum version": {
			apptuitclient.WithTLSClientConfig(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS10}),
		},
		"with old versions only": {
			apptuitclient.WithTLSClientConfig(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}),
		},
		"with the transport of the given client": {
			apptuitclient.WithHTTPClient(&http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}),
		},
		"with a copy of that transport": {
			apptuitclient.WithHTTPClient(&http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS10}}}),
			apptuitclient.WithTLSClientConfig(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS11}),
		},
	} {
		c := newClient(t, append(opts, apptuitclient.WithEndpoint(s.URL), apptuitclient.WithToken(theToken), withoutRetry())...)
		err := c.Send(t.Context(), numberedPoints(2))
		counted(t, err, 0, 2)
		contains(t, err, "version")
		silent(t, name, printable(err)...)
		if n := got.Load(); n != 0 {
			t.Errorf("%s: %d requests got through", name, n)
		}
	}
}

// The program's transport is not modified, so one that allows older versions is an error.
func TestWithHTTPClient_RefusesOldTLSVersions(t *testing.T) {
	old := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS11}}
	_, err := apptuitclient.New(apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithHTTPClient(&http.Client{Transport: old}))
	contains(t, err, "WithHTTPClient: the transport allows TLS 1.1, but the minimum is TLS 1.2")
	if old.TLSClientConfig.MinVersion != tls.VersionTLS11 {
		t.Error("the transport was changed")
	}
}
