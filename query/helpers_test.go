// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	ordered "cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/query"
)

// TestMain removes the variables of the client and of proxies, so that the environment does not affect the tests.
func TestMain(m *testing.M) {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "APPTUIT_") || strings.HasSuffix(strings.ToUpper(name), "_PROXY") {
			_ = os.Unsetenv(name)
		}
	}
	os.Exit(m.Run())
}

// reply is an answer of the fake. The default of code is 200.
type reply struct {
	code   int
	body   string
	header []string  // alternating names and values
	stream io.Reader // instead of the body
	err    error     // instead of an answer
}

// asked is a request that the fake received.
type asked struct {
	*http.Request
	n    int // number of the request, from 0
	at   time.Time
	form url.Values // form in the body
}

// fake is a server that implements http.RoundTripper, so that tests need neither sockets nor time.
type fake struct {
	t      testing.TB
	answer func(*asked) reply

	mu       sync.Mutex
	requests []*asked
}

// newFake returns a fake that answers request n with replies[n], and further requests with the last reply.
func newFake(t testing.TB, replies ...reply) *fake {
	return &fake{t: t, answer: func(r *asked) reply { return replies[min(r.n, len(replies)-1)] }}
}

func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	a := &asked{Request: r, at: time.Now(), form: url.Values{}}
	if r.Body != nil {
		defer r.Body.Close()
		text, err := io.ReadAll(r.Body)
		if err != nil || int64(len(text)) != r.ContentLength {
			f.t.Errorf("read %d bytes of a body of %d: %v", len(text), r.ContentLength, err)
		}
		if a.form, err = url.ParseQuery(string(text)); err != nil {
			f.t.Error(err)
		}
	}
	f.mu.Lock()
	a.n = len(f.requests)
	f.requests = append(f.requests, a)
	f.mu.Unlock()
	answer := f.answer(a)
	if answer.err != nil {
		return nil, answer.err
	}
	body := answer.stream
	if body == nil {
		body = strings.NewReader(answer.body)
	}
	response := &http.Response{
		StatusCode: ordered.Or(answer.code, http.StatusOK), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: io.NopCloser(body), ContentLength: -1, Request: r,
	}
	for i := 0; i < len(answer.header); i += 2 {
		response.Header.Add(answer.header[i], answer.header[i+1])
	}
	return response, nil
}

func (f *fake) all() []*asked {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.requests)
}

// client returns a query client for the fake.
func (f *fake) client(opts ...query.Option) *query.Client {
	f.t.Helper()
	return query.New(f.core(), opts...)
}

func (f *fake) core(opts ...apptuitclient.Option) *apptuitclient.Client {
	f.t.Helper()
	return newCore(f.t, append([]apptuitclient.Option{
		apptuitclient.WithEndpoint("https://fake.test"),
		apptuitclient.WithHTTPClient(&http.Client{Transport: f}),
	}, opts...)...)
}

// newCore returns an apptuitclient.Client that is closed when the test ends.
func newCore(t testing.TB, opts ...apptuitclient.Option) *apptuitclient.Client {
	t.Helper()
	c, err := apptuitclient.New(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// epoch is the time of most points in the tests.
const epoch = 1_700_000_000

func at(seconds int64) time.Time { return time.Unix(seconds, 0) }

// answered returns the result of a query in Apptuit's language with an answer.
func answered(t testing.TB, body string) (*query.Result, error) {
	t.Helper()
	return newFake(t, reply{body: body}).client().Query(t.Context(), "q", at(0), time.Time{})
}

// answeredRange returns the result of a range query with an answer.
func answeredRange(t testing.TB, body string) (*query.Result, error) {
	t.Helper()
	return newFake(t, reply{body: body}).client().QueryRange(t.Context(), "q", at(epoch), at(epoch+60), time.Second)
}

// native returns an answer to a query in Apptuit's language, with one series. points are [time, value] pairs.
func native(points string) string {
	return `{"outputs":[{"id":"o","result":[{"metric":"m","tags":{"k":"v"},"dps":[` + points + `]}]}]}`
}

// matrix returns an answer to a range query, with one series. points are [time, value] pairs.
func matrix(points string) string {
	return `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"m","k":"v"},"values":[` + points + `]}]}}`
}

func succeeds(t testing.TB, r *query.Result, err error) *query.Result {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// same fails the test unless got and want are equal. NaN is equal to NaN.
func same[T any](t testing.TB, got, want T, what ...any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("%s(-want +got):\n%s", fmt.Sprintln(what...), diff)
	}
}

// contains fails the test unless an error contains all texts.
func contains(t testing.TB, err error, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(fmt.Sprint(err), text) {
			t.Errorf("%q is not in %q", text, fmt.Sprint(err))
		}
	}
}

// is fails the test unless an error matches another one.
func is(t testing.TB, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("got %v, want %v", err, target)
	}
}

// statusOf returns an error as a StatusError with the code, or fails the test.
func statusOf(t testing.TB, err error, code int) *apptuitclient.StatusError {
	t.Helper()
	var e *apptuitclient.StatusError
	if !errors.As(err, &e) || e.StatusCode != code {
		t.Fatalf("got %v, want a StatusError of %d", err, code)
	}
	return e
}

// offset returns the offset of a DecodeError, or fails the test.
func offset(t testing.TB, err error) int64 {
	t.Helper()
	var e *query.DecodeError
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a DecodeError", err)
	}
	contains(t, err, fmt.Sprintf("at byte %d: ", e.Offset))
	return e.Offset
}
