// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

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
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/exporter"
)

func TestKeys_ChangeRequests(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	header := func(name, want string) func(apptuittest.Request) error {
		return func(r apptuittest.Request) error {
			if got := r.Header.Get(name); got != want {
				return fmt.Errorf("%s is %q, want %q", name, got, want)
			}
			return nil
		}
	}
	for _, test := range []struct {
		keys  string
		check func(apptuittest.Request) error
	}{
		{"token: abc", header("Authorization", "Bearer abc")},
		{"token: 0x10", header("Authorization", "Bearer 0x10")},
		{"token_file: " + file, header("Authorization", "Bearer from-file")},
		{"token: abc, user_id: ann", header("Authorization", "Basic YW5uOmFiYw==")},
		{"compression: deflate", header("Content-Encoding", "deflate")},
		{"compression: NONE", header("Content-Encoding", "")},
		{"headers: [{name: x-a, value: 1}, {name: x-b, value: }]", header("X-A", "1")},
		{"headers: [{name: x-a, value: 1}, {name: x-b, value: }]", header("X-B", "")},
		{"headers_list: 'x-a=b%20c,x-d=e'", header("X-A", "b c")},
		{"headers_list: 'x-a=b,X-D=e', headers: [{name: X-A, value: over}]", header("X-A", "over")},
		{"headers_list: 'x-a=b,X-D=e', headers: [{name: X-A, value: over}]", header("X-D", "e")},
		{"sync_timeout: 1500", func(r apptuittest.Request) error {
			if got := r.Query.Get("sync_timeout"); got != "1500" {
				return fmt.Errorf("sync_timeout is %q", got)
			}
			return nil
		}},
	} {
		_, requests := arrived(t, test.keys)
		if len(requests) != 1 {
			t.Errorf("%s: %d requests", test.keys, len(requests))
			continue
		}
		if err := test.check(requests[0]); err != nil {
			t.Errorf("%s: %v", test.keys, err)
		}
	}
	for _, keys := range []string{"max_batch_points: 2", "max_batch_bytes: 250"} {
		if _, requests := arrived(t, keys); len(requests) < 3 {
			t.Errorf("%s: %d requests for 6 points, want at least 3", keys, len(requests))
		}
	}
}

// A list of headers overrides the variable, even an empty list.
func TestHeaders_ReplaceTheVariable(t *testing.T) {
	t.Setenv("APPTUIT_HEADERS", "X-A=variable")
	for keys, want := range map[string]string{"prefix: p": "variable", "headers: []": "", "headers: [{name: X-B, value: b}]": "", "headers_list: X-A=list": "list"} {
		_, requests := arrived(t, keys)
		if got := requests[0].Header.Get("X-A"); got != want {
			t.Errorf("%s: %q, want %q", keys, got, want)
		}
	}
}

// failure returns the duration until an export to a server that does not answer fails.
func failure(t *testing.T, srv *apptuittest.Server, reader, keys string) time.Duration {
	t.Helper()
	srv.Fail(apptuittest.Fault{Hang: true, Times: 1000})
	start := time.Now()
	var took time.Duration
	sdk := newSDK(t, readerWith(srv, reader, keys), through(srv),
		WithExporterOptions(exporter.WithErrorHandler(func(*apptuitclient.SendError) { took = time.Since(start) })))
	count(t, sdk, "requests", 1)
	_ = sdk.MeterProvider().(*sdkmetric.MeterProvider).ForceFlush(t.Context())
	srv.Reset()
	shutdown(t, sdk)
	return took
}

func TestTimeouts_LimitExports(t *testing.T) {
	for _, test := range []struct {
		reader, keys string
		want         time.Duration
	}{
		{"timeout: 700,", "", 700 * time.Millisecond}, // timeout of the reader
		{"timeout: 0,", "", 30 * time.Second},         // the default, as for the readers of otelconf
		{"", "timeout: 800, retry: {enabled: false}", 800 * time.Millisecond},
		{"timeout: 100000,", "retry: {enabled: false}", time.Minute},
		{"timeout: 100000,", "timeout: 0, retry: {enabled: false}", 100 * time.Second},
	} {
		inMemory(t, func(t *testing.T, srv *apptuittest.Server) {
			if got := failure(t, srv, test.reader, test.keys); got != test.want {
				t.Errorf("%s %s: failed after %v, want %v", test.reader, test.keys, got, test.want)
			}
		})
	}
}

func TestRetry_LimitsAttempts(t *testing.T) {
	for keys, want := range map[string]struct {
		least, most int
		lasts       time.Duration // the duration of the attempts, at most
	}{
		"retry: {enabled: false}":                                                     {1, 1, 0},
		"retry: {enabled: false, max_elapsed_time: 1000000}":                          {1, 1, 0},
		"retry: {max_elapsed_time: 1000, initial_interval: 50, max_interval: 50}":     {10, 1000, time.Second},
		"retry: {max_elapsed_time: 0, initial_interval: 100000}":                      {1, 1000, 1000 * time.Second},
		"retry: {enabled: true}":                                                      {3, 1000, time.Minute},
		"retry: {initial_interval: 100, max_interval: 100, max_elapsed_time: 600000}": {1000, 100_000, 10 * time.Minute},
	} {
		inMemory(t, func(t *testing.T, srv *apptuittest.Server) {
			srv.Fail(apptuittest.Fault{Status: 503, Times: 100_000})
			sdk := newSDK(t, readerWith(srv, "timeout: 1000000,", keys), through(srv))
			count(t, sdk, "requests", 1)
			start := time.Now()
			_ = sdk.MeterProvider().(*sdkmetric.MeterProvider).ForceFlush(t.Context())
			if n, d := len(srv.Requests()), time.Since(start); n < want.least || n > want.most || d > want.lasts {
				t.Errorf("%s: %d requests in %v, want %+v", keys, n, d, want)
			}
			srv.Reset()
			shutdown(t, sdk)
		})
	}
}

// A batch that cannot be delivered is kept in the spool, and the next exporter delivers it.
func TestSpool_DeliversLater(t *testing.T) {
	srv := newServer(t)
	dir := t.TempDir()
	doc := documentWith("apptuit: {endpoint: " + srv.URL + ", self_metrics: false, retry: {enabled: false}, " +
		"spool: {directory: '" + dir + "', max_bytes: 1000000, max_age: 60000, rate: 1000.5, instances: true}}")
	srv.Fail(apptuittest.Fault{Status: 503, Times: 1000})
	exportOnce(t, doc)
	if srv.Total() != 0 {
		t.Fatal("the server has accepted points")
	}
	srv.Reset()
	sdk := newSDK(t, doc)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := srv.WaitPoints(ctx, 1); err != nil {
		t.Error(err)
	}
	shutdown(t, sdk)
}

func TestProxy_GetsRequestsWithItsUser(t *testing.T) {
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Host+" "+r.Header.Get("Proxy-Authorization"))
	}))
	defer proxy.Close()
	exportOnce(t, documentWith("apptuit: {endpoint: http://apptuit.invalid, proxy_url: '"+strings.Replace(proxy.URL, "//", "//u:p@", 1)+"'}"))
	if diff := cmp.Diff([]string{"apptuit.invalid Basic dTpw"}, asked); diff != "" {
		t.Error(diff)
	}
}

func TestTLS_VerifiesWithCAFile(t *testing.T) {
	handler := apptuittest.NewHandler()
	defer handler.Close()
	srv := httptest.NewUnstartedServer(handler)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	sdk := newSDK(t, documentWith("apptuit: {endpoint: "+srv.URL+"}"))
	count(t, sdk, "requests", 1)
	if err := sdk.Shutdown(t.Context()); err == nil || handler.Total() > 0 {
		t.Errorf("without ca_file: %v", err)
	}
	exportOnce(t, documentWith("apptuit: {endpoint: "+srv.URL+", tls: {ca_file: "+ca+"}}"))
	if handler.Total() == 0 {
		t.Error("with ca_file, the server has received no points")
	}
}

func TestTLS_SendsClientCertificateAndReadsItAgain(t *testing.T) {
	var common []string
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		common = append(common, r.TLS.PeerCertificates[0].Subject.CommonName)
	}))
	srv.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	srv.StartTLS()
	defer srv.Close()
	dir := t.TempDir()
	t.Setenv("DIR", dir)
	write := func(name string) {
		t.Helper()
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour)}
		certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		private, err2 := x509.MarshalPKCS8PrivateKey(key)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		for name, block := range map[string]*pem.Block{
			"ca": {Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}, "cert": {Type: "CERTIFICATE", Bytes: certificate}, "key": {Type: "PRIVATE KEY", Bytes: private},
		} {
			if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	write("ann")
	sdk := newSDK(t, documentWith("apptuit: {endpoint: "+srv.URL+", tls: {ca_file: ${DIR}/ca, cert_file: ${DIR}/cert, key_file: ${DIR}/key}}"))
	count(t, sdk, "requests", 1)
	if err := sdk.MeterProvider().(*sdkmetric.MeterProvider).ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	write("bob") // the exporter reads the changed files
	shutdown(t, sdk)
	if diff := cmp.Diff([]string{"ann", "bob"}, common); diff != "" {
		t.Error(diff)
	}
}
