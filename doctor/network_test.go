// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

func TestRun_ServerCannotBeReached(t *testing.T) {
	dead := deadAddress(t)
	o := doctor(t, withEndpoint("http://"+dead))
	o.has(t, "failed", "tcp", "connection refused", "No program listens at this address")
	o.has(t, "skipped", "put", "tcp has failed")
	o.has(t, "skipped", "clock", "has not answered")

	o = doctor(t, withEndpoint("https://apptuit.invalid"), withTokenFile(tokenFile(t)))
	o.has(t, "failed", "dns", "apptuit.invalid")
	o.has(t, "skipped", "read-back", "dns has failed")
}

// deadAddress returns an address at which nothing listens.
func deadAddress(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func TestPut_AnotherProtocolAnswers(t *testing.T) {
	f := func(name, greeting, advice string) {
		t.Run(name, func(t *testing.T) {
			listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			go func() {
				for {
					conn, err := listener.Accept()
					if err != nil {
						return
					}
					go func() {
						defer conn.Close()
						if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
							_, _ = io.Copy(io.Discard, r.Body)
						}
						_, _ = io.WriteString(conn, greeting)
						_, _ = io.Copy(io.Discard, conn)
					}()
				}
			}()
			doctor(t, withEndpoint("http://"+listener.Addr().String())).has(t, "failed", "put", advice)
		})
	}
	f("another protocol", "220 mail.invalid ESMTP\r\n", "does not use HTTP")
	f("a text", strings.Repeat("?", 100)+"\n", "does not use HTTP")
}

// tokenFile returns the name of a file with the token.
func tokenFile(t *testing.T) string {
	t.Helper()
	return write(t, "token", theToken, 0o600)
}

func TestTLS_ReportsTheCertificate(t *testing.T) {
	ca := newAuthority(t)
	for name, c := range map[string]struct {
		cert    tls.Certificate
		strange bool // the authority of the certificate is not trusted
		old     bool // the server supports TLS up to 1.1
		status  string
		texts   []string
	}{
		"good":         {cert: ca.issue(t, "127.0.0.1", time.Now().Add(90*24*time.Hour)), status: "ok", texts: []string{"TLS 1.3", `by "CN=test authority"`, "valid until"}},
		"unknown CA":   {cert: ca.issue(t, "127.0.0.1", time.Now().Add(90*24*time.Hour)), strange: true, status: "failed", texts: []string{"unknown authority", "APPTUIT_CERTIFICATE"}},
		"expires soon": {cert: ca.issue(t, "127.0.0.1", time.Now().Add(3*24*time.Hour)), status: "warning", texts: []string{"TLS 1.3", "Renew"}},
		"expired":      {cert: ca.issue(t, "127.0.0.1", time.Now().Add(-time.Hour)), status: "failed", texts: []string{"expired", "Renew"}},
		"another name": {cert: ca.issue(t, "10.9.8.7", time.Now().Add(90*24*time.Hour)), status: "failed", texts: []string{"10.9.8.7", "that is in the certificate"}},
		"old TLS":      {cert: ca.issue(t, "127.0.0.1", time.Now().Add(90*24*time.Hour)), old: true, status: "failed", texts: []string{"protocol version", "The TLS handshake failed", "APPTUIT_CLIENT_CERTIFICATE"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewUnstartedServer(apptuittest.NewHandler(apptuittest.WithToken(theToken)))
			s.TLS = &tls.Config{Certificates: []tls.Certificate{c.cert}}
			if c.old {
				s.TLS.MinVersion, s.TLS.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
			}
			s.Config.ErrorLog = discardLog()
			s.StartTLS()
			defer s.Close()
			opts := []Option{withEndpoint(s.URL), withTokenFile(tokenFile(t))}
			if !c.strange {
				opts = append(opts, withCAFile(ca.file(t)))
			}
			o := doctor(t, opts...)
			o.has(t, c.status, "tls", c.texts...)
			if c.status == "failed" {
				o.has(t, "skipped", "put", "tls has failed")
			} else {
				o.healthy(t)
				o.has(t, "ok", "put", "200")
			}
		})
	}
}

func TestRun_SchemeOfTheEndpointIsWrong(t *testing.T) {
	s := newServer(t)
	doctor(t, withEndpoint(strings.Replace(s.URL, "http:", "https:", 1))).has(t, "failed", "tls", "does not use TLS")
	secure := httptest.NewUnstartedServer(apptuittest.NewHandler())
	secure.Config.ErrorLog = discardLog()
	secure.StartTLS()
	defer secure.Close()
	doctor(t, withEndpoint(strings.Replace(secure.URL, "https:", "http:", 1))).has(t, "failed", "put", "400", "must begin with https://")
}

func TestConfiguration_WarnsAboutAnUnencryptedToken(t *testing.T) {
	t.Setenv("APPTUIT_API_TOKEN", theToken)
	doctor(t, withEndpoint("http://apptuit.invalid")).has(t, "warning", "configuration", "without encryption", "read the token")
}

// newProxy returns a proxy that answers CONNECT with a status. For 200 it makes the connection.
func newProxy(t *testing.T, status int) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status != http.StatusOK {
			http.Error(w, "not so: "+r.Header.Get("Proxy-Authorization"), status)
			return
		}
		to, err := new(net.Dialer).DialContext(r.Context(), "tcp", r.Host)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer to.Close()
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(to, conn); to.Close() }()
		_, _ = io.Copy(conn, to)
	}))
	t.Cleanup(s.Close)
	return s
}

func TestProxy_OfAnOption(t *testing.T) {
	t.Run("connects", func(t *testing.T) {
		ca := newAuthority(t)
		s := httptest.NewUnstartedServer(apptuittest.NewHandler())
		s.TLS = &tls.Config{Certificates: []tls.Certificate{ca.issue(t, "127.0.0.1", time.Now().Add(90*24*time.Hour))}}
		s.StartTLS()
		defer s.Close()
		proxy := newProxy(t, http.StatusOK)
		o := doctor(t, withEndpoint(s.URL), withCAFile(ca.file(t)), withProxy(proxy.URL))
		o.healthy(t)
		o.has(t, "ok", "proxy", strings.TrimPrefix(proxy.URL, "http://")+", from --proxy")
		o.has(t, "ok", "tcp", strings.TrimPrefix(proxy.URL, "http://"))
		o.has(t, "ok", "tls", "TLS 1.3")
	})
	t.Run("refuses", func(t *testing.T) {
		for status, advice := range map[int]string{407: "requires other credentials", 403: "refuses connections to this server", 502: "refuses connections to this server"} {
			o := doctor(t, withEndpoint("https://apptuit.invalid"), withTokenFile(tokenFile(t)), withProxy(newProxy(t, status).URL))
			o.has(t, "failed", "proxy", fmt.Sprintf("answered %d", status), "apptuit.invalid:443", advice)
			o.has(t, "skipped", "put", "tls has failed")
		}
	})
	t.Run("does not exist", func(t *testing.T) {
		o := doctor(t, withEndpoint("https://apptuit.invalid"), withTokenFile(tokenFile(t)), withProxy("http://proxy.invalid:3128"))
		o.has(t, "failed", "proxy", "the proxy proxy.invalid:3128 cannot be reached: there is no host proxy.invalid", "The proxy of --proxy cannot be reached, not the server")
		o.has(t, "skipped", "dns", "the proxy cannot be reached")
		o.has(t, "skipped", "put", "dns has failed")
	})
	t.Run("refuses connections", func(t *testing.T) {
		dead := deadAddress(t)
		for _, endpoint := range []string{"http://apptuit.invalid", "https://apptuit.invalid"} {
			o := doctor(t, withEndpoint(endpoint), withTokenFile(tokenFile(t)), withProxy("http://"+dead))
			o.has(t, "failed", "proxy", "the proxy "+dead+" cannot be reached", "connection refused", "not the server", "No program listens at this address")
			o.has(t, "skipped", "tcp", "the proxy cannot be reached")
			o.has(t, "skipped", "put", "tcp has failed")
			if got := o.Failed(); !slices.Equal(got, []string{"proxy"}) {
				t.Errorf("failed: %q", got)
			}
		}
	})
	t.Run("refuses without TLS", func(t *testing.T) {
		o := doctor(t, withEndpoint("http://apptuit.invalid"), withProxy(newProxy(t, 407).URL))
		o.has(t, "failed", "proxy", "407", "requires other credentials")
	})
}

// The variables of proxy and certificates have the same effect on the doctor as on the client.
func TestRun_UsesTheVariablesOfProxyAndCertificates(t *testing.T) {
	ca := newAuthority(t)
	s := httptest.NewUnstartedServer(apptuittest.NewHandler())
	s.TLS = &tls.Config{Certificates: []tls.Certificate{ca.issue(t, "127.0.0.1", time.Now().Add(90*24*time.Hour))}}
	s.StartTLS()
	defer s.Close()
	proxy := newProxy(t, http.StatusOK)
	t.Setenv("APPTUIT_ENDPOINT", s.URL)
	t.Setenv("APPTUIT_CERTIFICATE", ca.file(t))
	t.Setenv("APPTUIT_PROXY", proxy.URL)
	o := doctor(t)
	o.healthy(t)
	o.has(t, "ok", "proxy", strings.TrimPrefix(proxy.URL, "http://")+", from APPTUIT_PROXY")
	o.has(t, "ok", "tls", `by "CN=test authority"`)
	o.has(t, "ok", "put", "200")
	t.Setenv("APPTUIT_PROXY", "http://"+deadAddress(t))
	doctor(t).has(t, "failed", "proxy", "cannot be reached", "The proxy of APPTUIT_PROXY cannot be reached, not the server")
}

// net/http reads the variables of proxies once in a process, so each case runs in its own process.
func TestProxy_OfTheEnvironment(t *testing.T) {
	proxy := strings.TrimPrefix(newProxy(t, 407).URL, "http://")
	token := "APPTUIT_API_TOKEN=" + theToken
	f := func(name string, check, status string, text string, environment ...string) {
		t.Run(name, func(t *testing.T) {
			child(t, append(environment, token)).has(t, status, check, text)
		})
	}
	f("for https", "proxy", "ok", proxy+", from HTTPS_PROXY", "HTTPS_PROXY=http://me:pr0xy%2F5ecret@"+proxy, "APPTUIT_ENDPOINT=https://apptuit.invalid")
	f("without a scheme", "proxy", "ok", proxy+", from HTTPS_PROXY", "HTTPS_PROXY="+proxy, "APPTUIT_ENDPOINT=https://apptuit.invalid")
	f("a slash in a password", "proxy", "failed", "percent", "HTTPS_PROXY=http://me:"+thePass+"@"+proxy, "APPTUIT_ENDPOINT=https://apptuit.invalid")
	f("of an address without a server", "proxy", "failed", "The proxy of HTTPS_PROXY cannot be reached, not the server", "HTTPS_PROXY=http://"+deadAddress(t), "APPTUIT_ENDPOINT=https://apptuit.invalid")
	f("refused", "proxy", "failed", "407", "https_proxy=http://me:pr0xy%2F5ecret@"+proxy, "APPTUIT_ENDPOINT=https://apptuit.invalid")
	f("for http", "proxy", "failed", "407", "HTTP_PROXY=http://me:pr0xy%2F5ecret@"+proxy, "APPTUIT_ENDPOINT=http://apptuit.invalid")
	f("excluded by NO_PROXY", "proxy", "ok", "HTTPS_PROXY does not apply to apptuit.invalid", "HTTPS_PROXY=http://"+proxy, "NO_PROXY=invalid", "APPTUIT_ENDPOINT=https://apptuit.invalid")
	f("not a URL", "proxy", "failed", "not a URL", "HTTPS_PROXY=http://me:"+thePass+"%zz@"+proxy, "APPTUIT_ENDPOINT=https://apptuit.invalid")
}

func TestRun_EndsWithItsContext(t *testing.T) {
	s := newServer(t)
	t.Run("when it is canceled during a check", func(t *testing.T) {
		s.Fail(apptuittest.Fault{Hang: true})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(300*time.Millisecond, cancel)
		o := doctorUntil(ctx, t)
		o.has(t, "failed", "put", "no answer")
	})
	t.Run("when it is canceled before it begins", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		o := doctorUntil(ctx, t)
		o.has(t, "skipped", "put", "interrupted")
		o.has(t, "failed", "time", "some checks were skipped: interrupted")
	})
	t.Run("at its deadline", func(t *testing.T) {
		ctx, cancel := context.WithTimeoutCause(t.Context(), 0, errors.New("the time is over (--limit 0s)"))
		defer cancel()
		o := doctorUntil(ctx, t)
		o.has(t, "skipped", "settings", "the time is over (--limit 0s)")
		o.has(t, "failed", "time", "with more time", "--limit 0s")
	})
}
