// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
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
func TestTunnelsSeeNoToken(t *testing.T) {
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
func TestErrorsOfConnect(t *testing.T) {
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
func TestBasicHeadersAreDecoded(t *testing.T) {
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
func TestProxiesOfTheEnvironment(t *testing.T) {
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
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProxiesOfTheEnvironment$")
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
