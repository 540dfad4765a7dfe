// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

const crowd = 1000

// station is a server with an outage that records the times of requests.
type station struct {
	start time.Time
	back  time.Duration // end of the outage
	away  func(r *http.Request) *http.Response

	mu    sync.Mutex
	times []time.Duration // of the requests, since the start
	taken int
}

func newStation(back time.Duration) *station {
	return &station{start: time.Now(), back: back, away: func(r *http.Request) *http.Response { return answerOf(r, 503) }}
}

func answerOf(r *http.Request, status int, header ...string) *http.Response {
	answer := &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody, Request: r}
	for i := 0; i < len(header); i += 2 {
		answer.Header.Set(header[i], header[i+1])
	}
	return answer
}

func (s *station) RoundTrip(r *http.Request) (*http.Response, error) {
	defer r.Body.Close()
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil, err
	}
	at := time.Since(s.start)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.times = append(s.times, at)
	if at < s.back {
		return s.away(r), nil
	}
	s.taken++
	return answerOf(r, http.StatusNoContent), nil
}

// histogram counts the requests after a time in steps, and logs the counts as bars.
func (s *station) explicitHistogram(t *testing.T, what string, from, step time.Duration, bars int) (counts []int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	counts = make([]int, bars)
	for _, at := range s.times {
		if i := int((at - from) / step); at >= from && i < bars {
			counts[i]++
		}
	}
	most := 1
	for _, n := range counts {
		most = max(most, n)
	}
	var text strings.Builder
	for i, n := range counts {
		fmt.Fprintf(&text, "\n%8v %5d %s", from+time.Duration(i)*step, n, strings.Repeat("#", (n*60+most-1)/most))
	}
	t.Logf("requests of %d exporters, %s, in each %v:%s", crowd, what, step, text.String())
	return counts
}

// wantSpread requires that no step has more requests than a uniform distribution explains:
// its share plus six standard deviations.
func wantSpread(t *testing.T, counts []int, share float64) {
	t.Helper()
	bound := int(share + 6*math.Sqrt(share))
	for i, n := range counts {
		if n > bound {
			t.Errorf("%d requests in bar %d, want at most %d, where %.0f would be even", n, i, bound, share)
		}
	}
}

func total(counts []int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// crowdOf creates exporters to one server.
func crowdOf(t *testing.T, s *station, more func(i int) []apptuitclient.Option) []*Exporter {
	t.Helper()
	exporters := make([]*Exporter, crowd)
	for i := range exporters {
		opts := append(more(i), apptuitclient.WithEndpoint("http://fake.test"), apptuitclient.WithHTTPClient(&http.Client{Transport: s}),
			apptuitclient.WithCompression(apptuitclient.CompressionNone), apptuitclient.WithWarningHandler(func(error) {}))
		e, err := New(t.Context(), WithClientOptions(opts...), WithoutSelfMetrics())
		if err != nil {
			t.Fatal(err)
		}
		exporters[i] = e
	}
	return exporters
}

func none(int) []apptuitclient.Option { return nil }

// exportAll makes all exporters export at the same moment, which is the worst case.
func exportAll(t *testing.T, exporters []*Exporter, within time.Duration) {
	t.Helper()
	rm := points(3)
	var running sync.WaitGroup
	for _, e := range exporters {
		running.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), within)
			defer cancel()
			_ = e.Export(ctx, rm) // some do not reach the server before their deadline
		})
	}
	running.Wait()
}

func shutdownAll(t *testing.T, exporters []*Exporter) {
	t.Helper()
	for _, e := range exporters {
		if err := e.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// A thousand exporters collect at the same moment, and the server is unavailable for 20 s.
// Their retries afterwards are spread, because each delay is a random part of a bound that
// has grown to at least 16 s.
func TestStorm_RetriesAreSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStation(20 * time.Second)
		exporters := crowdOf(t, s, none)
		exportAll(t, exporters, 55*time.Second)
		s.explicitHistogram(t, "during the outage", 0, time.Second, 20)
		// In a long outage, about a tenth of the exporters send a request each second.
		counts := s.explicitHistogram(t, "when the server is back", s.back, time.Second, 25)
		fine := s.explicitHistogram(t, "in its first two seconds", s.back, 100*time.Millisecond, 20)
		if n := total(counts); n < crowd*9/10 || n > crowd {
			t.Errorf("%d requests when the server is back, want one of nearly each exporter", n)
		}
		wantSpread(t, counts, crowd/10)
		wantSpread(t, fine, crowd/100)
		shutdownAll(t, exporters)
	})
}

// If a server answers Retry-After: 10 to all exporters, they do not return at the same
// moment.
func TestStorm_RetryAfterIsSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStation(5 * time.Second)
		s.away = func(r *http.Request) *http.Response { return answerOf(r, 429, "Retry-After", "10") }
		exporters := crowdOf(t, s, none)
		exportAll(t, exporters, 55*time.Second)
		counts := s.explicitHistogram(t, "told to come in 10 s", 10*time.Second, 100*time.Millisecond, 11)
		if n := total(counts); n != crowd || s.taken != crowd {
			t.Errorf("%d requests from 10 s on, %d in all were taken, want %d", n, s.taken, crowd)
		}
		wantSpread(t, counts, crowd/10)
		shutdownAll(t, exporters)
	})
}

// With a spool there is one probe per back-off interval. When the server is back, the
// replays are spread, and not faster than the configured rate. The same holds after a
// simultaneous restart of all processes.
func TestStorm_ReplaysAreSpread(t *testing.T) {
	dir := spoolDir(t)
	spool := func(i int) []apptuitclient.Option {
		return []apptuitclient.Option{apptuitclient.WithSpool(filepath.Join(dir, fmt.Sprint(i)), apptuitclient.WithSpoolRate(10))}
	}
	spooled := func(exporters []*Exporter) (points int64) {
		for _, e := range exporters {
			s, _ := e.cfg.client.SpoolStats()
			points += s.Points
		}
		return points
	}
	synctest.Test(t, func(t *testing.T) {
		const rounds = 2
		s := newStation(rounds*20*time.Second + 5*time.Second)
		exporters := crowdOf(t, s, spool)
		for range rounds {
			exportAll(t, exporters, 10*time.Second)
			time.Sleep(20 * time.Second)
		}
		if n := spooled(exporters); n != 3*rounds*crowd {
			t.Errorf("%d points are spooled, want %d", n, 3*rounds*crowd)
		}
		time.Sleep(s.back + 40*time.Second - time.Since(s.start))
		during := s.explicitHistogram(t, "during the outage", 0, 5*time.Second, int(s.back/(5*time.Second)))
		counts := s.explicitHistogram(t, "when the server is back", s.back, time.Second, 35)
		fine := s.explicitHistogram(t, "in its first two seconds", s.back, 100*time.Millisecond, 20)
		if n := spooled(exporters); n != 0 || s.taken != rounds*crowd || total(counts) != rounds*crowd {
			t.Errorf("35 s after the server is back, %d points are spooled; %d requests were taken, want %d", n, s.taken, rounds*crowd)
		}
		// One probe per interval of up to 30 s means a fifteenth of the exporters each
		// second. When the server is back, each exporter replays its batches after its next
		// probe.
		wantSpread(t, during[4:], 5*crowd/10)
		wantSpread(t, counts, rounds*crowd/12)
		wantSpread(t, fine, rounds*crowd/120)

		// All exporters are stopped during the outage, and restarted at the same moment.
		s.back = time.Since(s.start) + time.Hour
		exportAll(t, exporters, 10*time.Second)
		shutdownAll(t, exporters)
		time.Sleep(time.Minute)
		s.taken, s.back = 0, time.Since(s.start)
		exporters = crowdOf(t, s, spool)
		if n := spooled(exporters); n != 3*crowd {
			t.Errorf("%d points are found, want %d", n, 3*crowd)
		}
		time.Sleep(5 * time.Second)
		counts = s.explicitHistogram(t, "restarted", s.back, 100*time.Millisecond, 15)
		if n := spooled(exporters); n != 0 || s.taken != crowd {
			t.Errorf("5 s after the start, %d points are spooled, %d requests were taken, want %d", n, s.taken, crowd)
		}
		wantSpread(t, counts, crowd/10)
		shutdownAll(t, exporters)
	})
}
