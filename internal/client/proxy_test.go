// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
)

// tunnel is an HTTP proxy for CONNECT that records the traffic.
type tunnel struct {
	t        *testing.T
	listener net.Listener
	answer   func(r *http.Request) string // an answer that refuses the tunnel; empty to allow it

	mu   sync.Mutex
	seen bytes.Buffer
}

func newTunnel(t *testing.T, answer func(*http.Request) string) *tunnel {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tunnel{t: t, listener: listener, answer: answer}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { p.serve(conn) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		serving.Wait()
	})
	return p
}

func (p *tunnel) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen.Write(b)
}

func (p *tunnel) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen.String()
}

func (p *tunnel) serve(conn net.Conn) {
	defer conn.Close()
	from := bufio.NewReader(io.TeeReader(conn, p))
	r, err := http.ReadRequest(from)
	if err != nil {
		p.t.Error(err)
		return
	}
	if text := p.answer(r); text != "" {
		_, _ = io.WriteString(conn, text)
		return
	}
	to, err := new(net.Dialer).DialContext(p.t.Context(), "tcp", r.Host)
	if err != nil {
		p.t.Error(err)
		return
	}
	defer to.Close()
	_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
	go func() {
		_, _ = io.Copy(to, from)
		to.Close()
	}()
	_, _ = io.Copy(io.MultiWriter(conn, p), to)
}

// option returns an option that uses the proxy with a password.
func (p *tunnel) option() apptuitclient.Option {
	return apptuitclient.WithProxy(http.ProxyURL(&url.URL{
		Scheme: "http", Host: p.listener.Addr().String(), User: url.UserPassword("me", thePass),
	}))
}

// A proxy for https gets its own credentials, and no other secret.
func TestProxy_TunnelGetsNoToken(t *testing.T) {
	var got http.Header
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		w.WriteHeader(http.StatusNoContent)
	}))
	defer s.Close()
	proxy := newTunnel(t, func(*http.Request) string { return "" })
	transport := s.Client().Transport.(*http.Transport)
	c := newClient(t, apptuitclient.WithEndpoint(s.URL), apptuitclient.WithTLSClientConfig(transport.TLSClientConfig), proxy.option(),
		apptuitclient.WithToken(theToken), apptuitclient.WithUserID("me"), apptuitclient.WithHeaders(map[string]string{"X-Key": theHeader}))
	if err := c.Send(t.Context(), numberedPoints(2)); err != nil {
		t.Fatal(err)
	}
	c.Close()
	s.Close()
	if _, token, _ := (&http.Request{Header: got}).BasicAuth(); token != theToken || got.Get("X-Key") != theHeader {
		t.Errorf("the server got %v", got)
	}
	if got.Get("Proxy-Authorization") != "" {
		t.Error("the server got the credentials of the proxy")
	}
	seen := proxy.text()
	if own := base64.StdEncoding.EncodeToString([]byte("me:" + thePass)); !strings.Contains(seen, own) {
		t.Errorf("the proxy did not get its credentials: %.200q", seen)
	}
	for _, secret := range []string{theToken, base64.StdEncoding.EncodeToString([]byte("me:" + theToken)), theHeader, "X-Key"} {
		if strings.Contains(seen, secret) {
			t.Errorf("the proxy has seen %q", secret)
		}
	}
}

// The error contains the proxy's answer to CONNECT, without the secrets that it quotes.
func TestProxy_ErrorsContainTheAnswerToCONNECT(t *testing.T) {
	for name, answer := range map[string]func(*http.Request) string{
		"status": func(r *http.Request) string {
			return fmt.Sprintf("HTTP/1.1 407 %s is not %s\r\n\r\n", r.Header.Get("Proxy-Authorization"), thePass)
		},
		"no HTTP": func(r *http.Request) string {
			return r.Header.Get("Proxy-Authorization")[len("Basic "):] + thePass + "\r\n\r\n"
		},
		"header": func(*http.Request) string { return "HTTP/1.1 200 OK\r\nno header but " + thePass + "\r\n\r\n" },
	} {
		var warned []any
		c := newClient(t, apptuitclient.WithEndpoint("https://fake.test"), newTunnel(t, answer).option(),
			apptuitclient.WithToken(theToken), withoutRetry(), apptuitclient.WithSpool(t.TempDir()),
			apptuitclient.WithWarningHandler(func(err error) { warned = append(warned, printable(err)...) }))
		if err := c.Send(t.Context(), numberedPoints(2)); err != nil {
			t.Errorf("%s: not spooled: %v", name, err)
		}
		c.Close()
		silent(t, name, warned...)
		if !strings.Contains(fmt.Sprint(warned...), "[redacted]") {
			t.Errorf("%s: the warnings are %v", name, warned)
		}
	}
	away := &url.URL{Scheme: "socks5", Host: "127.0.0.1:1", User: url.UserPassword("me", thePass)}
	c := newClient(t, apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithProxy(http.ProxyURL(away)), withoutRetry())
	err := c.Send(t.Context(), numberedPoints(2))
	contains(t, err, "connection refused")
	silent(t, "socks5", printable(err)...)
}

// Both the header for Basic authentication and its decoded content are secrets.
func TestSecrets_DecodedBasicHeadersAreRemoved(t *testing.T) {
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("me:"+theHeader))
	f := newFake(t, text(http.StatusForbidden, "you are me:"+theHeader+", or "+theHeader+", by "+basic))
	err := f.client(apptuitclient.WithHeaders(map[string]string{"Authorization": basic})).Send(t.Context(), numberedPoints(2))
	silent(t, "basic", printable(err)...)
	contains(t, err, "you are [redacted], or [redacted], by [redacted]")
}

// childProxy is the variable with which a child process of this test gets its proxy. It is
// not one of net/http's variables, because net/http reads those once per process.
const childProxy = "TEST_PROXY_URL"

// The proxy variables may be invalid, and contain a password.
func TestProxy_InvalidVariablesDoNotLeakPasswords(t *testing.T) {
	if proxy := os.Getenv(childProxy); proxy != "" {
		t.Setenv("HTTPS_PROXY", proxy)
		c := newClient(t, apptuitclient.WithEndpoint("https://fake.test"), withoutRetry(), apptuitclient.WithTimeout(10*time.Second))
		for _, v := range printable(c.Send(t.Context(), numberedPoints(1))) {
			fmt.Printf("%v\n%+v\n%#v\n", v, v, v)
		}
		return
	}
	refusing := newTunnel(t, func(*http.Request) string { return "HTTP/1.1 407 " + thePass + "\r\n\r\n" })
	for name, proxy := range map[string]string{
		"refuses":               "http://me:" + thePass + "@" + refusing.listener.Addr().String(),
		"without a scheme":      "me:" + thePass + "@" + refusing.listener.Addr().String(),
		"no password":           "http://me:" + thePass + "%zz@127.0.0.1:1",
		"a slash in a password": "http://me:" + thePass + "/" + thePass + "@127.0.0.1:1",
	} {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProxy_InvalidVariablesDoNotLeakPasswords$")
		child.Env = append(os.Environ(), childProxy+"="+proxy)
		out, err := child.CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte("0 points sent, 1 failed")) {
			t.Errorf("%s: %v, %s", name, err, out)
		}
		if bytes.Contains(out, []byte("5ecret")) || bytes.Contains(out, []byte("pr0xy")) {
			t.Errorf("%s: the password is in %s", name, out)
		}
	}
}

func TestProxy_IsNamedIfItCannotBeReached(t *testing.T) {
	mute, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0") // accepts connections, and answers nothing
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	for _, scheme := range []string{"http", "https", "socks5", "socks5h"} {
		for address, want := range map[string]string{"127.0.0.1:1": "connection refused", mute.Addr().String(): "no answer within 200ms"} {
			proxy := &url.URL{Scheme: scheme, Host: address, User: url.UserPassword("me", thePass)}
			c := newClient(t, apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithProxy(http.ProxyURL(proxy)), apptuitclient.WithTimeout(200*time.Millisecond), withoutRetry())
			err := c.Send(t.Context(), numberedPoints(2))
			counted(t, err, 0, 2)
			contains(t, err, "fake.test: proxy "+address+": ", want)
			silent(t, scheme, printable(err)...)
		}
	}
	for host, want := range map[string]string{"http://localhost": "localhost:80", "https://localhost": "localhost:443", "socks5://localhost": "localhost:1080"} {
		proxy, err := url.Parse(host)
		if err != nil {
			t.Fatal(err)
		}
		dead := &http.Transport{Proxy: http.ProxyURL(proxy), DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, syscall.ECONNREFUSED }}
		c := newClient(t, apptuitclient.WithEndpoint("https://fake.test"), apptuitclient.WithHTTPClient(&http.Client{Transport: dead}), withoutRetry())
		contains(t, c.Send(t.Context(), numberedPoints(1)), "fake.test: proxy "+want+": ")
	}
}

// An error that is not the proxy's does not name it.
func TestProxy_IsNotNamedForAFaultOfTheServer(t *testing.T) {
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	proxy := newTunnel(t, func(*http.Request) string { return "" })
	c := newClient(t, apptuitclient.WithEndpoint(s.URL), proxy.option(), withoutRetry())
	err := c.Send(t.Context(), numberedPoints(1))
	contains(t, err, "certificate signed by unknown authority")
	if strings.Contains(err.Error(), "proxy") {
		t.Error(err)
	}
}

// The function for the proxy may parse a URL, and the error of url.Parse quotes the password.
func TestProxy_ErrorsDoNotQuoteItsURL(t *testing.T) {
	address := "http://user:5ecret%zz@127.0.0.1:1"
	proxy := func(*http.Request) (*url.URL, error) { return url.Parse(address) }
	for name, option := range map[string]apptuitclient.Option{
		"WithProxy":      apptuitclient.WithProxy(proxy),
		"WithHTTPClient": apptuitclient.WithHTTPClient(&http.Client{Transport: &http.Transport{Proxy: proxy}}),
	} {
		err := newClient(t, apptuitclient.WithEndpoint("http://fake.test"), withoutRetry(), option).Send(t.Context(), numberedPoints(1))
		if err == nil || strings.Contains(err.Error(), "5ecret") || !strings.Contains(err.Error(), "the proxy is not a URL") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseProxy(t *testing.T) {
	for _, text := range []string{"http://host:3128", "https://host", "socks5://me:pass%2Fword@host:1080", "socks5h://[::1]:1080/"} {
		u, err := client.ParseProxy(text)
		if err != nil || u.String() != text {
			t.Errorf("%q: %v, %v", text, u, err)
		}
	}
	const form = "must look like http://host:port"
	for text, want := range map[string]string{
		"":                         form,
		"host:3128":                form,
		"http://me:pr0xy@":         form,
		"http://me:pr0xy@[host":    form,
		"http://me:pr0xy%zz@host":  form,
		"http://me:pr0xy/x@host:1": form,
		"ftp://me:pr0xy@host":      "the scheme must be http, https, socks5 or socks5h",
		"http://me:123/pr0xy@host": form + ", without a path; special characters of a password must be percent-encoded",
		"http://me:123?pr0xy@host": form + ", without a path; special characters of a password must be percent-encoded",
		"http://me:123#pr0xy@host": form + ", without a path; special characters of a password must be percent-encoded",
	} {
		if u, err := client.ParseProxy(text); err == nil || err.Error() != want || u != nil {
			t.Errorf("%q: %v, %v, want %s", text, u, err, want)
		}
	}
}

// WithProxy and WithHTTPClient override the proxy of a variable.
func TestProxy_OptionsOverrideTheVariable(t *testing.T) {
	refusing := newTunnel(t, func(*http.Request) string { return "HTTP/1.1 503 away\r\n\r\n" })
	variable := "http://me:" + thePass + "@" + refusing.listener.Addr().String()
	for name, tt := range map[string]struct {
		text string
		set  func(*client.Settings)
		want string // in the error of a request, or of New
	}{
		"alone": {variable, func(*client.Settings) {}, "proxy " + refusing.listener.Addr().String()},
		"an option": {variable, func(s *client.Settings) {
			s.Connection.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: "127.0.0.1:1"})
		}, "proxy 127.0.0.1:1: "},
		"an HTTP client": {variable, func(s *client.Settings) {
			s.Connection.HTTPClient = &http.Client{Transport: newFake(t, status(http.StatusTeapot))}
		}, "418"},
		"not a URL": {"me:" + thePass + "@host", func(*client.Settings) {}, "APPTUIT_PROXY: must look like http://host:port"},
	} {
		s := client.NewSettings()
		s.Errors.Status = func(code int, address, message string) error { return fmt.Errorf("%d %s %s", code, address, message) }
		s.Retry.Enabled = false
		s.SetEndpoint("WithEndpoint", "https://fake.test")
		tt.set(s)
		s.AddProxy("APPTUIT_PROXY", tt.text)
		c, err := client.New(s)
		if err == nil {
			err = c.Read(t.Context(), client.Question{Path: "/", Form: "q", Timeout: 10 * time.Second, MaxBytes: 1}, nil)
			c.Close()
		}
		contains(t, err, tt.want)
		silent(t, name, err)
	}
}
