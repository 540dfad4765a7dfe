// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"context"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// newSending returns the work of the client alone, or of encoding/json with the same
// points. A point is a point of OpenTSDB's put protocol and has six tags.
func newSending(tb testing.TB, to *sink, peerName, state string, points int) *work {
	samples := 1
	if state == sendTimeSeries {
		samples = 50
	}
	random := rand.New(rand.NewPCG(17, 0))
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	series := make([]apptuitclient.TimeSeries, points/samples)
	for i := range series {
		series[i] = apptuitclient.TimeSeries{Metric: "shop.load." + strconv.Itoa(i%10), Tags: map[string]string{
			"method": [...]string{"GET", "POST", "PUT"}[i%3], "route": "/api/v1/orders/" + strconv.Itoa(i%100),
			"status": strconv.Itoa(200 + i%5), "server": "shop-" + strconv.Itoa(i%20) + ".example.com",
			"protocol": "1.1", "shard": strconv.Itoa(i),
		}}
		value := 50 + 20*random.NormFloat64()
		for n := range samples {
			value += random.NormFloat64()
			series[i].AddPoint(at.Add(time.Duration(n)*10*time.Second), value)
		}
	}

	var all []apptuitclient.DataPoint // the same points
	w := &work{}
	w.next = func(context.Context) error {
		all, w.sum = all[:0], 0
		for i := range series {
			one := &series[i]
			for n := range one.Samples {
				s := &one.Samples[n]
				s.Timestamp = s.Timestamp.Add(time.Duration(samples) * 10 * time.Second)
				s.Value += random.NormFloat64()
				w.sum += s.Value
				all = append(all, apptuitclient.DataPoint{Metric: one.Metric, Tags: one.Tags, Timestamp: s.Timestamp, Value: s.Value})
			}
		}
		w.dataPoints, w.points = len(all), len(all)
		return nil
	}
	if peerName == encodingJSON {
		j := newJSONPut(to)
		w.send = func(ctx context.Context) error {
			for i := range all {
				p := &all[i]
				j.point(ctx, &jsonPoint{Metric: p.Metric, Timestamp: p.Timestamp.Unix(), Value: p.Value, Tags: p.Tags})
			}
			return j.flush(ctx)
		}
		return w
	}
	client := must(apptuitclient.New(apptuitclient.WithoutEnvironment(), apptuitclient.WithEndpoint(to.url())))
	tb.Cleanup(func() { _ = client.Close() })
	w.send = func(ctx context.Context) error { return client.Send(ctx, all) }
	if state == sendTimeSeries {
		w.send = func(ctx context.Context) error { return client.SendTimeSeries(ctx, series) }
	}
	return w
}
