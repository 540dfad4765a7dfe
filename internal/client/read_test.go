// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
)

// readFrom returns a client whose requests are answered by a function.
func readFrom(t *testing.T, answer func(*http.Request) (int, io.Reader), opts ...apptuitclient.Option) *apptuitclient.Client {
	t.Helper()
	return newClient(t, append([]apptuitclient.Option{
		apptuitclient.WithEndpoint("https://fake.test/base"),
		apptuitclient.WithHTTPClient(&http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
			code, body := answer(r)
			return &http.Response{StatusCode: code, Header: http.Header{}, Body: io.NopCloser(body), ContentLength: -1, Request: r}, nil
		})}),
	}, opts...)...)
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func read(path string) client.Question {
	return client.Question{Path: path, Timeout: time.Minute, MaxBytes: 1 << 20}
}

// all reads a body into a string.
func all(text *string) func(io.Reader) error {
	return func(r io.Reader) error {
		b, err := io.ReadAll(r)
		*text = string(b)
		return err
	}
}

func TestClient_Read_Request(t *testing.T) {
	for _, c := range []struct {
		read        client.Question
		method, url string
		form        string
	}{
		{client.Question{Path: "/a/b%2Fc", Query: "x=%20;y"}, "GET", "https://fake.test/base/a/b%2Fc?x=%20;y", ""},
		{client.Question{Path: "/a"}, "GET", "https://fake.test/base/a", ""},
		{client.Question{Path: "/a", Form: "x=1&y=%2B"}, "POST", "https://fake.test/base/a", "x=1&y=%2B"},
		{client.Question{Path: "/a", Query: "z", Form: "x"}, "POST", "https://fake.test/base/a?z", "x"},
	} {
		var got *http.Request
		var form string
		asker := readFrom(t, func(r *http.Request) (int, io.Reader) {
			got = r
			if r.Body != nil {
				form = readText(t, r.Body)
			}
			return 200, strings.NewReader("answer")
		}, apptuitclient.WithToken("secret"), apptuitclient.WithHeaders(map[string]string{"X-Scope": "a"}))
		c.read.Timeout, c.read.MaxBytes = time.Minute, 100
		var text string
		if err := client.Of(asker).Read(t.Context(), c.read, all(&text)); err != nil || text != "answer" {
			t.Errorf("%q, %v", text, err)
		}
		if got.Method != c.method || got.URL.String() != c.url || form != c.form || got.ContentLength != int64(len(c.form)) {
			t.Errorf("%s %s %q of %d bytes, want %s %s %q", got.Method, got.URL, form, got.ContentLength, c.method, c.url, c.form)
		}
		contentType := ""
		if c.form != "" {
			contentType = "application/x-www-form-urlencoded"
		}
		for key, want := range map[string]string{
			"Accept": "application/json", "Authorization": "Bearer secret", "X-Scope": "a", "Content-Type": contentType,
		} {
			if got := got.Header.Get(key); got != want {
				t.Errorf("%s: %q, want %q", key, got, want)
			}
		}
		if agent := got.UserAgent(); !strings.HasPrefix(agent, "apptuit-go/") {
			t.Errorf("User-Agent: %q", agent)
		}
	}
}

func readText(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Error(err)
	}
	return string(b)
}

func TestClient_Read_RefusesAnInvalidPath(t *testing.T) {
	asker := readFrom(t, func(*http.Request) (int, io.Reader) {
		t.Error("a request")
		return 200, strings.NewReader("")
	})
	for _, path := range []string{"/%zz", "/a\nb", "/\x00"} {
		var syntax *url.Error
		if err := client.Of(asker).Read(t.Context(), read(path), all(new(string))); !errors.As(err, &syntax) {
			t.Errorf("%q: %v", path, err)
		}
	}
}

// The header of an answer can end a read before its body is decoded.
func TestClient_Read_ChecksTheHeader(t *testing.T) {
	refused := errors.New("another server")
	code, requests := 200, 0
	asker := readFrom(t, func(*http.Request) (int, io.Reader) {
		requests++
		return code, strings.NewReader("answer")
	})
	for _, want := range []error{nil, refused} {
		q := read("/")
		q.CheckHeader = func(h http.Header) error {
			if h == nil {
				t.Error("no header")
			}
			return want
		}
		var text string
		err := client.Of(asker).Read(t.Context(), q, all(&text))
		if !errors.Is(err, want) || (text == "answer") != (want == nil) {
			t.Errorf("%q, %v, want %v", text, err, want)
		}
	}
	code = 404
	q := read("/")
	q.CheckHeader = func(http.Header) error {
		t.Error("the header of a refusal is checked")
		return nil
	}
	var status *apptuitclient.StatusError
	if err := client.Of(asker).Read(t.Context(), q, all(new(string))); !errors.As(err, &status) {
		t.Error(err)
	}
	if requests != 3 {
		t.Errorf("%d requests, want 3", requests)
	}
}

// The error of a read contains more of the server's message than the error of a put.
func TestClient_Read_ShowsTheWholeMessage(t *testing.T) {
	const secret = "s3cr3t-token"
	for n, complete := range map[int]bool{10: true, 500: true, 5000: false, 50_000: false} {
		words := strings.Repeat("word ", n/5) + secret
		asker := readFrom(t, func(*http.Request) (int, io.Reader) { return 400, strings.NewReader(words) }, apptuitclient.WithToken(secret))
		err := client.Of(asker).Read(t.Context(), read("/"), all(new(string)))
		var status *apptuitclient.StatusError
		if !errors.As(err, &status) || len(status.Message) > 4200 || strings.Contains(status.Message, secret) {
			t.Fatalf("%d bytes: %v", n, err)
		}
		if complete != strings.HasSuffix(status.Message, "word [redacted]") || complete == strings.HasSuffix(status.Message, "…") {
			t.Errorf("%d bytes: a message of %d bytes ends in %q", n, len(status.Message), status.Message[len(status.Message)-20:])
		}
	}
}

func TestClient_Read_IsBounded(t *testing.T) {
	const answer = "0123456789"
	for _, pieces := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader} {
		asker := readFrom(t, func(*http.Request) (int, io.Reader) { return 200, pieces(strings.NewReader(answer)) })
		for bound, want := range map[int64]string{0: "", 1: "0", 9: answer[:9], 10: answer, 11: answer, math.MaxInt64 - 1: answer, math.MaxInt64: answer} {
			r := read("/")
			r.MaxBytes = bound
			var text string
			err := client.Of(asker).Read(t.Context(), r, all(&text))
			if text != want {
				t.Errorf("bound %d: read %q", bound, text)
			}
			if errors.Is(err, client.ErrAnswerTooLarge) != (bound < int64(len(answer))) {
				t.Errorf("bound %d: %v", bound, err)
			}
		}
	}
	asker := readFrom(t, func(*http.Request) (int, io.Reader) { return 200, strings.NewReader("") })
	r := read("/")
	r.MaxBytes = 0
	if err := client.Of(asker).Read(t.Context(), r, all(new(string))); err != nil {
		t.Errorf("nothing is not too large: %v", err)
	}
}

func TestClient_Read_DoesNotRetryADecodeError(t *testing.T) {
	broken := errors.New("cannot make sense of secret-token")
	requests := 0
	asker := readFrom(t, func(*http.Request) (int, io.Reader) {
		requests++
		return 200, strings.NewReader("x")
	}, apptuitclient.WithToken("secret-token"))
	err := client.Of(asker).Read(t.Context(), read("/"), func(io.Reader) error { return broken })
	if !errors.Is(err, broken) || requests != 1 {
		t.Errorf("%v after %d requests", err, requests)
	}
	if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, "secret-token") {
		t.Errorf("the token is in %s", text)
	}
}

func TestClient_Read_RetriesWithTheForm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var forms []string
		asker := readFrom(t, func(r *http.Request) (int, io.Reader) {
			forms = append(forms, readText(t, r.Body))
			if len(forms) < 3 {
				return 503, strings.NewReader("busy")
			}
			return 200, strings.NewReader("good")
		})
		r := read("/")
		r.Form = "q=1"
		var text string
		if err := client.Of(asker).Read(t.Context(), r, all(&text)); err != nil || text != "good" {
			t.Errorf("%q, %v", text, err)
		}
		if got := fmt.Sprint(forms); got != "[q=1 q=1 q=1]" {
			t.Error(got)
		}
	})
}

// Redirects are followed as for puts, if they keep the method and the body.
func TestClient_Read_FollowsRedirects(t *testing.T) {
	var server *httptest.Server
	var asked atomic.Int64
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch r.URL.Path {
		case "/there":
			fmt.Fprint(w, r.Method, readText(t, r.Body))
		case "/307":
			http.Redirect(w, r, "/there", http.StatusTemporaryRedirect)
		case "/308":
			http.Redirect(w, r, server.URL+"/there", http.StatusPermanentRedirect)
		default:
			http.Redirect(w, r, "/there?token=x", http.StatusFound)
		}
	}))
	defer server.Close()
	asker := newClient(t, apptuitclient.WithEndpoint(server.URL))
	for path, form := range map[string]string{"/307": "a=b", "/308": ""} {
		r := read(path)
		r.Form = form
		want := "GET"
		if form != "" {
			want = "POST" + form
		}
		var text string
		if err := client.Of(asker).Read(t.Context(), r, all(&text)); err != nil || text != want {
			t.Errorf("%s: %q, %v", path, text, err)
		}
	}
	before := asked.Load()
	err := client.Of(asker).Read(t.Context(), read("/302"), all(new(string)))
	var status *apptuitclient.StatusError
	if !errors.As(err, &status) || status.StatusCode != http.StatusFound || asked.Load() != before+1 {
		t.Errorf("%v after %d requests", err, asked.Load()-before)
	}
	contains(t, err, "redirects to /there?…")
}

func TestClient_Read_EndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asker := readFrom(t, func(r *http.Request) (int, io.Reader) { return 200, stalled{r.Context()} })
		decoded := errors.New("what the decoder makes of it")
		decode := func(r io.Reader) error {
			_, _ = io.ReadAll(r)
			return decoded
		}
		r := read("/")
		err := client.Of(asker).Read(t.Context(), r, decode)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		contains(t, err, "no answer within 1m0s")

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := client.Of(asker).Read(ctx, r, decode); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		time.AfterFunc(time.Second, func() { asker.Close() })
		if err := client.Of(asker).Read(t.Context(), r, decode); !errors.Is(err, apptuitclient.ErrClosed) {
			t.Error(err)
		}
	})
}

// stalled is a body that never returns a byte.
type stalled struct{ ctx context.Context }

func (s stalled) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}
