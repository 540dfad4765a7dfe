// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

const (
	theToken  = "t0ken-5ecret/+=="
	theHeader = "header-5ecret"
	thePass   = "pr0xy-5ecret"
)

// silent requires that the printed forms of values contain no secret, complete or in part.
func silent(t *testing.T, what string, values ...any) {
	t.Helper()
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			text := fmt.Sprintf(verb, v)
			for _, secret := range []string{
				"5ecret", "t0ken", "pr0xy",
				base64.StdEncoding.EncodeToString([]byte("me:" + theToken))[:12],
				base64.StdEncoding.EncodeToString([]byte("me:" + thePass))[:12],
				fmt.Sprintf("%x", theToken),
			} {
				if strings.Contains(text, secret) {
					t.Errorf("%s: %s shows %q: %.300s", what, verb, secret, text)
				}
			}
		}
	}
}

// printable returns an error, its parts and its causes.
func printable(err error) []any {
	all := []any{err}
	var e *apptuitclient.SendError
	if errors.As(err, &e) {
		all = append(all, *e)
		for i := range e.Errors {
			all = append(all, e.Errors[i], &e.Errors[i])
		}
		for _, cause := range e.Unwrap() {
			for ; cause != nil; cause = errors.Unwrap(cause) {
				all = append(all, cause)
			}
		}
	}
	return all
}

func TestSecrets_AreNotPrintedByTypes(t *testing.T) {
	source := func(context.Context) (string, error) { return theToken, nil }
	proxy := http.ProxyURL(&url.URL{Scheme: "http", Host: "127.0.0.1:1", User: url.UserPassword("me", thePass)})
	opts := []apptuitclient.Option{
		apptuitclient.WithEndpoint("https://fake.test"),
		apptuitclient.WithToken(theToken),
		apptuitclient.WithUserID("me"),
		apptuitclient.WithHeaders(map[string]string{"X-Key": theHeader}),
		apptuitclient.WithProxy(proxy),
	}
	c := newClient(t, opts...)
	silent(t, "a client", c, *c, []any{c}, struct{ C *apptuitclient.Client }{c})
	for _, opt := range append(opts, apptuitclient.WithTokenSource(source)) {
		silent(t, "an option", opt)
	}
	silent(t, "options", opts)
	if got := fmt.Sprintf("%v %#v", c, c); got != "apptuitclient.Client(https://fake.test) apptuitclient.Client(https://fake.test)" {
		t.Errorf("a client is %s", got)
	}
}

// A server may quote parts of the request.
func TestSecrets_AreRemovedFromAnswers(t *testing.T) {
	quote := func(c *call) string {
		return fmt.Sprintf("I got %s and %s, that is %s", c.Header.Get("Authorization"), c.Header.Get("X-Key"), theToken)
	}
	for name, credentials := range map[string][]apptuitclient.Option{
		"bearer": {apptuitclient.WithToken(theToken)},
		"basic":  {apptuitclient.WithToken(theToken), apptuitclient.WithUserID("me")},
		"source": {apptuitclient.WithTokenSource(func(context.Context) (string, error) { return theToken, nil })},
		"header": {apptuitclient.WithHeaders(map[string]string{"Authorization": "Bearer " + theToken, "X-Key": theHeader})},
	} {
		for what, answer := range map[string]func(c *call) (answer, error){
			"text":         func(c *call) (answer, error) { return text(400, quote(c)), nil },
			"login page":   func(c *call) (answer, error) { return text(200, "<html>"+quote(c)), nil },
			"unauthorized": func(c *call) (answer, error) { return text(401, quote(c)), nil },
			"busy":         func(c *call) (answer, error) { return text(503, quote(c)), nil },
			"too large":    func(c *call) (answer, error) { return text(413, quote(c)), nil },
			"a long text": func(c *call) (answer, error) {
				return text(403, strings.Repeat("x", 193)+theToken+strings.Repeat("x", 1840)+quote(c)), nil
			},
			"at the cut": func(c *call) (answer, error) {
				return text(403, strings.Repeat(" ", 2040)+theToken+quote(c)), nil
			},
			"OpenTSDB's error": func(c *call) (answer, error) {
				return text(400, `{"error":{"message":"`+strings.ReplaceAll(quote(c), "/", `\/`)+`"}}`), nil
			},
			"point errors": func(c *call) (answer, error) {
				return text(400, details(0, 2, 0, pointFault{echo(0), quote(c)}, pointFault{echo(1), "Please throttle " + quote(c)})), nil
			},
			"redirect": func(c *call) (answer, error) {
				return status(302, "Location", "/login/"+theToken+"?token="+theToken), nil
			},
			"a failing transport": func(c *call) (answer, error) { return answer{}, errors.New(quote(c)) },
		} {
			f := &fake{t: t, answer: answer}
			err := f.client(append(credentials, withoutRetry())...).Send(t.Context(), numberedPoints(2))
			counted(t, err, 0, 2)
			silent(t, name+", "+what, printable(err)...)
			if what != "redirect" && what != "a long text" && what != "at the cut" {
				contains(t, err, "[redacted]")
			}
		}
	}
}

// The errors of a token source may contain the token that it could not use, or the previous
// one.
func TestSecrets_AreRemovedFromTokenSourceErrors(t *testing.T) {
	cause := errors.New("expired: " + theToken)
	for name, source := range map[string]func(context.Context) (string, error){
		"with the token": func(context.Context) (string, error) { return theToken, cause },
		"unusable":       func(context.Context) (string, error) { return theToken + "\n", nil },
		"the previous token": func() func(context.Context) (string, error) {
			asked := 0
			return func(context.Context) (string, error) {
				if asked++; asked == 1 {
					return theToken, nil
				}
				return "", cause
			}
		}(),
	} {
		f := newFake(t, status(http.StatusUnauthorized))
		err := f.client(withoutRetry(), apptuitclient.WithTokenSource(source)).Send(t.Context(), numberedPoints(2))
		counted(t, err, 0, 2)
		silent(t, name, printable(err)...)
		if name != "unusable" && !errors.Is(err, cause) {
			t.Errorf("%s: the cause is lost: %v", name, err)
		}
	}
}

// Header values remain secret, however many tokens are used.
func TestSecrets_OfHeadersAreNotForgotten(t *testing.T) {
	f := &fake{t: t}
	f.answer = func(c *call) (answer, error) {
		return text(401, c.Header.Get("X-Key")+" "+c.Header.Get("Authorization")), nil
	}
	n := 0
	c := f.client(apptuitclient.WithHeaders(map[string]string{"X-Key": theHeader}),
		apptuitclient.WithUserID("me"),
		apptuitclient.WithTokenSource(func(context.Context) (string, error) { n++; return fmt.Sprint("t0ken", n), nil }))
	for range 50 {
		silent(t, "after many tokens", c.Send(t.Context(), numberedPoints(1)))
	}
	if n < 50 {
		t.Errorf("only %d tokens", n)
	}
}

// A secret may be part of another one.
func TestSecrets_AreRemovedIfOneContainsAnother(t *testing.T) {
	f := newFake(t, text(http.StatusForbidden, "I got "+theToken+"-and-5ecret"))
	c := f.client(apptuitclient.WithToken(theToken), apptuitclient.WithHeaders(map[string]string{"X-Key": theToken + "-and-5ecret"}))
	silent(t, "both", c.Send(t.Context(), numberedPoints(1)))
}

// A proxy gets credentials of its own, and may quote them.
func TestSecrets_OfProxiesAreRemoved(t *testing.T) {
	var got string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Get("Proxy-Authorization")
		w.WriteHeader(http.StatusProxyAuthRequired)
		fmt.Fprintf(w, "%s is not %s", got, thePass)
	}))
	defer proxy.Close()
	u, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("me", thePass)
	nowhere := &url.URL{Scheme: "http", Host: "127.0.0.1:1", User: u.User}
	endpoint := apptuitclient.WithEndpoint("http://fake.test")
	for name, opt := range map[string]apptuitclient.Option{
		"WithProxy":             apptuitclient.WithProxy(http.ProxyURL(u)),
		"WithHTTPClient":        apptuitclient.WithHTTPClient(&http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(u)}}),
		"a proxy that is away":  apptuitclient.WithProxy(http.ProxyURL(nowhere)),
		"a proxy that is wrong": apptuitclient.WithProxy(func(*http.Request) (*url.URL, error) { return nil, fmt.Errorf("no %s", u.Host) }),
	} {
		got = ""
		c := newClient(t, endpoint, opt, withoutRetry(), apptuitclient.WithTimeout(5*time.Second))
		err := c.Send(t.Context(), numberedPoints(2))
		counted(t, err, 0, 2)
		silent(t, name, printable(err)...)
		silent(t, name, c)
		if strings.HasPrefix(name, "With") && got != "Basic "+base64.StdEncoding.EncodeToString([]byte("me:"+thePass)) {
			t.Errorf("%s: the proxy got %q", name, got)
		}
	}
}

func TestSecrets_OfProxyConnectHeaderAreRemoved(t *testing.T) {
	transport := &http.Transport{
		Proxy:              func(*http.Request) (*url.URL, error) { return nil, errors.New("no proxy for " + theHeader) },
		ProxyConnectHeader: http.Header{"Proxy-Authorization": {"Bearer " + theHeader}},
	}
	for name, opts := range map[string][]apptuitclient.Option{
		"given":  {apptuitclient.WithHTTPClient(&http.Client{Transport: transport})},
		"cloned": {apptuitclient.WithHTTPClient(&http.Client{Transport: transport}), apptuitclient.WithProxy(transport.Proxy)},
	} {
		c := newClient(t, append(opts, apptuitclient.WithEndpoint("https://fake.test"), withoutRetry())...)
		err := c.Send(t.Context(), numberedPoints(1))
		contains(t, err, "no proxy for [redacted]")
		silent(t, name, printable(err)...)
	}
}

// Short header values are not treated as secrets: removing them would make texts
// unreadable.
func TestSecrets_ShortHeaderValuesAreKept(t *testing.T) {
	f := newFake(t, text(http.StatusForbidden, "tenant 1 of 10"))
	err := f.client(apptuitclient.WithHeaders(map[string]string{"X-Scope-Orgid": "1"})).Send(t.Context(), numberedPoints(1))
	contains(t, err, "tenant 1 of 10")
}

// A server may quote a secret in another form.
func TestSecrets_AreRemovedWhenEscaped(t *testing.T) {
	const token = `S3cr3t+"T0k/3n<=`
	for _, quoted := range []string{
		fmt.Sprintf("%q", token), url.QueryEscape(token), url.PathEscape(token), html.EscapeString(token),
		strings.TrimRight(token, "="), `S3cr3t+\"T0k\/3n<=`,
	} {
		f := newFake(t, text(http.StatusForbidden, "not with "+quoted+", please"))
		err := f.client(apptuitclient.WithToken(token)).Send(t.Context(), numberedPoints(1))
		if strings.Contains(err.Error(), "S3cr3t") || !strings.Contains(err.Error(), "not with") {
			t.Errorf("%s: %v", quoted, err)
		}
	}
}

// Wherever a long answer is cut, no part of a secret is left.
func TestSecrets_AreRemovedWhereAPageIsCut(t *testing.T) {
	for n := 8192 - 2*len(theToken); n < 8192+len(theToken); n++ {
		f := newFake(t, text(http.StatusForbidden, "<"+strings.Repeat("x", n)+">"+theToken))
		err := f.client(apptuitclient.WithToken(theToken)).Send(t.Context(), numberedPoints(1))
		silent(t, fmt.Sprint(n), err)
	}
}

// A token that is an ordinary word is removed from the server's text, and not from the
// client's own text, nor from names of metrics and hosts.
func TestSecrets_AreKeptInTheClientsOwnText(t *testing.T) {
	for _, word := range []string{"apptuit", "points", "failed", "server", "answered", "fake", "token", "metric", "large", "put"} {
		f := newFake(t, text(400, details(1, 1, 0, pointFault{echo(0), "no " + word + " here"})))
		c := f.client(apptuitclient.WithToken(word))
		e := counted(t, c.Send(t.Context(), numberedPoints(2)), 1, 1)
		if want := "apptuit: 1 point sent, 1 failed with status 400: m{i=0} at 1700000000: no [redacted] here"; e.Error() != want {
			t.Errorf("%s: %v", word, e)
		}
		f = newFake(t, text(404, word+"!"))
		c = f.client(apptuitclient.WithToken(word))
		e = counted(t, c.Send(t.Context(), numberedPoints(2)), 0, 2)
		if want := "apptuit: 0 points sent, 2 failed with status 404: fake.test/api/put: server answered 404 Not Found: [redacted]!"; e.Error() != want {
			t.Errorf("%s: %v", word, e)
		}
		f = newFake(t, status(413))
		c = f.client(apptuitclient.WithToken(word))
		e = counted(t, c.Send(t.Context(), numberedPoints(1)), 0, 1)
		contains(t, e, "m{i=0} at 1700000000: too large for the server by itself, with 70 bytes: fake.test/api/put: server answered 413")
		_, err := apptuitclient.New(apptuitclient.WithEndpoint("ftp://fake.test"), apptuitclient.WithToken(word), apptuitclient.WithTimeout(-1))
		contains(t, err, "apptuit: configuration: WithEndpoint: the scheme must be http or https, as in https://host:port\nWithTimeout: -1ns is not positive")
	}
}

// A token in the encoding of JSON libraries, and a cookie that is quoted by itself, are
// removed.
func TestSecrets_AreRemovedWhenEncoded(t *testing.T) {
	const token = "t0ken<&+5ecret"
	for name, body := range map[string]string{
		"Go's JSON":       `{"error":{"message":"unknown token t0ken\u003c\u0026+5ecret"}}`,
		"upper case":      `{"error":{"message":"unknown token t0ken\u003C\u0026\u002B5ecret"}}`,
		"a page":          `<html>unknown token t0ken&lt;&amp;&#43;5ecret`,
		"a URL":           `unknown token t0ken%3c%26%2b5ecret`,
		"a URL in a page": `<html>unknown token t0ken%3c&#37;26%2b5ecret`,
		"JSON in JSON":    `{"error":{"message":"{\"m\":\"unknown token t0ken\\u003c\\u0026+5ecret\"}"}}`,
		"a cookie":        `unknown token c00kie5ecret`,
	} {
		f := newFake(t, text(403, body))
		c := f.client(apptuitclient.WithToken(token), apptuitclient.WithHeaders(map[string]string{"Cookie": "a=b; id=c00kie5ecret"}))
		err := c.Send(t.Context(), numberedPoints(1))
		contains(t, err, "unknown token [redacted]")
		silent(t, name, printable(err)...)
		if strings.Contains(err.Error(), "kie5") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
