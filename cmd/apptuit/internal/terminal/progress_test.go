// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// screen records the output to a terminal. It may be used concurrently.
type screen struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// lines are the lines that the screen shows: a carriage return with an erasure begins the last
// line again.
func (s *screen) lines() []string {
	lines := strings.Split(s.String(), "\n")
	for i, l := range lines {
		if at := strings.LastIndex(l, clearLine); at >= 0 {
			lines[i] = l[at+len(clearLine):]
		}
	}
	return lines
}

func TestProgress_IsShownAfterASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &screen{}
		p := newProgress(s, 80)
		defer p.Stop()
		p.Set("sent %d of %d points", 5, 9)
		time.Sleep(progressAfter - time.Millisecond)
		synctest.Wait()
		if got := s.String(); got != "" {
			t.Errorf("after less than a second there is %q", got)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := s.lines(); len(got) != 1 || got[0] != "sent 5 of 9 points (2s)" {
			t.Errorf("the screen has %q", got)
		}
		p.Set("sent 9 of 9 points")
		time.Sleep(progressEvery)
		synctest.Wait()
		if got := s.lines(); got[0] != "sent 9 of 9 points (2s)" {
			t.Errorf("the screen has %q", got)
		}
		p.Stop()
		if got := s.lines(); len(got) != 1 || got[0] != "" {
			t.Errorf("after Stop the screen has %q", got)
		}
		before := s.String()
		time.Sleep(time.Minute)
		if s.String() != before {
			t.Error("the line is drawn after Stop")
		}
	})
}

func TestProgress_MakesRoomForOutput(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &screen{}
		p := newProgress(s, 80)
		defer p.Stop()
		stdout := p.Around(s)
		p.Set("working")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if _, err := stdout.Write([]byte("a result\n")); err != nil {
			t.Error(err)
		}
		if got := s.lines(); len(got) != 2 || got[0] != "a result" || got[1] != "" {
			t.Errorf("the screen has %q", got)
		}
		time.Sleep(progressEvery)
		synctest.Wait()
		if got := s.lines(); got[1] != "working (2s)" {
			t.Errorf("the screen has %q", got)
		}
	})
}

func TestProgress_FitsTheTerminal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &screen{}
		p := newProgress(s, 10)
		defer p.Stop()
		p.Set("%s", strings.Repeat("ä", 30))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := s.lines()[0]; got != strings.Repeat("ä", 9) {
			t.Errorf("the line is %q", got)
		}
	})
}

func TestProgress_IsShownOnATerminalOnly(t *testing.T) {
	t.Parallel()
	s := &strings.Builder{} // which the race detector watches
	p := NewProgress(s)
	p.Set("working")
	var writers sync.WaitGroup
	for range 10 { // handlers write messages, too
		writers.Go(func() {
			if _, err := io.WriteString(p.Around(s), "text\n"); err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	p.Stop()
	if want := strings.Repeat("text\n", 10); s.String() != want {
		t.Errorf("it has %q, want %q", s.String(), want)
	}
}
