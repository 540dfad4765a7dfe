// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/settings"
)

// The client reads the variables of the settings that it has an option for.
func TestEnvironment_ReadsTheTable(t *testing.T) {
	var want []string
	for _, s := range settings.WithVariables() {
		if slices.ContainsFunc(s.Options, func(o string) bool { return strings.HasPrefix(o, "apptuitclient.") }) {
			want = append(want, s.Name)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(client.Variables()))); diff != "" {
		t.Errorf("internal/settings -, client +:\n%s", diff)
	}
}

func TestEnvironment_RetryMaxElapsedTime(t *testing.T) {
	const variable = "APPTUIT_RETRY_MAX_ELAPSED_TIME"
	complete := func(s *client.Settings) (time.Duration, error) {
		s.SetEndpoint("the test", "http://localhost")
		err := client.Complete(s)
		return s.Retry.MaxElapsedTime, err
	}
	for text, want := range map[string]time.Duration{"": time.Minute, "5s": 5 * time.Second, "0": 0, "2m": 2 * time.Minute} {
		t.Setenv(variable, text)
		if got, err := complete(client.NewSettings()); got != want || err != nil {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"10s", "10"} {
		t.Setenv(variable, text)
		s := client.NewSettings()
		s.SetRetry(client.RetryPolicy{Enabled: true, MaxElapsedTime: time.Hour})
		if got, err := complete(s); got != time.Hour || err != nil {
			t.Errorf("%q: the option does not override the variable: %v, %v", text, got, err)
		}
	}
	for text, fault := range map[string]string{
		"10": "write 10s for seconds, or 10ms for milliseconds", "-1s": "must be a positive duration", "long": "must be a positive duration with a unit, such as 30s",
	} {
		t.Setenv(variable, text)
		if _, err := complete(client.NewSettings()); err == nil || !strings.Contains(err.Error(), variable+": ") || !strings.Contains(err.Error(), fault) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Retries end when the time of the variable is over.
func TestEnvironment_RetryMaxElapsedTimeEndsRetries(t *testing.T) {
	attempts := 0
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		attempts++
		return nil, http.ErrHandlerTimeout
	})
	t.Setenv("APPTUIT_RETRY_MAX_ELAPSED_TIME", "1ns")
	c := newClient(t, apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithHTTPClient(&http.Client{Transport: transport}))
	err := c.Send(t.Context(), []apptuitclient.DataPoint{{Metric: "m", Tags: map[string]string{"a": "b"}, Timestamp: time.Now(), Value: 1}})
	if err == nil || attempts != 1 {
		t.Errorf("%d attempts, %v", attempts, err)
	}
}

func TestEnvironment_WarnsAboutUnknownVariables(t *testing.T) {
	t.Setenv("APPTUIT_TOKEN", "a-secret")
	t.Setenv("APPTUIT_SOMETHING_ELSE", "x")
	var w warnings
	newClient(t, apptuitclient.WithEndpoint("https://fake.test"), w.option())
	want := []string{
		"apptuit: the environment variable APPTUIT_SOMETHING_ELSE has no effect: docs/settings.md lists the variables",
		"apptuit: the environment variable APPTUIT_TOKEN has no effect: did you mean APPTUIT_API_TOKEN?",
	}
	if diff := cmp.Diff(want, w.take()); diff != "" {
		t.Error(diff)
	}
	newClient(t, apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithoutEnvironment(), w.option())
	if got := w.take(); len(got) > 0 {
		t.Errorf("with WithoutEnvironment: %q", got)
	}
	newClient(t, apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithKnownVariables("APPTUIT_SOMETHING_ELSE", "APPTUIT_TOKEN"), w.option())
	if got := w.take(); len(got) > 0 {
		t.Errorf("with WithKnownVariables: %q", got)
	}
}

// A client without options takes certificates, proxy and headers from the environment.
func TestEnvironment_SetsCertificatesProxyAndHeaders(t *testing.T) {
	var got http.Header
	handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header })
	srv := httptest.NewUnstartedServer(handler)
	srv.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	file := func(name, kind string, der []byte) string {
		name = filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	key, err := x509.MarshalPKCS8PrivateKey(srv.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("APPTUIT_ENDPOINT", srv.URL)
	t.Setenv("APPTUIT_CERTIFICATE", file("ca.pem", "CERTIFICATE", srv.Certificate().Raw))
	t.Setenv("APPTUIT_CLIENT_CERTIFICATE", file("cert.pem", "CERTIFICATE", srv.Certificate().Raw))
	t.Setenv("APPTUIT_CLIENT_KEY", file("key.pem", "PRIVATE KEY", key))
	t.Setenv("APPTUIT_HEADERS", "X-Tenant=shop%2042,Authorization=Bearer%20of-the-header")
	point := []apptuitclient.DataPoint{{Metric: "m", Tags: map[string]string{"a": "b"}, Timestamp: time.Now(), Value: 1}}
	if err := newClient(t).Send(t.Context(), point); err != nil || got.Get("X-Tenant") != "shop 42" || got.Get("Authorization") != "Bearer of-the-header" {
		t.Errorf("%v, headers %v", err, got)
	}
	if err := newClient(t, apptuitclient.WithToken("of-the-option")).Send(t.Context(), point); err != nil || got.Get("Authorization") != "Bearer of-the-option" {
		t.Errorf("%v, headers %v", err, got)
	}
	if err := newClient(t, apptuitclient.WithHeaders(map[string]string{"X-Other": "1"})).Send(t.Context(), point); err != nil || got.Get("X-Tenant") != "" {
		t.Errorf("%v, headers %v", err, got)
	}
	var asked string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Host
		w.WriteHeader(http.StatusBadGateway)
	}))
	t.Cleanup(proxy.Close)
	t.Setenv("APPTUIT_PROXY", proxy.URL)
	c := newClient(t, apptuitclient.WithRetry(apptuitclient.RetryConfig{}))
	if err := c.Send(t.Context(), point); err == nil || "https://"+asked != srv.URL {
		t.Errorf("%v, the proxy was asked for %q", err, asked)
	}
}
