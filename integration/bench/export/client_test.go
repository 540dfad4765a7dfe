// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"context"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// newTimeSeries returns a source of points of OpenTSDB's put protocol with six tags. In a
// collection, each series has the given number of samples.
func newTimeSeries(points, samples int) source {
	random := rand.New(rand.NewPCG(17, 0))
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	c := &collection{series: make([]apptuitclient.TimeSeries, points/samples)}
	for i := range c.series {
		c.series[i] = apptuitclient.TimeSeries{Metric: "shop.load." + strconv.Itoa(i%10), Tags: map[string]string{
			"method": [...]string{"GET", "POST", "PUT"}[i%3], "route": "/api/v1/orders/" + strconv.Itoa(i%100),
			"status": strconv.Itoa(200 + i%5), "server": "shop-" + strconv.Itoa(i%20) + ".example.com",
			"protocol": "1.1", "shard": strconv.Itoa(i),
		}}
		value := 50 + 20*random.NormFloat64()
		for n := range samples {
			value += random.NormFloat64()
			c.series[i].AddPoint(at.Add(time.Duration(n)*10*time.Second), value)
		}
	}
	return func(context.Context) (*collection, error) {
		c.points = c.points[:0]
		for i := range c.series {
			one := &c.series[i]
			for n := range one.Samples {
				s := &one.Samples[n]
				s.Timestamp = s.Timestamp.Add(time.Duration(samples) * 10 * time.Second)
				s.Value += random.NormFloat64()
				c.points = append(c.points, apptuitclient.DataPoint{Metric: one.Metric, Tags: one.Tags, Timestamp: s.Timestamp, Value: s.Value})
			}
		}
		return c, nil
	}
}

// client is the client of this project without an exporter. It sends points with Send, or if series
// have several samples, with SendTimeSeries.
type client struct{ *apptuitclient.Client }

func newClient(_ context.Context, to *sink) (exporter, error) {
	c, err := apptuitclient.New(apptuitclient.WithoutEnvironment(), apptuitclient.WithEndpoint(to.url()))
	return client{c}, err
}

func (e client) Export(ctx context.Context, c *collection) error {
	if len(c.series) < len(c.points) {
		return e.SendTimeSeries(ctx, c.series)
	}
	return e.Send(ctx, c.points)
}

func (e client) Shutdown(context.Context) error { return e.Close() }
