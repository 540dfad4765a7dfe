// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
)

// raw is a server that answers each request with the same bytes, and does not close the
// connection.
func raw(t *testing.T, answer string) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				for {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, r.Body)
					if _, err := io.WriteString(conn, answer); err != nil {
						return
					}
				}
			}()
		}
	}()
	return "http://" + listener.Addr().String()
}

// The body of a 101 is the connection: it has no end, and is not read.
func TestClient_Send_DoesNotHangAfter101(t *testing.T) {
	url := raw(t, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
	c := newClient(t, apptuitclient.WithEndpoint(url))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	e := counted(t, c.Send(ctx, numberedPoints(2)), 0, 2)
	contains(t, e, "not an ingest endpoint", "101 Switching Protocols")
	err := client.Of(c).Read(ctx, client.Question{Path: "/", Timeout: time.Minute, MaxBytes: 1}, func(io.Reader) error { return nil })
	contains(t, err, "101 Switching Protocols")
	if ctx.Err() != nil {
		t.Error("it took all the time there was")
	}
}

// The headers of an answer are limited like its body, and errors of the connection are
// shortened.
func TestClient_Send_LimitsAnswerHeaders(t *testing.T) {
	long := strings.Repeat("a", 4<<20)
	for name, answer := range map[string]string{
		"a status":   "HTTP/1.1 503 " + long + "\r\n\r\n",
		"a header":   "HTTP/1.1 503 x\r\nX: " + long + "\r\n\r\n",
		"a Location": "HTTP/1.1 307 x\r\nLocation: /%zz" + long + "\r\n\r\n",
		"no HTTP":    long,
	} {
		c := newClient(t, apptuitclient.WithEndpoint(raw(t, answer)), withoutRetry())
		err := c.Send(t.Context(), numberedPoints(1))
		counted(t, err, 0, 1)
		if len(err.Error()) > 2000 {
			t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
		}
	}
}

// A large batch whose connection breaks is split, and neither lost nor quarantined, even if
// small batches succeed all the time.
func TestReplay_SplitsALargeBatchBesideSmallTraffic(t *testing.T) {
	for name, refusal := range map[string]func() (answer, error){
		"a 502":   func() (answer, error) { return status(502), nil },
		"a reset": func() (answer, error) { return answer{}, syscall.ECONNRESET },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const n = 4000
				dir := spoolDir(t)
				c := newFake(t, status(503)).spooling(dir)
				send(t, c, widePoints(n)...)
				c.Close()
				s := &limited{limit: 20_000, refusal: refusal}
				c = (&fake{t: t, answer: s.answer(t)}).spooling(dir)
				for range 600 {
					_ = c.Send(t.Context(), []apptuitclient.DataPoint{numbered(n)})
					time.Sleep(time.Second)
				}
				if got := stats(t, c); got.Dropped+got.Rejected > 0 || got.Points > 0 || got.Replayed < n {
					t.Errorf("%+v", got)
				}
			})
		})
	}
}

// After a server has accepted only single points for a while, or has refused one point with
// a text about size, it gets full batches again.
func TestSizeLimit_RecoversAfterSinglePoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sick := true
		f := &fake{t: t, answer: func(c *call) (answer, error) {
			if numbers := c.numbers(t); sick && len(numbers) > 1 {
				return status(413), nil
			}
			return status(204), nil
		}}
		c := f.client()
		send(t, c, numberedPoints(20)...)
		sick = false
		for range 100 {
			time.Sleep(5 * time.Minute)
			send(t, c, numberedPoints(2000)...)
		}
		before := len(f.all())
		send(t, c, numberedPoints(2000)...)
		if n := len(f.all()) - before; n != 1 {
			t.Errorf("%d requests for a batch, hours later", n)
		}
	})
}

// If a server calls all single points too large, its limit is not about size. With a spool,
// no point is lost.
func TestSpool_KeepsPointsWhenEverythingIsTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, over := outageOf(t, always(413))
		c := f.spooling(spoolDir(t))
		for range 5 {
			send(t, c, numberedPoints(1000)...)
		}
		time.Sleep(3 * time.Minute)
		over()
		time.Sleep(time.Hour)
		if s := stats(t, c); s.Points > 0 || s.Dropped > 0 || s.Rejected > 64 { // single points that were refused before others were accepted
			t.Errorf("%+v", s)
		}
	})
}

// A proxy that refuses a tunnel results in an error with a status.
func TestProxy_ReportsTheStatusOfARefusedTunnel(t *testing.T) {
	for code, retryable := range map[int]bool{401: false, 403: false, 404: false, 407: false, 501: false, 502: true, 503: true, 504: true} {
		proxy := newTunnel(t, func(*http.Request) string { return fmt.Sprintf("HTTP/1.1 %d no way\r\n\r\n", code) })
		c := newClient(t, apptuitclient.WithEndpoint("https://fake.test"), proxy.option(), withoutRetry())
		e := counted(t, c.Send(t.Context(), numberedPoints(1)), 0, 1)
		if apptuitclient.Retryable(e) != retryable || e.StatusCode != code {
			t.Errorf("%d: status %d, may be sent again: %v", code, e.StatusCode, apptuitclient.Retryable(e))
		}
		contains(t, e, fmt.Sprintf("proxy %s: server answered %d", proxy.listener.Addr(), code), "no way")
	}
}

// If a token source alternates between two tokens that are refused, it is called at most
// once a minute for each of them.
func TestTokenSource_IsCalledOnceAMinuteForEachToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		c := newFake(t, status(403)).client(withoutRetry(), apptuitclient.WithTokenSource(func(context.Context) (string, error) {
			asked++
			return []string{"one", "two"}[asked%2], nil
		}))
		for range 60 {
			counted(t, c.Send(t.Context(), numberedPoints(1)), 0, 1)
			time.Sleep(time.Second)
		}
		if asked > 5 {
			t.Errorf("asked %d times in a minute", asked)
		}
	})
}

// If the reason for spooling alternates, each change is reported, but not with each probe.
func TestSpool_LimitsReportsOfAlternatingReasons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w warnings
		f := &fake{t: t, answer: func(c *call) (answer, error) { return status([]int{503, 401, 404}[c.n%3]), nil }}
		c := f.spooling(spoolDir(t), w.option())
		for range 3600 {
			send(t, c, numbered(0))
			time.Sleep(time.Second)
		}
		told := w.take()
		if n := len(told); n < 3 || n > 180 {
			t.Errorf("%d warnings in an hour", n)
		}
		for _, status := range []string{"503", "401", "404"} {
			if !slices.ContainsFunc(told, func(text string) bool { return strings.Contains(text, "server answered "+status) }) {
				t.Errorf("%s is not reported", status)
			}
		}
	})
}

// The first Send opens the folder of APPTUIT_SPOOL_DIR, but does not wait for it beyond its
// deadline.
func TestClient_Send_DoesNotWaitForASlowSpool(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("APPTUIT_SPOOL_DIR", dir)
	c := newFake(t, status(204)).client(apptuitclient.WithWarningHandler(func(error) {}))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Send(ctx, numberedPoints(1)); !errors.Is(err, context.Canceled) && err != nil {
		t.Error(err)
	}
	if err := client.Of(c).OpenSpool(); err != nil {
		t.Error(err)
	}
	if _, ok := c.SpoolStats(); !ok {
		t.Error("there is no spool")
	}
}
