// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/integration/bench/export/peer"
)

// Sending is data for the client alone, which has no OpenTelemetry in front of
// it, and for an encoding of the same points by the standard library. A point is
// one of OpenTSDB's put, and has six tags.
type Sending struct {
	Points          int // of Send, each of another series
	Series, Samples int // of SendTimeSeries
}

// sending is a [task].
type sending struct {
	single bool // points one by one, by Send
	series []apptuitclient.TimeSeries
	all    []apptuitclient.DataPoint // the same points
	random *rand.Rand
	client *apptuitclient.Client // one of these two
	json   *peer.JSON
}

func (w *worker) openSending(job *Job) error {
	for _, state := range job.States {
		n, samples := job.Sending.Points, 1
		if state == TimeSeries {
			n, samples = job.Sending.Series, job.Sending.Samples
		}
		t := newSending(n, samples)
		t.single = state == Points
		w.tasks[state] = t
		var err error
		switch job.Peer {
		case peer.Apptuit:
			t.client, err = apptuitclient.New(apptuitclient.WithoutEnvironment(), apptuitclient.WithEndpoint(w.to.URL()))
		case peer.Telegraf:
			t.json = peer.NewJSON(targetOf(w.to))
		default:
			err = fmt.Errorf("%s sends only what is collected", job.Peer)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func newSending(series, samples int) *sending {
	s := &sending{random: rand.New(rand.NewPCG(17, 0)), series: make([]apptuitclient.TimeSeries, series)}
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for i := range s.series {
		s.series[i] = apptuitclient.TimeSeries{Metric: "shop.load." + strconv.Itoa(i%10), Tags: map[string]string{
			"method": [...]string{"GET", "POST", "PUT"}[i%3], "route": "/api/v1/orders/" + strconv.Itoa(i%100),
			"status": strconv.Itoa(200 + i%5), "server": "shop-" + strconv.Itoa(i%20) + ".example.com",
			"protocol": "1.1", "shard": strconv.Itoa(i),
		}}
		value := 50 + 20*s.random.NormFloat64()
		for n := range samples {
			value += s.random.NormFloat64()
			s.series[i].AddPoint(at.Add(time.Duration(n)*10*time.Second), value)
		}
	}
	return s
}

// next moves all points on in time and value.
func (s *sending) next(context.Context) error {
	s.all = s.all[:0]
	for i := range s.series {
		one := &s.series[i]
		for n := range one.Samples {
			sample := &one.Samples[n]
			sample.Timestamp = sample.Timestamp.Add(time.Duration(len(one.Samples)) * 10 * time.Second)
			sample.Value += s.random.NormFloat64()
			s.all = append(s.all, apptuitclient.DataPoint{
				Metric: one.Metric, Tags: one.Tags, Timestamp: sample.Timestamp, Value: sample.Value,
			})
		}
	}
	return nil
}

func (s *sending) send(ctx context.Context) error {
	switch {
	case s.json != nil:
		for i := range s.all {
			p := &s.all[i]
			s.json.Point(ctx, &peer.JSONPoint{Metric: p.Metric, Timestamp: p.Timestamp.Unix(), Value: p.Value, Tags: p.Tags})
		}
		return s.json.Flush(ctx)
	case s.single:
		return s.client.Send(ctx, s.all)
	default:
		return s.client.SendTimeSeries(ctx, s.series)
	}
}

func (s *sending) points() int { return len(s.all) }

func (s *sending) expected() (points int, sum float64) {
	for i := range s.all {
		sum += s.all[i].Value
	}
	return len(s.all), sum
}

func (s *sending) close(ctx context.Context) error {
	if s.json != nil {
		return s.json.Shutdown(ctx)
	}
	if s.client == nil {
		return nil
	}
	return s.client.Close()
}
