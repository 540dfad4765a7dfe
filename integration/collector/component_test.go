// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/extension/extensionauth"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap/zapcore"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// host is the host of a component, with extensions.
type host map[component.ID]component.Component

func (h host) GetExtensions() map[component.ID]component.Component { return h }

// started creates an exporter by the factory, with queue and retries of exporterhelper, and
// starts it. It is shut down at the end of the test.
func started(t testing.TB, h host, text string) (exporter.Metrics, *telemetry) {
	t.Helper()
	set, tel := newSettings()
	e, err := NewFactory().CreateMetrics(t.Context(), set, mustLoad(t, text))
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shutdown(t, e) })
	return e, tel
}

func shutdown(t testing.TB, e exporter.Metrics) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := e.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

func waitFor(t testing.TB, srv *apptuittest.Server, points int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := srv.WaitPoints(ctx, points); err != nil {
		t.Fatal(err)
	}
}

func one() pmetric.Metrics {
	md := pmetric.NewMetrics()
	gauge(from(md), "m", 1)
	return md
}

// exporterhelper retries only the data points that were not delivered, after the delay that the
// server requests.
func TestExporter_RetriesUndeliveredDataPoints(t *testing.T) {
	srv := apptuittest.NewServer()
	defer srv.Close()
	srv.Fail(
		apptuittest.Fault{},              // shop, in batches of 4
		apptuittest.TooManyRequests("1"), // bank
	)
	e, _ := started(t, nil, `
endpoint: `+srv.URL+`
max_batch_points: 4
retry_on_failure: {initial_interval: 1ms, max_interval: 1ms}
sending_queue: {batch: {flush_timeout: 1ms}}
`)
	if err := e.ConsumeMetrics(t.Context(), numbered(4)); err != nil {
		t.Fatal(err)
	}
	waitFor(t, srv, 8)
	requests := srv.Requests()
	if len(requests) != 3 || requests[2].Points != 4 {
		t.Fatalf("%d requests", len(requests))
	}
	if pause := requests[2].Time.Sub(requests[1].Time); pause < time.Second {
		t.Errorf("sent again after %v", pause)
	}
	seen := map[string]bool{}
	for _, p := range srv.Points() {
		if seen[p.String()] {
			t.Errorf("%s has arrived twice", p)
		}
		seen[p.String()] = true
	}
}

// Points that the server rejects as invalid are not sent again.
func TestExporter_DoesNotRetryRefusedPoints(t *testing.T) {
	srv := apptuittest.NewServer()
	defer srv.Close()
	srv.Fail(apptuittest.Fault{Status: 400, Body: "no point of wrong-token"})
	e, tel := started(t, nil, `{endpoint: "`+srv.URL+`", token: wrong-token, retry_on_failure: {initial_interval: 1ms}, sending_queue: {enabled: false}}`)
	err := e.ConsumeMetrics(t.Context(), one())
	if err == nil || len(srv.Requests()) != 1 {
		t.Errorf("%d requests, error %v", len(srv.Requests()), err)
	}
	contains(t, err.Error(), "400", "no point was accepted (1 rejected or dropped)", "no point of [redacted]")
	for _, line := range append(tel.lines(zapcore.DebugLevel), err.Error()) {
		if strings.Contains(line, "wrong-token") {
			t.Errorf("a secret is in %q", line)
		}
	}
}

// A wrong token, endpoint or proxy is retried: a queue on disk must not be emptied
// by a mistake in the configuration.
func TestExporter_RetriesAnswersThatSayNothingAboutPoints(t *testing.T) {
	srv := apptuittest.NewServer()
	defer srv.Close()
	srv.Fail(apptuittest.Status(401), apptuittest.Status(404), apptuittest.Fault{Status: 200, Body: "<html>"}, apptuittest.Status(520))
	e, _ := started(t, nil, `{endpoint: "`+srv.URL+`", token: wrong-token, retry_on_failure: {initial_interval: 1ms}, sending_queue: {enabled: false}}`)
	if err := e.ConsumeMetrics(t.Context(), one()); err != nil {
		t.Error(err)
	}
	if n := len(srv.Requests()); n < 4 || srv.Total() != 1 {
		t.Errorf("%d requests, %d points", n, srv.Total())
	}
}

func TestExporter_DoesNotReadVariables(t *testing.T) {
	for name, value := range map[string]string{
		"APPTUIT_API_TOKEN": "t0k3n", "APPTUIT_TAGS": "k: v", "APPTUIT_COMPRESSION": "deflate", "APPTUIT_SANITIZE_MODE": "none",
		"APPTUIT_TIMEOUT": "nonsense", "APPTUIT_ENDPOINT": "http://127.0.0.1:1", "APPTUIT_USER_ID": "me", "APPTUIT_PREFIX": "p",
		"APPTUIT_DISABLE_HOST_TAG": "yes", "APPTUIT_SPOOL_DIR": filepath.Join(t.TempDir(), "spool"),
	} {
		t.Setenv(name, value)
	}
	srv := apptuittest.NewServer()
	defer srv.Close()
	e, _ := started(t, nil, `{endpoint: "`+srv.URL+`", sending_queue: {enabled: false}}`)
	md := pmetric.NewMetrics()
	gauge(from(md, "host.name", "web1"), "a.b", 1)
	if err := e.ConsumeMetrics(t.Context(), md); err != nil {
		t.Fatal(err)
	}
	r := srv.Requests()[0]
	if a := r.Header.Get("Authorization"); a != "" || r.Encoding != "gzip" {
		t.Errorf("authorization %q, encoding %q", a, r.Encoding)
	}
	if got, want := srv.Points()[0].String(), "a_b{host=web1} 1700000000 1.0"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if _, err := os.Stat(os.Getenv("APPTUIT_SPOOL_DIR")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a spool has been made: %v", err)
	}
}

// Two exporters of one Collector use different tokens.
func TestExporter_EachHasItsToken(t *testing.T) {
	srv := apptuittest.NewServer()
	defer srv.Close()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("of-a-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, keys := range []string{
		`token: first`, `token: second, user_id: me`, `token_file: ` + file, `headers: {authorization: Custom x, X-Scope: tenant}`,
	} {
		e, _ := started(t, nil, `{endpoint: "`+srv.URL+`", sending_queue: {enabled: false}, `+keys+`}`)
		if err := e.ConsumeMetrics(t.Context(), one()); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []string{"Bearer first", "Basic bWU6c2Vjb25k", "Bearer of-a-file", "Custom x"} {
		r := srv.Requests()[i]
		if got := r.Header.Get("Authorization"); got != want {
			t.Errorf("authorization %q, want %q", got, want)
		}
		contains(t, r.Header.Get("User-Agent"), "apptuit")
		if scope := r.Header.Get("X-Scope"); (scope == "tenant") != (i == 3) {
			t.Errorf("request %d has the header %q", i, scope)
		}
	}
}

// authenticator is an extension that adds a header to requests.
type authenticator struct {
	component.StartFunc
	component.ShutdownFunc
}

var _ extensionauth.HTTPClient = authenticator{}

func (authenticator) RoundTripper(base http.RoundTripper) (http.RoundTripper, error) {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer of-the-extension")
		return base.RoundTrip(r)
	}), nil
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// The client uses the HTTP client of confighttp, with its TLS settings and its authenticator.
func TestExporter_UsesTLSAndAuthenticatorOfConfighttp(t *testing.T) {
	h := apptuittest.NewHandler(apptuittest.WithToken("of-the-extension"))
	srv := httptest.NewTLSServer(h)
	defer srv.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	extensions := host{component.MustNewID("test_auth"): authenticator{}}
	text := `{endpoint: "` + srv.URL + `", sending_queue: {enabled: false}, auth: {authenticator: test_auth}`
	e, _ := started(t, extensions, text+`, tls: {ca_file: `+ca+`}}`)
	if err := e.ConsumeMetrics(t.Context(), one()); err != nil {
		t.Fatal(err)
	}
	if h.Total() != 1 {
		t.Errorf("%d points", h.Total())
	}

	e, tel := started(t, extensions, text+`, retry_on_failure: {enabled: false}}`) // that knows the system's authorities only
	if err := e.ConsumeMetrics(t.Context(), one()); err == nil {
		t.Error("the certificate is not verified")
	}
	if got, want := tel.tally(t), (tally{Returned: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestStart_Faults(t *testing.T) {
	for name, text := range map[string]string{
		"does-not-exist": `token_file: /does-not-exist`,
		"no_such_auth":   `auth: {authenticator: no_such_auth}`,
		"no-such-ca":     `{token: abc, tls: {ca_file: /no-such-ca}}`,
	} {
		set, _ := newSettings()
		e, err := NewFactory().CreateMetrics(t.Context(), set, mustLoad(t, text))
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Start(t.Context(), host{}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", text, err)
		}
		shutdown(t, e)
	}
}

// If another component fails to start, the Collector shuts down this one without starting it.
func TestShutdown_WithoutStart(t *testing.T) {
	set, _ := newSettings()
	e, err := NewFactory().CreateMetrics(t.Context(), set, mustLoad(t, `token: abc`))
	if err != nil {
		t.Fatal(err)
	}
	shutdown(t, e)
}

func TestStart_WarnsOfTokenWithoutTLS(t *testing.T) {
	_, tel := started(t, nil, `{endpoint: "http://tsdb.example:4242", token: t0k3n}`)
	logged := tel.lines(zapcore.WarnLevel)
	if len(logged) != 1 {
		t.Fatalf("logged %q", logged)
	}
	contains(t, logged[0], "tsdb.example:4242 without encryption")
}

func TestPush_ConcurrentDeliversEachDataPointOnce(t *testing.T) {
	srv := apptuittest.NewServer()
	defer srv.Close()
	e, tel := started(t, nil, `{endpoint: "`+srv.URL+`", sending_queue: {enabled: false}}`)
	var senders sync.WaitGroup
	for i := range 8 {
		senders.Go(func() {
			for j := range 10 {
				md := pmetric.NewMetrics()
				for _, service := range []string{"a", "b", "c"} {
					gauge(from(md, "service.name", service), "m", 1, "i", i, "j", j)
				}
				if err := e.ConsumeMetrics(t.Context(), md); err != nil {
					t.Error(err)
				}
			}
		})
	}
	senders.Wait()
	seen := map[string]bool{}
	for _, p := range srv.Points() {
		seen[p.String()] = true
	}
	if len(seen) != 240 || srv.Total() != 240 {
		t.Errorf("%d points, %d of them different", srv.Total(), len(seen))
	}
	if got, want := tel.tally(t), (tally{Accepted: 240}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
