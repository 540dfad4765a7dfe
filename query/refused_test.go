// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/query"
)

// both runs a test with a query in each of the two languages.
func both(t *testing.T, f func(t *testing.T, ask func(testing.TB, *query.Client) error)) {
	t.Helper()
	t.Run("Query", func(t *testing.T) {
		f(t, func(t testing.TB, q *query.Client) error {
			_, err := q.Query(t.Context(), "q", at(1), at(2))
			return err
		})
	})
	t.Run("QueryRange", func(t *testing.T) {
		f(t, func(t testing.TB, q *query.Client) error {
			_, err := q.QueryRange(t.Context(), "q", at(1), at(2), time.Second)
			return err
		})
	})
}

const page = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><h1>Please &amp; quickly</h1></body></html>"

func TestStatusError_ContainsMessage(t *testing.T) {
	both(t, func(t *testing.T, ask func(testing.TB, *query.Client) error) {
		for _, c := range []struct {
			code int
			body string
			text string
		}{
			{400, `{"status":"error","errorType":"bad_data","error":"unknown function rote"}`, ": unknown function rote"},
			{400, `{"error":{"code":400,"message":"Bad query: no such metric","details":"x"}}`, ": Bad query: no such metric"},
			{400, "q is\n  wrong\x00", ": q is wrong"},
			{400, page, "Sign in Please"},
			{400, "", "server answered 400 Bad Request"},
			{403, `{"error":"not yours"}`, ": not yours"},
			{404, "404 page not found\n", ": 404 page not found"},
			{405, "", "server answered 405 Method Not Allowed"},
			{413, "too large", ": too large"},
			{422, `{"status":"error","errorType":"execution","error":"expanding series: limit hit"}`, ": expanding series: limit hit"},
			{501, "", "server answered 501 Not Implemented"},
			{204, "", "server answered 204 No Content"},
			{206, native(""), "server answered 206 Partial Content"},
			{302, "", "redirects to https://other.test/login?…"},
			{418, strings.Repeat("long ", 100_000), "long long"},
		} {
			f := newFake(t, reply{code: c.code, body: c.body, header: []string{"Location", "https://other.test/login?next=x"}})
			err := ask(t, f.client())
			e := statusOf(t, err, c.code)
			contains(t, err, "apptuit: query", c.text)
			same(t, errors.Is(err, apptuitclient.ErrUnauthorized), c.code == 403)
			if len(e.Message) > 4200 || strings.ContainsAny(e.Message, "\n\x00<") {
				t.Errorf("not a short line: %q", e.Message)
			}
			requests := 1
			if f.all()[0].Method == http.MethodPost && (c.code == 403 || c.code == 405 || c.code == 501) {
				requests = 2 // POST and GET
			}
			same(t, len(f.all()), requests, "requests")
		}
	})
}

func TestClient_RejectsHTMLPage(t *testing.T) {
	both(t, func(t *testing.T, ask func(testing.TB, *query.Client) error) {
		for _, body := range []string{page, "\r\n \t" + page, strings.ToLower(page), "<"} {
			f := newFake(t, reply{body: body})
			err := ask(t, f.client())
			statusOf(t, err, 200)
			contains(t, err, "not a query endpoint: ", "server answered 200 OK")
			if len(body) > 1 {
				contains(t, err, "lease &amp; quickly")
			}
			same(t, len(f.all()), 1, "requests")
		}
		f := newFake(t, reply{code: 502, body: page})
		err := ask(t, query.New(f.core(apptuitclient.WithRetry(apptuitclient.RetryConfig{}))))
		contains(t, statusOf(t, err, 502), "Sign in Please")
	})
}

func TestClient_RetriesOverloadedServer(t *testing.T) {
	both(t, func(t *testing.T, ask func(testing.TB, *query.Client) error) {
		good := reply{body: native("")}
		if strings.HasSuffix(t.Name(), "Range") {
			good = reply{body: matrix("")}
		}
		for _, code := range []int{408, 429, 500, 502, 503, 504} {
			synctest.Test(t, func(t *testing.T) {
				busy := reply{code: code, body: `{"status":"error","errorType":"unavailable","error":"too many queries"}`, header: []string{"Retry-After", "7"}}
				f := newFake(t, busy, busy, good)
				if err := ask(t, f.client()); err != nil {
					t.Error(err)
				}
				all := f.all()
				same(t, len(all), 3, "requests")
				for i := 1; i < len(all); i++ {
					if pause := all[i].at.Sub(all[i-1].at); pause < 7*time.Second || pause > 8*time.Second {
						t.Errorf("waited %v", pause)
					}
					same(t, all[i].form, all[0].form)
					same(t, all[i].URL.String(), all[0].URL.String())
				}

				f = newFake(t, busy)
				start := time.Now()
				err := ask(t, f.client())
				contains(t, err, "gave up after", "too many queries")
				statusOf(t, err, code)
				if took := time.Since(start); took > time.Minute || len(f.all()) < 7 {
					t.Errorf("%d requests in %v", len(f.all()), took)
				}

				f = newFake(t, reply{err: errors.New("connection refused by somebody")}, good)
				if err := ask(t, f.client()); err != nil || len(f.all()) != 2 {
					t.Errorf("%v after %d requests", err, len(f.all()))
				}
			})
		}
	})
}

func TestClient_RenewsTokenOnce(t *testing.T) {
	both(t, func(t *testing.T, ask func(testing.TB, *query.Client) error) {
		tokens := 0
		source := apptuitclient.WithTokenSource(func(context.Context) (string, error) {
			tokens++
			return fmt.Sprintf("token-%d", tokens), nil
		})
		accepts := func(token string) *fake {
			return &fake{t: t, answer: func(r *asked) reply {
				switch {
				case r.Header.Get("Authorization") != "Bearer "+token:
					return reply{code: 401, body: "no such token: " + r.Header.Get("Authorization")}
				case r.Method == http.MethodPost:
					return reply{body: matrix("")}
				}
				return reply{body: native("")}
			}}
		}
		f := accepts("token-2")
		if err := ask(t, query.New(f.core(source))); err != nil {
			t.Error(err)
		}
		same(t, len(f.all()), 2, "requests")

		f = accepts("none")
		err := ask(t, query.New(f.core(source)))
		statusOf(t, err, 401)
		is(t, err, apptuitclient.ErrUnauthorized)
		contains(t, err, "no such token: Bearer [redacted]")
		same(t, len(f.all()), 2, "requests")

		f = accepts("none")
		err = ask(t, query.New(f.core(apptuitclient.WithToken("fixed"))))
		is(t, err, apptuitclient.ErrUnauthorized)
		same(t, len(f.all()), 1, "requests with a token that stays")
	})
}

func TestErrors_ContainNoSecrets(t *testing.T) {
	const secret = "s3cr3t-token"
	quoting := strings.NewReplacer("TOKEN", secret)
	for _, body := range []string{
		`{"status":"error","errorType":"TOKEN","error":"TOKEN"}`,
		`{"status":"success","data":{"resultType":"TOKEN","result":[]}}`,
		`{"status":"success","data":{"resultType":"matrix","result":[{"values":[[1,"TOKEN"]]}]}}`,
		`{"outputs":[{"result":[{"dps":[[1,"TOKEN"]]}]}]}`,
		`TOKEN`, `<html>TOKEN</html>`,
	} {
		both(t, func(t *testing.T, ask func(testing.TB, *query.Client) error) {
			for _, code := range []int{200, 400, 401} {
				f := newFake(t, reply{code: code, body: quoting.Replace(body)})
				err := ask(t, query.New(f.core(apptuitclient.WithToken(secret))))
				if err == nil {
					t.Fatalf("%d %s: no error", code, body)
				}
				for _, text := range []string{err.Error(), fmt.Sprintf("%+v %#v", err, err)} {
					if strings.Contains(text, secret) {
						t.Errorf("%d %s: the token is in %s", code, body, text)
					}
				}
			}
		})
	}
}

// memory returns a server in memory and a client for it, for use in a synctest bubble.
func memory(t *testing.T, opts ...query.Option) (*apptuittest.Server, *apptuitclient.Client, *query.Client) {
	t.Helper()
	s := apptuittest.NewMemoryServer()
	t.Cleanup(s.Close)
	core := newCore(t, apptuitclient.WithEndpoint(s.URL), apptuitclient.WithHTTPClient(s.Client()))
	return s, core, query.New(core, opts...)
}

func TestWithTimeout_LimitsOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, q := memory(t, query.WithTimeout(10*time.Second))
		s.Fail(apptuittest.Fault{Hang: true})
		start := time.Now()
		if _, err := q.Query(t.Context(), "fetch('m')", at(1), at(2)); err != nil {
			t.Error(err)
		}
		same(t, len(s.Requests()), 2, "requests")
		if took := time.Since(start); took < 10*time.Second || took > 12*time.Second {
			t.Errorf("took %v", took)
		}

		s.Fail(apptuittest.Fault{Hang: true, Times: 100})
		_, err := q.Query(t.Context(), "fetch('m')", at(1), at(2))
		is(t, err, context.DeadlineExceeded)
		contains(t, err, "gave up after", "no answer within 10s")
	})
}

func TestWithTimeout_Default(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, q := memory(t)
		s.Fail(apptuittest.Fault{Delay: 179 * time.Second}, apptuittest.Fault{Delay: 181 * time.Second})
		if _, err := q.Query(t.Context(), "fetch('m')", at(1), at(2)); err != nil {
			t.Error(err)
		}
		_, err := q.Query(t.Context(), "fetch('m')", at(1), at(2))
		contains(t, err, "no answer within 3m0s")
	})
}

// A query is not repeated if its answer was interrupted.
func TestWithTimeout_EndsAnInterruptedAnswer(t *testing.T) {
	for _, chunked := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s, _, q := memory(t, query.WithTimeout(10*time.Second))
			s.Fail(apptuittest.Fault{Pause: time.Hour, Chunked: chunked})
			_, err := q.Query(t.Context(), "fetch('m')", at(1), at(2))
			is(t, err, context.DeadlineExceeded)
			contains(t, err, "no answer within 10s")
			same(t, len(s.Requests()), 1, "requests")
		})
	}
}

func TestClient_ContextEndsQuery(t *testing.T) {
	why := errors.New("the user has gone")
	for name, fault := range map[string]apptuittest.Fault{
		"before the answer": {Hang: true},
		"in the middle":     {Pause: time.Hour},
		"between attempts":  {Status: 503, RetryAfter: "30"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, core, q := memory(t)
				s.Fail(fault, fault, fault)
				start := time.Now()
				ended := func(err error, targets ...error) {
					t.Helper()
					for _, target := range targets {
						is(t, err, target)
					}
					same(t, time.Since(start), time.Second)
					start = time.Now()
				}

				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Second, func() { cancel(why) })
				_, err := q.Query(ctx, "fetch('m')", at(1), at(2))
				ended(err, context.Canceled, why)

				if fault.Status == 0 { // a retry would start after the deadline
					ctx, stop := context.WithTimeout(t.Context(), time.Second)
					defer stop()
					_, err = q.Query(ctx, "fetch('m')", at(1), at(2))
					ended(err, context.DeadlineExceeded)
				}

				time.AfterFunc(time.Second, func() { core.Close() })
				_, err = q.Query(t.Context(), "fetch('m')", at(1), at(2))
				ended(err, apptuitclient.ErrClosed)
			})
		})
	}
}

func TestClient_SendsNothingAfterClose(t *testing.T) {
	f := newFake(t, reply{body: native("")})
	core := f.core()
	q := query.New(core)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := q.Query(ctx, "q", at(1), at(2))
	is(t, err, context.Canceled)
	core.Close()
	_, err = q.Query(t.Context(), "q", at(1), at(2))
	is(t, err, apptuitclient.ErrClosed)
	_, err = q.QueryRange(t.Context(), "q", at(1), at(2), 0)
	is(t, err, apptuitclient.ErrClosed)
	same(t, len(f.all()), 0, "requests")
}

func TestClient_TruncatedResponse(t *testing.T) {
	for name, fault := range map[string]apptuittest.Fault{
		"by length":  {Truncate: true},
		"in chunks":  {Truncate: true, Chunked: true},
		"with reset": {Truncate: true, Reset: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := apptuittest.NewServer()
			defer s.Close()
			q := query.New(newCore(t, apptuitclient.WithEndpoint(s.URL)))
			fault.Body = native("[1,2],[3,4]")
			s.Fail(fault)
			_, err := q.Query(t.Context(), "q", at(0), time.Time{})
			if got := offset(t, err); !fault.Reset { // a reset can overtake bytes that were sent
				is(t, err, io.ErrUnexpectedEOF)
				same(t, got, int64(len(fault.Body)/2))
			}
			same(t, len(s.Requests()), 1, "requests")
		})
	}
}

// A server may quote the token in errors and warnings.
func TestClient_RemovesSecretsFromAnswers(t *testing.T) {
	const token = "t0ken-5ecret-long"
	for _, padding := range []int{0, 30, 190, 290} {
		pad := strings.Repeat("x", padding)
		for _, body := range []string{
			`{"status":"error","errorType":"` + pad + token + `","error":"no"}`,
			`{"status":"error","errorType":"bad","error":"` + pad + token + `"}`,
			`{"status":"` + pad + token + `"}`,
			`{"status":"success","warnings":["` + pad + token + `"],"data":{"resultType":"matrix","result":[]}}`,
			`{"status":"success","infos":["` + pad + token + `"],"data":{"resultType":"matrix","result":[]}}`,
			`{"status":"success","warnings":["` + pad + token + ` server returned HTTP status 401 Unauthorized"],"data":{"resultType":"matrix","result":[]}}`,
			`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"` + pad + token + `"]]}]}}`,
		} {
			core := newFake(t, reply{body: body}).core(apptuitclient.WithToken(token))
			result, err := query.New(core).QueryRange(t.Context(), "q", at(epoch), at(epoch+60), time.Second)
			if text := fmt.Sprint(result, err); strings.Contains(text, "t0ken") {
				t.Errorf("%s: %s", body, text)
			}
		}
	}
}
