// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/exporter"
)

// The doctor uses the HTTP client, the TLS configuration and the proxy of the program.
func TestWithExporterOptions_ConnectionsAreUsed(t *testing.T) {
	ca := newAuthority(t)
	s := httptest.NewUnstartedServer(apptuittest.NewHandler())
	s.TLS = &tls.Config{Certificates: []tls.Certificate{ca.issue(t, "127.0.0.1", time.Now().Add(90*24*time.Hour))}}
	s.Config.ErrorLog = discardLog()
	s.StartTLS()
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(ca.parsed(t))
	seen := 0
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	for name, option := range map[string]exporter.Option{
		"TLS configuration": exporter.WithTLSClientConfig(&tls.Config{RootCAs: roots}),
		"HTTP client":       exporter.WithHTTPClient(&http.Client{Transport: transport}),
	} {
		t.Run(name, func(t *testing.T) {
			o := doctor(t, WithExporterOptions(exporter.WithEndpoint(s.URL), option))
			o.healthy(t)
			o.has(t, "ok", "tls", "TLS 1.3")
			o.has(t, "ok", "put", "200")
		})
	}
	t.Run("unverified", func(t *testing.T) {
		o := doctor(t, WithExporterOptions(exporter.WithEndpoint(s.URL), exporter.WithTLSClientConfig(&tls.Config{InsecureSkipVerify: true})))
		o.has(t, "warning", "tls", `the certificate of "CN=test server" is not verified`, "InsecureSkipVerify")
	})
	t.Run("a transport of another type", func(t *testing.T) {
		counting := roundTripper(func(r *http.Request) (*http.Response, error) {
			seen++
			return transport.RoundTrip(r)
		})
		o := doctor(t, WithExporterOptions(exporter.WithEndpoint(s.URL), exporter.WithHTTPClient(&http.Client{Transport: counting})))
		o.has(t, "ok", "put", "200")
		for _, check := range []string{"dns", "tcp", "tls"} {
			o.has(t, "ok", check, "the program uses its own transport")
		}
		o.healthy(t)
		if seen == 0 {
			t.Error("the transport of the program was not used")
		}
	})
	t.Run("proxy", func(t *testing.T) {
		proxy := newProxy(t, http.StatusOK)
		o := doctor(t, withProxy(proxy.URL), WithExporterOptions(exporter.WithEndpoint(s.URL), exporter.WithTLSClientConfig(&tls.Config{RootCAs: roots})))
		o.healthy(t)
		o = doctor(t, WithExporterOptions(exporter.WithEndpoint("http://apptuit.invalid"), exporter.WithProxy(func(*http.Request) (*url.URL, error) {
			return url.Parse(proxy.URL)
		})))
		o.has(t, "ok", "proxy", "from an option of the program")
	})
}

// A transport without a proxy function ignores the variables of proxies.
func TestWithExporterOptions_TransportWithoutProxy(t *testing.T) {
	s := newServer(t)
	t.Setenv("HTTP_PROXY", "127.0.0.1:1")
	o := doctor(t, WithExporterOptions(exporter.WithEndpoint(s.URL), exporter.WithHTTPClient(&http.Client{Transport: &http.Transport{}})))
	o.healthy(t)
	o.has(t, "ok", "proxy", "none")
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// The probe has the prefix and the tags of the program's options.
func TestWithExporterOptions_ApplyToTheProbe(t *testing.T) {
	s := newServer(t)
	o := doctor(t, WithExporterOptions(exporter.WithPrefix("shop."), exporter.WithTags(map[string]string{"env": "test"}), exporter.WithoutHostTag()))
	o.healthy(t)
	if p := s.Points()[0]; p.Metric != "shop_apptuit_doctor_probe" || p.Tags["env"] != "test" || p.Tags["host"] != "" {
		t.Errorf("%+v", p)
	}
	doctor(t, WithExporterOptions(exporter.WithUsageMetrics())).has(t, "failed", "configuration", "without WithUsageMetrics")
	doctor(t, WithExporterOptions(exporter.WithMeters())).has(t, "failed", "configuration", "WithMeters: only valid in the reporter layout")
}

// Variables that the program ignores have no effect, and are not reported as sources.
func TestWithExporterOptions_WithoutEnvironment(t *testing.T) {
	s := newServer(t)
	t.Setenv("APPTUIT_ENDPOINT", "http://127.0.0.1:1")
	t.Setenv("APPTUIT_TIMEOUT", "10000")
	o := doctor(t, WithExporterOptions(exporter.WithoutEnvironment(), exporter.WithEndpoint(s.URL), exporter.WithToken(theToken)))
	o.healthy(t)
	o.lacks(t, "endpoint")
	o.lacks(t, "timeout")
}

// A token is redacted even if the report does not know its source.
func TestWithExporterOptions_TokensAreRedacted(t *testing.T) {
	s := apptuittest.NewServer(apptuittest.WithToken(theToken))
	defer s.Close()
	s.Fail(apptuittest.Fault{Status: 400, Body: "bad token " + theToken})
	o := doctor(t, WithExporterOptions(exporter.WithEndpoint(s.URL), exporter.WithToken(theToken)))
	o.has(t, "failed", "put", "bad token [redacted]")
	doctor(t, WithExporterOptions(exporter.WithEndpoint(s.URL), exporter.WithToken("an-old-token"))).has(t, "failed", "token", "The token of the program is wrong")
}

func TestWithCheck_RunsBeforeTheNetworkChecks(t *testing.T) {
	newServer(t)
	var order []string
	o := doctor(t,
		WithCheck("clock source", func(ctx context.Context) []Finding {
			if _, limited := ctx.Deadline(); !limited {
				t.Error("the check has no deadline")
			}
			return []Finding{{Status: OK, Found: "a"}, {Status: Failed, Found: "b " + theToken, Advice: "Mend b."}}
		}),
		WithProgress(func(check string) { order = append(order, check) }, nil))
	o.has(t, "ok", "clock source", "a")
	o.has(t, "failed", "clock source", "b [redacted]", "Mend b.")
	o.has(t, "ok", "put", "200")
	if i := slices.Index(order, "clock source"); i < 0 || order[i-1] != "spool" || order[i+1] != "proxy" {
		t.Errorf("the checks ran in the order %q", order)
	}
}

// The spool of an option is not opened. It is inspected if WithSource names its folder.
func TestWithExporterOptions_SpoolIsNotOpened(t *testing.T) {
	newServer(t)
	dir := t.TempDir()
	c := fill(t, dir)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	doctor(t, WithSource("spool.directory", "WithSpool", dir)).has(t, "ok", "spool", dir+" contains 3 points in 3 batches")
	unused := filepath.Join(t.TempDir(), "spool")
	doctor(t, WithExporterOptions(exporter.WithSpool(unused))).healthy(t)
	if _, err := os.Stat(unused); err == nil {
		t.Error("a spool was opened")
	}
}

func TestRun_WithoutADeadlineIsLimited(t *testing.T) {
	o := doctor(t, WithExporterOptions(exporter.WithEndpoint("http://127.0.0.1:1")), WithCheck("deadline", func(ctx context.Context) []Finding {
		deadline, limited := ctx.Deadline()
		if !limited || time.Until(deadline) > network {
			return []Finding{{Status: Failed, Found: deadline.String()}}
		}
		return []Finding{{Found: "limited"}}
	}))
	o.has(t, "ok", "deadline", "limited")
}
