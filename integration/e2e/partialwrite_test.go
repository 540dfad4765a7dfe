// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// partialWrite is a reason for which InfluxDB drops some points of a put.
type partialWrite struct {
	limits servers.Limits
	retain time.Duration
	before int                                 // number of points that are sent before: InfluxDB checks its limits once for all new series of a put
	point  func(i int) apptuitclient.DataPoint // of 100 points
	bad    func(i int) bool
	reason string // in the server's answer
}

func partialWrites() map[string]partialWrite {
	at := time.Now().Truncate(time.Second)
	point := func(i int, tags ...string) apptuitclient.DataPoint {
		p := apptuitclient.DataPoint{Metric: "m", Tags: map[string]string{"i": strconv.Itoa(i)}, Timestamp: at, Value: float64(i)}
		for j := 0; j < len(tags); j += 2 {
			p.Tags[tags[j]] = tags[j+1]
		}
		return p
	}
	return map[string]partialWrite{
		"a tag key time": {
			point: func(i int) apptuitclient.DataPoint {
				if i == 42 {
					return point(i, "time", "noon")
				}
				return point(i)
			},
			bad: func(i int) bool { return i == 42 }, reason: `input tag "time" on measurement "m" is invalid`,
		},
		"max-values-per-tag": {
			limits: servers.Limits{ValuesPerTag: 90}, before: 90, point: func(i int) apptuitclient.DataPoint { return point(i) },
			bad: func(i int) bool { return i >= 90 }, reason: "max-values-per-tag limit exceeded",
		},
		"max-series-per-database": {
			limits: servers.Limits{SeriesPerDatabase: 90}, before: 90, point: func(i int) apptuitclient.DataPoint { return point(i) },
			bad: func(i int) bool { return i >= 90 }, reason: "max-series-per-database limit exceeded",
		},
		"older than the retention": {
			retain: time.Hour, point: func(i int) apptuitclient.DataPoint {
				p := point(i)
				if i%10 == 0 {
					p.Timestamp = p.Timestamp.Add(-48 * time.Hour)
				}
				return p
			},
			bad: func(i int) bool { return i%10 == 0 }, reason: "points beyond retention policy",
		},
	}
}

func (p *partialWrite) points(n int) (sent []apptuitclient.DataPoint, bad int, stored []servers.Point) {
	for i := range n {
		point := p.point(i)
		sent = append(sent, point)
		if p.bad(i) {
			bad++
			continue
		}
		stored = append(stored, servers.Point{Metric: point.Metric, Tags: point.Tags, Time: millis(point.Timestamp), Value: point.Value})
	}
	return sent, bad, stored
}

func (p *partialWrite) start(t *testing.T) *servers.InfluxDB {
	t.Helper()
	influx := servers.StartLimitedInfluxDB(t, p.limits)
	if p.retain > 0 {
		influx.Retain(t, p.retain)
	}
	if p.before > 0 {
		sent, _, _ := p.points(p.before)
		if err := newClient(t, influx.Endpoint()).Send(within(t, 20*time.Second), sent); err != nil {
			t.Fatal(err)
		}
	}
	return influx
}

// InfluxDB stores the valid points of a put, and answers 500 with the number of invalid points. The client
// neither retries the put nor treats the answer as an outage, also for points of the spool.
func TestPartialWrites_AreFinal(t *testing.T) {
	t.Parallel()
	const n = 100
	for name, p := range partialWrites() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			influx := p.start(t)
			sent, bad, stored := p.points(n)
			w := newWire()
			err := newClient(t, influx.Endpoint(), w.client()).Send(within(t, 20*time.Second), sent)
			s := sendError(t, err)
			if s.Successful != n-bad || s.Failed != bad || s.StatusCode != 500 || apptuitclient.Retryable(err) {
				t.Errorf("%d successful, %d failed, want %d and %d: %v", s.Successful, s.Failed, n-bad, bad, err)
			}
			if !strings.Contains(err.Error(), p.reason) || !strings.Contains(err.Error(), fmt.Sprintf("dropped=%d", bad)) {
				t.Errorf("the reason is not the server's: %v", err)
			}
			if requests := len(w.seen()); requests != 1 {
				t.Errorf("%d requests", requests)
			}
			if diff := servers.Diff(stored, influx.Points(t), 0); diff != "" {
				t.Error(diff)
			}
		})
		t.Run(name+", from the spool", func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			sent, bad, stored := p.points(n)
			away := newClient(t, "http://"+servers.FreeAddr(t), apptuitclient.WithSpool(dir), apptuitclient.WithWarningHandler(func(error) {}))
			if err := away.Send(within(t, 20*time.Second), sent); err != nil {
				t.Fatal(err)
			}
			if err := away.Close(); err != nil {
				t.Fatal(err)
			}
			influx := p.start(t)
			c := newClient(t, influx.Endpoint(), apptuitclient.WithSpool(dir), apptuitclient.WithWarningHandler(func(error) {}))
			want := apptuitclient.SpoolStats{Found: n, Replayed: uint64(n - bad), Rejected: uint64(bad)}
			for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
				got, _ := c.SpoolStats()
				if got == want {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("%+v, want %+v", got, want)
				}
			}
			if diff := servers.Diff(stored, influx.Points(t), 0); diff != "" {
				t.Error(diff)
			}
		})
	}
}
