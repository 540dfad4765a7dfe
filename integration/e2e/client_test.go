// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// Send works without an SDK.
func TestSend(t *testing.T) {
	onEachBackend(t, func(t *testing.T, b backend) {
		c := newClient(t, b.endpoint, apptuitclient.WithTags(map[string]string{"dc": "eu-1", "host.name": "all"}))
		sent := []apptuitclient.DataPoint{
			{Metric: "disk.free", Tags: map[string]string{"path": "/var log"}, Timestamp: past, Value: 1.5e9},
			{Metric: "disk.free", Tags: map[string]string{"path": "/var log"}, Timestamp: past.Add(time.Second), Value: 1.25e9},
			{Metric: "disk.free", Tags: map[string]string{"path": "/", "dc": "own"}, Timestamp: past, Value: -0.1},
			{Metric: "no.own.tags", Timestamp: time.Unix(1_000_000_000, 0), Value: 0},
			{Metric: "hidden", Tags: map[string]string{"dc": "", "host.name": "h"}, Timestamp: past, Value: 1.0 / 3},
		}
		if err := c.Send(within(t, 20*time.Second), sent); err != nil {
			t.Fatal(err)
		}
		b.holds(t, []servers.Point{
			{Metric: "disk_free", Tags: map[string]string{"path": "/var log", "dc": "eu-1", "host_name": "all"}, Time: millis(past), Value: 1.5e9},
			{Metric: "disk_free", Tags: map[string]string{"path": "/var log", "dc": "eu-1", "host_name": "all"}, Time: millis(past) + 1000, Value: 1.25e9},
			{Metric: "disk_free", Tags: map[string]string{"path": "/", "dc": "own", "host_name": "all"}, Time: millis(past), Value: -0.1},
			{Metric: "no_own_tags", Tags: map[string]string{"dc": "eu-1", "host_name": "all"}, Time: 1_000_000_000_000, Value: 0},
			{Metric: "hidden", Tags: map[string]string{"host_name": "h"}, Time: millis(past), Value: 1.0 / 3},
		})
	})
}

// SendTimeSeries sends many values of few series.
func TestSendTimeSeries(t *testing.T) {
	onEachBackend(t, func(t *testing.T, b backend) {
		c := newClient(t, b.endpoint, apptuitclient.WithSanitizeMode(encoding.SanitizeApptuit))
		var series []apptuitclient.TimeSeries
		var want []servers.Point
		for i := range 3 {
			tags := map[string]string{"sensor": "№ " + strconv.Itoa(i)}
			s := apptuitclient.TimeSeries{Metric: "température/été." + strconv.Itoa(i), Tags: tags}
			for j := range 500 {
				at, v := past.Add(time.Duration(j)*time.Minute), 20+5*math.Sin(float64(j)/50)+float64(i)
				s.AddPoint(at, v)
				want = append(want, servers.Point{Metric: s.Metric, Tags: tags, Time: millis(at), Value: v})
			}
			series = append(series, s)
		}
		if err := c.SendTimeSeries(within(t, 20*time.Second), series); err != nil {
			t.Fatal(err)
		}
		b.holds(t, want)
	})
}

// Points that cannot be sent are among points that can.
func TestSend_RejectsOnlyInvalidPoints(t *testing.T) {
	onEachBackend(t, func(t *testing.T, b backend) {
		sent, stored := samplePoints(10)
		one := map[string]string{"k": "v"}
		invalid := map[string]apptuitclient.DataPoint{
			"NaN":     {Metric: "m", Tags: one, Timestamp: past, Value: math.NaN()},
			"Inf":     {Metric: "m", Tags: one, Timestamp: past, Value: math.Inf(-1)},
			"no tags": {Metric: "m", Timestamp: past},
			"no name": {Tags: one, Timestamp: past},
			"26 tags": {Metric: "m", Tags: manyTags(26).tags, Timestamp: past},
			"1970":    {Metric: "m", Tags: one, Timestamp: time.Unix(0, 999)},
		}
		for _, p := range invalid {
			sent = append([]apptuitclient.DataPoint{p}, sent...)
		}
		err := newClient(t, b.endpoint).Send(within(t, 20*time.Second), sent)
		s := sendError(t, err)
		if s.Successful != len(stored) || s.Failed != len(invalid) || len(s.Errors) != len(invalid) || s.StatusCode != 0 {
			t.Errorf("%d successful, %d failed, %d listed, status %d: %v", s.Successful, s.Failed, len(s.Errors), s.StatusCode, err)
		}
		if apptuitclient.Retryable(err) || !errors.Is(err, encoding.ErrNotFinite) {
			t.Errorf("error: %v", err)
		}
		b.holds(t, stored)
	})
}

// InfluxDB 1.6 misreads timestamps in milliseconds, so that only VictoriaMetrics is tested.
func TestSend_KeepsMilliseconds(t *testing.T) {
	t.Parallel()
	b := victoriaMetrics(t)
	sent, stored := samplePoints(20)
	for i := range stored {
		stored[i].Time = sent[i].Timestamp.UnixMilli()
	}
	c := newClient(t, b.endpoint, b.profile()) // in which they are the default
	if err := c.Send(within(t, 20*time.Second), sent); err != nil {
		t.Fatal(err)
	}
	b.holds(t, stored)
}

// Goroutines share a client.
func TestSend_IsSafeForConcurrentUse(t *testing.T) {
	onEachBackend(t, func(t *testing.T, b backend) {
		c := newClient(t, b.endpoint, apptuitclient.WithMaxBatchPoints(100))
		ctx := within(t, 30*time.Second)
		sent, stored := samplePoints(4000)
		const senders = 8
		var done sync.WaitGroup
		for i := range senders {
			part := sent[i*len(sent)/senders : (i+1)*len(sent)/senders]
			done.Go(func() {
				if err := c.Send(ctx, part); err != nil {
					t.Error(err)
				}
			})
		}
		done.Wait()
		b.holds(t, stored)
	})
}

// The servers accept gzip, and bodies without compression. Newer releases of VictoriaMetrics accept
// deflate, too; other servers reject the batch.
func TestSend_WithEachCompression(t *testing.T) {
	onEachBackend(t, func(t *testing.T, b backend) {
		sent, stored := samplePoints(100)
		f := func(compression apptuitclient.Compression) (*wire, error) {
			w := newWire()
			c := newClient(t, b.endpoint, apptuitclient.WithCompression(compression), w.client())
			return w, c.Send(within(t, 20*time.Second), sent)
		}
		var all []servers.Point
		w, err := f(apptuitclient.CompressionDeflate)
		if b.deflate(t) {
			if err != nil {
				t.Errorf("deflate: %v", err)
			}
			all = slices.Clone(stored)
		} else {
			s := sendError(t, err)
			if s.StatusCode != http.StatusBadRequest || s.Successful != 0 || s.Failed != len(sent) || apptuitclient.Retryable(err) {
				t.Errorf("deflate: status %d, %d successful, %d failed: %v", s.StatusCode, s.Successful, s.Failed, err)
			}
		}
		if got := w.seen(); len(got) != 1 {
			t.Errorf("deflate: %d requests, want 1", len(got))
		}
		b.holds(t, all)

		for _, compression := range []apptuitclient.Compression{apptuitclient.CompressionGzip, apptuitclient.CompressionNone} {
			for i := range sent {
				sent[i].Timestamp = sent[i].Timestamp.Add(24 * time.Hour)
				stored[i].Time += (24 * time.Hour).Milliseconds()
			}
			if _, err := f(compression); err != nil {
				t.Errorf("%v: %v", compression, err)
			}
			all = append(all, stored...)
			b.holds(t, all)
		}
	})
}
