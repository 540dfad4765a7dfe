// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// guarded is a server that accepts one token at a time.
type guarded struct {
	*fake
	token atomic.Value
}

func newGuarded(t testing.TB, token string) *guarded {
	t.Helper()
	g := &guarded{}
	g.token.Store(token)
	g.fake = &fake{t: t, answer: func(c *call) (answer, error) {
		if c.Header.Get("Authorization") != "Bearer "+g.token.Load().(string) {
			return text(http.StatusUnauthorized, "who are you?"), nil
		}
		return status(http.StatusNoContent), nil
	}}
	return g
}

// tokens returns the tokens of the requests.
func (f *fake) tokens() []string {
	var tokens []string
	for _, c := range f.all() {
		tokens = append(tokens, c.Header.Get("Authorization"))
	}
	return tokens
}

// source is a token source that counts its calls.
type source struct {
	asked atomic.Int64
	give  func(n int64) (string, error) // n is the number of the call, from 1
}

func (s *source) option() apptuitclient.Option {
	return apptuitclient.WithTokenSource(func(context.Context) (string, error) { return s.give(s.asked.Add(1)) })
}

func TestTokenSource_IsCalledOnce(t *testing.T) {
	g := newGuarded(t, "one")
	s := &source{give: func(int64) (string, error) { return "one", nil }}
	c := g.client(s.option())
	if s.asked.Load() != 0 {
		t.Error("asked before there is a request")
	}
	for range 3 {
		if err := c.Send(t.Context(), numberedPoints(2)); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestTokenSource_IsCalledAgainAfterARotation(t *testing.T) {
	g := newGuarded(t, "token1")
	s := &source{give: func(n int64) (string, error) { return fmt.Sprint("token", n), nil }}
	c := g.client(s.option(), apptuitclient.WithMaxBatchPoints(2))
	for _, token := range []string{"token1", "token2", "token3"} {
		g.token.Store(token)
		if err := c.Send(t.Context(), numberedPoints(4)); err != nil {
			t.Errorf("%s: %v", token, err)
		}
	}
	want := []string{
		"Bearer token1", "Bearer token1",
		"Bearer token1", "Bearer token2", "Bearer token2",
		"Bearer token2", "Bearer token3", "Bearer token3",
	}
	if diff := cmp.Diff(want, g.tokens()); diff != "" {
		t.Error(diff)
	}
}

func TestTokenSource_SecondRefusedTokenEndsRetries(t *testing.T) {
	for _, tt := range []struct {
		name     string
		give     func(n int64) (string, error)
		requests int
	}{
		{"the same again", func(int64) (string, error) { return "wrong", nil }, 1},
		{"other tokens, refused too", func(n int64) (string, error) { return fmt.Sprint("wrong", n), nil }, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := newGuarded(t, "right")
			s := &source{give: tt.give}
			err := g.client(s.option()).Send(t.Context(), numberedPoints(3))
			e := counted(t, err, 0, 3)
			if e.StatusCode != http.StatusUnauthorized || !errors.Is(err, apptuitclient.ErrUnauthorized) || apptuitclient.Retryable(err) {
				t.Errorf("status %d: %v", e.StatusCode, err)
			}
			contains(t, err, "0 points sent, 3 failed with status 401: fake.test/api/put: server answered 401 Unauthorized: who are you?")
			if len(g.all()) != tt.requests || s.asked.Load() != 2 {
				t.Errorf("%d requests, asked %d times", len(g.all()), s.asked.Load())
			}
		})
	}
}

// If the token source fails after a 401, it is called again later.
func TestTokenSource_IsCalledAgainAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuarded(t, "new")
		s := &source{give: func(n int64) (string, error) {
			switch n {
			case 1:
				return "old", nil
			case 2:
				return "", errors.New("the token server is down")
			case 3:
				return "not\nusable", nil
			}
			return "new", nil
		}}
		if err := g.client(s.option()).Send(t.Context(), numberedPoints(3)); err != nil {
			t.Error(err)
		}
		if n := s.asked.Load(); n != 4 {
			t.Errorf("asked %d times", n)
		}
	})
}

func TestTokenSource_LastingFailureIsReportedWithTheRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuarded(t, "right")
		s := &source{give: func(n int64) (string, error) {
			if n > 1 {
				return "", errors.New("the token server is down")
			}
			return "wrong", nil
		}}
		start := time.Now()
		err := g.client(s.option()).Send(t.Context(), numberedPoints(3))
		counted(t, err, 0, 3)
		if !errors.Is(err, apptuitclient.ErrUnauthorized) || !apptuitclient.Retryable(err) || time.Since(start) > time.Minute {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		contains(t, err, "who are you?; token: the token server is down")
	})
}

func TestClient_Send_DoesNotRetryAFixedToken(t *testing.T) {
	for name, opt := range map[string]apptuitclient.Option{
		"token":  apptuitclient.WithToken("wrong"),
		"header": apptuitclient.WithHeaders(map[string]string{"Authorization": "Bearer wrong"}),
		"none":   apptuitclient.WithToken(""),
	} {
		g := newGuarded(t, "right")
		err := g.client(opt).Send(t.Context(), numberedPoints(3))
		counted(t, err, 0, 3)
		if len(g.all()) != 1 || !errors.Is(err, apptuitclient.ErrUnauthorized) {
			t.Errorf("%s: %d requests, %v", name, len(g.all()), err)
		}
	}
}

func TestTokenSource_FailureIsRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := errors.New("the token server is down")
		g := newGuarded(t, "right")
		s := &source{give: func(n int64) (string, error) {
			if n < 4 {
				return "", down
			}
			return "right", nil
		}}
		if err := g.client(s.option()).Send(t.Context(), numberedPoints(3)); err != nil {
			t.Error(err)
		}
		if s.asked.Load() != 4 || len(g.all()) != 1 {
			t.Errorf("asked %d times, %d requests", s.asked.Load(), len(g.all()))
		}

		never := &source{give: func(int64) (string, error) { return "", down }}
		err := g.client(never.option()).Send(t.Context(), numberedPoints(3))
		counted(t, err, 0, 3)
		if !errors.Is(err, down) || !apptuitclient.Retryable(err) {
			t.Errorf("the cause is lost: %v", err)
		}
	})
}

// A token source that blocks is limited by the request's timeout, also after a 401.
func TestTokenSource_TimesOut(t *testing.T) {
	for _, first := range []string{"", "wrong"} {
		synctest.Test(t, func(t *testing.T) {
			g := newGuarded(t, "right")
			asked := 0
			c := g.client(apptuitclient.WithTimeout(10*time.Second), withoutRetry(),
				apptuitclient.WithTokenSource(func(ctx context.Context) (string, error) {
					if asked++; asked == 1 && first != "" {
						return first, nil
					}
					<-ctx.Done()
					return "", ctx.Err()
				}))
			start := time.Now()
			err := c.Send(context.Background(), numberedPoints(3))
			counted(t, err, 0, 3)
			if took := time.Since(start); took != 10*time.Second || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("after %v: %v", took, err)
			}
		})
	}
}

// The source is called once for each refused token, however many requests it is refused
// for.
func TestTokenSource_IsCalledOnceForConcurrent401s(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const senders = 8
		g := newGuarded(t, "token1")
		s := &source{give: func(n int64) (string, error) {
			time.Sleep(time.Second) // the other requests are refused meanwhile
			return fmt.Sprint("token", n), nil
		}}
		c := g.client(s.option())
		for n, token := range []string{"token1", "token2", "token3"} {
			g.token.Store(token)
			var sends sync.WaitGroup
			for range senders {
				sends.Go(func() {
					if err := c.Send(t.Context(), numberedPoints(3)); err != nil {
						t.Error(err)
					}
				})
			}
			sends.Wait()
			if got := s.asked.Load(); got != int64(n+1) {
				t.Errorf("asked %d times for %s", got, token)
			}
		}
	})
}

func TestTokenSource_WaitEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuarded(t, "right")
		release := make(chan struct{})
		c := g.client(apptuitclient.WithTokenSource(func(context.Context) (string, error) {
			<-release // ignores its context
			return "right", nil
		}))
		var first sync.WaitGroup
		first.Go(func() { _ = c.Send(t.Context(), numberedPoints(1)) })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		err := c.Send(ctx, numberedPoints(3))
		counted(t, err, 0, 3)
		if took := time.Since(start); took != time.Second || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after %v: %v", took, err)
		}
		close(release)
		first.Wait()
	})
}

func TestTokenFile_IsReadAgainWhenItChanges(t *testing.T) {
	name := filepath.Join(t.TempDir(), "token")
	write := func(text string, modified int64) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, time.Time{}, time.Unix(modified, 0)); err != nil {
			t.Fatal(err)
		}
	}
	write("token1\n", 1)
	g := newGuarded(t, "token1")
	c := g.client(apptuitclient.WithTokenFile(name))
	send := func(what, token string, requests int) {
		t.Helper()
		g.token.Store(token)
		before := len(g.all())
		if err := c.Send(t.Context(), numberedPoints(1)); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if n := len(g.all()) - before; n != requests {
			t.Errorf("%s: %d requests, want %d", what, n, requests)
		}
	}
	send("at first", "token1", 1)
	write("  token22\t\r\n", 2)
	send("another time and size", "token22", 1)
	write("token33", 2)
	send("another size", "token33", 1)
	write("token44", 2)
	send("nothing to see: found by the 401", "token44", 2)
	write("token55", 3)
	send("another time", "token55", 1)
	write("", 4)
	send("empty, as while it is written", "token55", 1)
	write("two tokens", 5)
	send("unusable", "token55", 1)
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	send("gone", "token55", 1)
	g.token.Store("token66")
	err := c.Send(t.Context(), numberedPoints(1))
	counted(t, err, 0, 1)
	if !errors.Is(err, apptuitclient.ErrUnauthorized) {
		t.Errorf("gone, and the last token is refused: %v", err)
	}
	write("token66", 6)
	send("back", "token66", 1)
}

func TestTokenFile_IsThePasswordOfTheUser(t *testing.T) {
	name := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(name, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := sendOne(t, apptuitclient.WithTokenFile(name), apptuitclient.WithUserID("me"))
	if user, token, ok := c.BasicAuth(); !ok || user != "me" || token != "secret" {
		t.Errorf("%s, %s", user, token)
	}
}
