// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// tokenFile is a file that is overwritten, or replaced like a secret that is mounted into a
// container.
type tokenFile struct {
	t    *testing.T
	name string
}

func newTokenFile(t *testing.T, token string) tokenFile {
	t.Helper()
	f := tokenFile{t, filepath.Join(t.TempDir(), "token")}
	f.write(token, false)
	return f
}

func (f tokenFile) write(token string, replace bool) {
	f.t.Helper()
	name := f.name
	if replace {
		name += ".new"
	}
	err := os.WriteFile(name, []byte(token+"\n"), 0o600)
	if err == nil && replace {
		err = os.Rename(name, f.name)
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

// newSlowGuarded starts a server that accepts one token at a time, and checks it after a
// delay, so that the token may change meanwhile.
func newSlowGuarded(t *testing.T, token string) *guarded {
	t.Helper()
	g := newGuarded(t, token)
	now := g.answer
	g.answer = func(c *call) (answer, error) {
		time.Sleep(time.Duration(5+c.n%10) * time.Millisecond)
		return now(c)
	}
	return g
}

// taken returns how often each point was accepted with the token that was current.
func (g *guarded) taken(statuses map[*call]int) map[string]int {
	points := map[string]int{}
	for _, c := range g.all() {
		if statuses[c] == http.StatusNoContent {
			for _, p := range c.points(g.t) {
				points[fmt.Sprint(p.Metric, p.Tags["i"], p.Timestamp)]++
			}
		}
	}
	return points
}

// noting makes a fake record its answers.
func (f *fake) noting() map[*call]int {
	var mu sync.Mutex
	statuses := map[*call]int{}
	answers := f.answer
	f.answer = func(c *call) (answer, error) {
		a, err := answers(c)
		mu.Lock()
		defer mu.Unlock()
		statuses[c] = a.code
		return a, err
	}
	return statuses
}

// A token is rotated during concurrent Sends with requests in flight. The file is written at
// the moment when the server changes its token, immediately before it.
func TestTokenFile_RotationsLoseNoPoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const senders, rotations, n = 8, 20, 25
		file := newTokenFile(t, "token00")
		g := newSlowGuarded(t, "token00")
		statuses := g.noting()
		c := g.client(apptuitclient.WithTokenFile(file.name), apptuitclient.WithMaxBatchPoints(10))
		var rounds [senders]atomic.Int64
		var stop atomic.Bool
		var sends sync.WaitGroup
		for s := range senders {
			sends.Go(func() {
				for !stop.Load() {
					points := numberedPoints(n)
					for i := range points {
						points[i].Metric = fmt.Sprintf("s%d_%d_", s, rounds[s].Load())
					}
					if err := c.Send(t.Context(), points); err != nil {
						t.Errorf("round %d of %d: %v", rounds[s].Load(), s, err)
					}
					rounds[s].Add(1)
				}
			})
		}
		random := rand.New(rand.NewPCG(6, 1))
		for r := range rotations {
			// longer than a request and its repetition, because the file is read once per
			// refused token
			time.Sleep(50*time.Millisecond + time.Duration(random.IntN(int(50*time.Millisecond))))
			token := fmt.Sprintf("token%02d", r+1)
			file.write(token, r%2 == 0)
			g.token.Store(token)
		}
		time.Sleep(50 * time.Millisecond)
		stop.Store(true)
		sends.Wait()
		refused, want := 0, 0
		for _, code := range statuses {
			if code == http.StatusUnauthorized {
				refused++
			}
		}
		for s := range rounds {
			want += n * int(rounds[s].Load())
		}
		taken := g.taken(statuses)
		for p, times := range taken {
			if times != 1 {
				t.Errorf("%s was taken %d times", p, times)
			}
		}
		t.Logf("%d points in %d requests, of which %d came with the token before", want, len(statuses), refused)
		if len(taken) != want || refused < rotations {
			t.Errorf("%d points were taken, want %d; %d requests were refused, want at least one a rotation", len(taken), want, refused)
		}
	})
}

// The server knows the new token before the file has it. Without a spool the points sent
// meanwhile are refused; with one they wait for the new token.
func TestTokenFile_SpoolBridgesALateRotation(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		const n = 10
		file := newTokenFile(t, "token0")
		g := newSlowGuarded(t, "token0")
		statuses := g.noting()
		var warned []error
		c := g.client(apptuitclient.WithTokenFile(file.name), apptuitclient.WithSpool(dir), apptuitclient.WithWarningHandler(func(err error) { warned = append(warned, err) }))
		want := 0
		send := func() {
			t.Helper()
			points := numberedPoints(n)
			for i := range points {
				points[i].Metric = fmt.Sprintf("m%d_", want)
			}
			want += n
			if err := c.Send(t.Context(), points); err != nil {
				t.Errorf("Send: %v", err)
			}
		}
		const rotations = 4
		for r := range rotations {
			send()
			token := fmt.Sprintf("token%d", r+1)
			g.token.Store(token)
			for range 5 { // while the file has the old token
				send()
				time.Sleep(time.Second)
			}
			if s, _ := c.SpoolStats(); s.Points == 0 {
				t.Errorf("rotation %d: nothing is spooled in the gap: %+v", r, s)
			}
			file.write(token, r%2 == 0)
			time.Sleep(2 * time.Minute)
			if s, _ := c.SpoolStats(); s.Points != 0 || s.Dropped+s.Rejected != 0 {
				t.Errorf("rotation %d: two minutes after it, the spool has %+v", r, s)
			}
		}
		c.Close()
		taken := g.taken(statuses)
		for p, times := range taken {
			if times != 1 {
				t.Errorf("%s was taken %d times", p, times)
			}
		}
		if len(taken) != want {
			t.Errorf("%d points were taken, want %d", len(taken), want)
		}
		// The spool reports the reason, and its end, once per rotation.
		began, over := 0, 0
		for _, err := range warned {
			silent(t, "a warning", err)
			switch {
			case errors.Is(err, apptuitclient.ErrUnauthorized):
				began++
			case strings.Contains(err.Error(), "is empty again"):
				over++
			default:
				t.Errorf("a warning: %v", err)
			}
		}
		if began != rotations || over != rotations {
			t.Errorf("%d times it said that the token is refused, %d times that it is over, want %d: %v", began, over, rotations, warned)
		}
	})
}

// A delivery that takes longer than a token is valid uses the next token, too.
func TestTokenFile_SeveralRotationsWithinOneSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuarded(t, "token1")
		s := &source{give: func(n int64) (string, error) { return fmt.Sprint("token", n), nil }}
		checked := g.answer
		g.answer = func(c *call) (answer, error) {
			if a, err := checked(c); err != nil || a.code != http.StatusNoContent || c.n > 20 {
				return a, err
			}
			return status(http.StatusServiceUnavailable), nil
		}
		rotations := 2
		stop := make(chan struct{})
		go func() {
			for next := 2; ; next++ {
				select {
				case <-stop:
					return
				case <-time.After(time.Minute):
					g.token.Store(fmt.Sprint("token", next))
					rotations = next
				}
			}
		}()
		c := g.client(s.option(), apptuitclient.WithRetry(apptuitclient.RetryConfig{Enabled: true, MaxInterval: 30 * time.Second}))
		if err := c.Send(t.Context(), numberedPoints(3)); err != nil {
			t.Errorf("after %d requests: %v", len(g.all()), err)
		}
		close(stop)
		synctest.Wait()
		if rotations < 3 {
			t.Errorf("the token was rotated to %d only", rotations)
		}
	})
}

// A file can be replaced by one with the same size and time, for example by a link into an
// image whose files all have the same time.
func TestTokenFile_IsReadAgainIfOnlyItsIdentityChanges(t *testing.T) {
	file := newTokenFile(t, "token1")
	f := newFake(t, status(http.StatusNoContent))
	c := f.client(apptuitclient.WithTokenFile(file.name))
	for _, token := range []string{"token1", "token2"} {
		file.write(token, token != "token1")
		if err := os.Chtimes(file.name, time.Time{}, time.Unix(1, 0)); err != nil {
			t.Fatal(err)
		}
		send(t, c, numbered(0))
		if got := f.all()[len(f.all())-1].Header.Get("Authorization"); got != "Bearer "+token {
			t.Errorf("Authorization is %q, want %s", got, token)
		}
	}
}
