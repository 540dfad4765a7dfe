// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// waits returns the durations between the requests to a fake.
func (f *fake) waits() []time.Duration {
	var waits []time.Duration
	calls := f.all()
	for i := 1; i < len(calls); i++ {
		waits = append(waits, calls[i].at.Sub(calls[i-1].at))
	}
	return waits
}

// unavailable returns a fake that answers n requests with a status, and accepts the others.
func unavailable(t testing.TB, n int, headers ...string) *fake {
	t.Helper()
	return &fake{t: t, answer: func(c *call) (answer, error) {
		if c.n < n {
			return text(http.StatusServiceUnavailable, "busy", headers...), nil
		}
		return status(http.StatusNoContent), nil
	}}
}

// Each delay is a random part of a bound that doubles from 1 s to 30 s.
func TestRetry_DelaysAreRandomBelowADoublingBound(t *testing.T) {
	bounds := []int{1, 2, 4, 8, 16, 30, 30, 30}
	low, high := 0, 0
	for range 40 {
		synctest.Test(t, func(t *testing.T) {
			f := unavailable(t, len(bounds))
			c := f.client(apptuitclient.WithRetry(apptuitclient.RetryConfig{Enabled: true}))
			if err := c.Send(context.Background(), numberedPoints(1)); err != nil {
				t.Fatal(err)
			}
			for i, wait := range f.waits() {
				bound := time.Duration(bounds[i]) * time.Second
				if wait <= 0 || wait > bound {
					t.Errorf("wait %d is %v, its bound %v", i, wait, bound)
				}
				if wait < bound/4 {
					low++
				}
				if wait > bound*3/4 {
					high++
				}
			}
		})
	}
	if low < 30 || high < 30 { // 80 of 320 are expected
		t.Errorf("%d waits are short and %d long: not the whole bound is used", low, high)
	}
}

func TestRetry_BackoffIntervals(t *testing.T) {
	for _, tt := range []struct {
		initial, most time.Duration
		bounds        []int // milliseconds
	}{
		{100 * time.Millisecond, time.Second, []int{100, 200, 400, 800, 1000, 1000}},
		{100 * time.Millisecond, 300 * time.Millisecond, []int{100, 200, 300, 300}},
		{500 * time.Millisecond, 100 * time.Millisecond, []int{100, 100}},
		{time.Minute, 0, []int{60_000, 60_000}}, // above the default of MaxInterval
	} {
		for range 20 {
			synctest.Test(t, func(t *testing.T) {
				f := unavailable(t, len(tt.bounds))
				c := f.client(apptuitclient.WithRetry(apptuitclient.RetryConfig{Enabled: true, InitialInterval: tt.initial, MaxInterval: tt.most}))
				if err := c.Send(context.Background(), numberedPoints(1)); err != nil {
					t.Fatal(err)
				}
				for i, wait := range f.waits() {
					if wait <= 0 || wait > time.Duration(tt.bounds[i])*time.Millisecond {
						t.Errorf("from %v to %v: wait %d is %v", tt.initial, tt.most, i, wait)
					}
				}
			})
		}
	}
}

func TestRetry_HonoursRetryAfter(t *testing.T) {
	for _, tt := range []struct {
		name   string
		header func() string
		least  time.Duration
		most   time.Duration
	}{
		{"seconds", func() string { return "20" }, 20 * time.Second, 21 * time.Second},
		{"a date", func() string { return time.Now().Add(20 * time.Second).UTC().Format(http.TimeFormat) }, 19 * time.Second, 21 * time.Second},
		{"zero", func() string { return "0" }, 1, time.Second},
		{"negative", func() string { return "-20" }, 1, time.Second},
		{"a date that has passed", func() string { return "Fri, 01 Jan 1999 00:00:00 GMT" }, 1, time.Second},
		{"nonsense", func() string { return "soon" }, 1, time.Second},
		{"none", func() string { return "" }, 1, time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := unavailable(t, 1, "Retry-After", tt.header())
			if err := f.client().Send(t.Context(), numberedPoints(1)); err != nil {
				t.Fatal(err)
			}
			if wait := f.waits()[0]; wait < tt.least || wait > tt.most {
				t.Errorf("%s: waited %v, want %v to %v", tt.name, wait, tt.least, tt.most)
			}
		})
	}
}

// A retry that would start after the deadline is not waited for.
func TestRetry_DoesNotWaitBeyondTheDeadline(t *testing.T) {
	for _, header := range []string{
		"61", "3600", "2147483648", "9223372036854775807", "99999999999999999999",
		"Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 2300 00:00:00 GMT",
	} {
		for name, opts := range map[string][]apptuitclient.Option{
			"MaxElapsedTime": nil,
			"deadline":       {apptuitclient.WithRetry(apptuitclient.RetryConfig{Enabled: true})},
		} {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				if name == "deadline" {
					ctx, cancel = context.WithTimeout(t.Context(), 60*time.Second)
				}
				defer cancel()
				start := time.Now()
				f := unavailable(t, 1, "Retry-After", header)
				err := f.client(opts...).Send(ctx, numberedPoints(3))
				counted(t, err, 0, 3)
				contains(t, err, "gave up after 1 attempt", "503 Service Unavailable: busy")
				if took := time.Since(start); took != 0 || len(f.all()) != 1 {
					t.Errorf("%s, %s: %d requests in %v", header, name, len(f.all()), took)
				}
				if !apptuitclient.Retryable(err) {
					t.Errorf("%s, %s: may not be sent again", header, name)
				}
			})
		}
	}
}

func TestRetry_EndsAfterMaxElapsedTime(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			f := newFake(t, status(http.StatusBadGateway))
			err := f.client(apptuitclient.WithRetry(apptuitclient.RetryConfig{Enabled: true, MaxElapsedTime: 10 * time.Second})).
				Send(t.Context(), numberedPoints(3))
			e := counted(t, err, 0, 3)
			contains(t, err, "would start more than 10s after the first", "server answered 502")
			calls := f.all()
			if last := calls[len(calls)-1].at.Sub(start); last > 10*time.Second || time.Since(start) != last {
				t.Errorf("the last attempt was at %v, the end at %v", last, time.Since(start))
			}
			if e.StatusCode != http.StatusBadGateway || len(calls) < 3 {
				t.Errorf("status %d after %d requests", e.StatusCode, len(calls))
			}
		})
	}
}

func TestRetry_DisabledMakesOneRequest(t *testing.T) {
	f := unavailable(t, 1)
	err := f.client(withoutRetry()).Send(t.Context(), numberedPoints(3))
	e := counted(t, err, 0, 3)
	if len(f.all()) != 1 || e.StatusCode != 503 || !apptuitclient.Retryable(err) {
		t.Errorf("%d requests, status %d, may be sent again: %v", len(f.all()), e.StatusCode, apptuitclient.Retryable(err))
	}
}

// hang is a server that does not answer.
func hang(c *call) (answer, error) {
	<-c.Context().Done()
	return answer{}, c.Context().Err()
}

func TestRetry_AfterARequestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{t: t, answer: func(c *call) (answer, error) {
			if c.n < 2 {
				return hang(c)
			}
			return status(http.StatusNoContent), nil
		}}
		if err := f.client(apptuitclient.WithTimeout(5*time.Second)).Send(t.Context(), numberedPoints(3)); err != nil {
			t.Fatal(err)
		}
		for i, wait := range f.waits() {
			if bound := 5*time.Second + time.Second<<i; wait <= 5*time.Second || wait > bound {
				t.Errorf("request %d was given up after %v", i, wait)
			}
		}
	})
}

func TestClient_Send_NamesTheRequestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{t: t, answer: hang}
		start := time.Now()
		err := f.client(withoutRetry()).Send(t.Context(), numberedPoints(3))
		e := counted(t, err, 0, 3)
		contains(t, err, "3 failed: fake.test: no answer within 1m0s")
		if took := time.Since(start); took != time.Minute || e.StatusCode != 0 {
			t.Errorf("after %v, status %d", took, e.StatusCode)
		}
		if !errors.Is(err, context.DeadlineExceeded) || !apptuitclient.Retryable(err) {
			t.Errorf("no timeout: %v", err)
		}
	})
}

func TestClient_Send_ReturnsByTheDeadline(t *testing.T) {
	for name, answer := range map[string]func(*call) (answer, error){
		"hanging": hang,
		"busy":    func(*call) (answer, error) { return status(http.StatusTooManyRequests), nil },
		"slow body": func(c *call) (answer, error) {
			r := status(http.StatusOK)
			r.stream = io.NopCloser(blocking{c.Context()})
			return r, nil
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
			defer cancel()
			start := time.Now()
			f := &fake{t: t, answer: answer}
			c := f.client(apptuitclient.WithMaxBatchPoints(2), apptuitclient.WithRetry(apptuitclient.RetryConfig{Enabled: true}))
			err := c.Send(ctx, numberedPoints(9))
			counted(t, err, 0, 9)
			if took := time.Since(start); took > 7*time.Second || name == "hanging" && took != 7*time.Second {
				t.Errorf("%s: it took %v", name, took)
			}
			if name != "busy" && !errors.Is(err, context.DeadlineExceeded) || !apptuitclient.Retryable(err) {
				t.Errorf("%s: no deadline in %v", name, err)
			}
		})
	}
}

// blocking is a body without an end.
type blocking struct{ ctx context.Context }

func (b blocking) Read([]byte) (int, error) {
	<-b.ctx.Done()
	return 0, b.ctx.Err()
}

func TestRetry_CancelEndsTheDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("the program ends")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(3*time.Second, func() { cancel(why) })
		start := time.Now()
		f := unavailable(t, 100, "Retry-After", "30")
		err := f.client().Send(ctx, numberedPoints(3))
		counted(t, err, 0, 3)
		if took := time.Since(start); took != 3*time.Second || !errors.Is(err, why) {
			t.Errorf("after %v: %v", took, err)
		}
		contains(t, err, "the program ends (context canceled) after 1 attempt: fake.test/api/put: server answered 503")
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v is not context.Canceled", err)
		}
	})
}

func TestClient_Send_MakesNoRequestAfterTheContextEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f := newFake(t, status(http.StatusNoContent))
	err := f.client().Send(ctx, numberedPoints(3))
	counted(t, err, 0, 3)
	if len(f.all()) != 0 || !errors.Is(err, context.Canceled) || !apptuitclient.Retryable(err) {
		t.Errorf("%d requests: %v", len(f.all()), err)
	}
}

func TestRetry_AfterNetworkErrors(t *testing.T) {
	for _, broken := range []error{
		&net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET},
		&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED},
		&net.DNSError{Err: "no such host", Name: "fake.test", IsNotFound: true},
		io.EOF, io.ErrUnexpectedEOF,
		errors.New("anything"),
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{t: t, answer: func(c *call) (answer, error) {
				if c.n < 3 {
					return answer{}, broken
				}
				return status(http.StatusNoContent), nil
			}}
			if err := f.client().Send(t.Context(), numberedPoints(3)); err != nil || len(f.all()) != 4 {
				t.Errorf("%v: %d requests, %v", broken, len(f.all()), err)
			}
			f = &fake{t: t, answer: func(*call) (answer, error) { return answer{}, broken }}
			err := f.client().Send(t.Context(), numberedPoints(3))
			if e := counted(t, err, 0, 3); !errors.Is(err, broken) || e.StatusCode != 0 || !apptuitclient.Retryable(err) {
				t.Errorf("status %d: %v", e.StatusCode, err)
			}
		})
	}
}

func TestRetry_AfterConnectionResets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := apptuittest.NewMemoryServer()
		defer s.Close()
		c := newClient(t, apptuitclient.WithEndpoint(s.URL), apptuitclient.WithHTTPClient(s.Client()))
		s.Fail(
			apptuittest.Fault{Reset: true},
			apptuittest.Fault{Truncate: true},
			apptuittest.Fault{Truncate: true, Reset: true},
			apptuittest.Fault{Status: 400, Body: details(1, 2, 0), Truncate: true},
		)
		if err := c.Send(t.Context(), numberedPoints(3)); err != nil || s.Total() != 3 {
			t.Errorf("%d points stored: %v", s.Total(), err)
		}
		if n := len(s.Requests()); n != 5 {
			t.Errorf("%d requests", n)
		}
	})
}

// An untrusted certificate is not retried.
func TestRetry_NotAfterTLSFailures(t *testing.T) {
	h := apptuittest.NewHandler()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	plain := httptest.NewServer(h)
	defer plain.Close()

	for _, tt := range []struct {
		name     string
		endpoint string
		config   *tls.Config
		want     string // empty for success
	}{
		{"unknown authority", s.URL, nil, "certificate"},
		{"another name", s.URL, &tls.Config{RootCAs: roots, ServerName: "other.test"}, "other.test"},
		{"no TLS", "https" + plain.URL[len("http"):], nil, "HTTP response to HTTPS client"},
		{"trusted", s.URL, &tls.Config{RootCAs: roots}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := h.Total()
			c := newClient(t, apptuitclient.WithEndpoint(tt.endpoint), apptuitclient.WithToken("secret"), apptuitclient.WithTLSClientConfig(tt.config))
			err := c.Send(t.Context(), numberedPoints(3))
			if tt.want == "" {
				if err != nil || h.Total() != before+3 {
					t.Errorf("%d points more, %v", h.Total()-before, err)
				}
				return
			}
			counted(t, err, 0, 3)
			contains(t, err, tt.want)
			if apptuitclient.Retryable(err) || h.Total() != before {
				t.Errorf("may be sent again: %v, %d points more", apptuitclient.Retryable(err), h.Total()-before)
			}
		})
	}
}

// If time runs out during an attempt, the error contains the server's last answer.
func TestRetry_ErrorContainsTheLastAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{t: t, answer: func(c *call) (answer, error) {
			if c.n == 0 {
				return text(http.StatusInternalServerError, "database not found"), nil
			}
			<-c.Context().Done()
			return answer{}, c.Context().Err()
		}}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		err := f.client().Send(ctx, numberedPoints(3))
		if e := counted(t, err, 0, 3); e.StatusCode != http.StatusInternalServerError || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("status %d: %v", e.StatusCode, err)
		}
		contains(t, err, "deadline exceeded; an earlier attempt failed with: ", "database not found")
	})
}
