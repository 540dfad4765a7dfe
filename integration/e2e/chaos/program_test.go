// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chaos_test

import (
	"context"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

const (
	// generous is a time limit that is not reached even on a busy machine.
	generous = 30 * time.Second
	// impatient is the deadline of an Export without a spool during a fault. Points that are not
	// delivered by then are dropped and reported.
	impatient = 400 * time.Millisecond
	// requestTime bounds one request.
	requestTime = 500 * time.Millisecond
	// token must not be anywhere but in requests, nor may a text that begins with it.
	token = "chaos-t0ken-that-nobody-may-see"
)

// program is an SDK program: instruments, a MeterProvider, the exporter.
type program struct {
	load        *load
	instruments *instruments
	provider    *sdkmetric.MeterProvider
	exporter    *exporter.Exporter
	client      *apptuitclient.Client
	transport   http.RoundTripper
	exports     func(points []servers.Point) // called when an Export begins

	mu       sync.Mutex
	second   int64 // the time of the next pass
	points   []servers.Point
	at       time.Time
	deadline time.Duration
}

// hurry is a retry policy with short intervals. Only the deadline ends the retries.
func hurry() apptuitclient.Option {
	return apptuitclient.WithRetry(apptuitclient.RetryConfig{
		Enabled: true, InitialInterval: 20 * time.Millisecond, MaxInterval: 200 * time.Millisecond,
	})
}

// newProgram starts a program whose first pass has the time second.
func newProgram(l *load, second int64, transport http.RoundTripper, opts ...apptuitclient.Option) (*program, error) {
	p := &program{load: l, second: second, transport: transport, exports: func([]servers.Point) {}}
	opts = append([]apptuitclient.Option{
		apptuitclient.WithHTTPClient(&http.Client{Transport: transport}),
		apptuitclient.WithMaxBatchPoints(12),
		apptuitclient.WithTimeout(requestTime),
		hurry(),
	}, opts...)
	var err error
	if p.client, err = apptuitclient.New(opts...); err != nil {
		return nil, err
	}
	if p.exporter, err = exporter.New(context.Background(), exporter.WithClient(p.client), exporter.WithoutHostTag()); err != nil {
		_ = p.client.Close()
		return nil, err
	}
	p.provider = sdkmetric.NewMeterProvider(
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(&clock{p.exporter, p},
			sdkmetric.WithInterval(1000*time.Hour), sdkmetric.WithTimeout(time.Hour))),
		sdkmetric.WithResource(resource.NewSchemaless(attribute.String("service.name", service))))
	if p.instruments, err = newInstruments(p.provider.Meter(scope)); err != nil {
		return nil, err
	}
	return p, nil
}

// record records the measurements of a pass, which the next Export sends within a deadline.
func (p *program) record(deadline time.Duration) {
	pass, points := p.load.next(p.second)
	p.instruments.record(&pass)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.points, p.at, p.deadline = points, time.Unix(p.second, 0), deadline
	p.second++
}

// export records the measurements of a pass and exports them.
func (p *program) export(deadline time.Duration) error {
	p.record(deadline)
	return p.provider.ForceFlush(context.Background())
}

// stop records the measurements of a last pass and ends. The SDK exports them at Shutdown.
func (p *program) stop() error {
	p.record(generous)
	err := p.provider.Shutdown(context.Background())
	_ = p.client.Close() // always nil
	if t, ok := p.transport.(*tap); ok {
		if t, ok := t.base.(*http.Transport); ok {
			t.CloseIdleConnections()
		}
	}
	return err
}

// clock is an exporter that replaces times and deadlines by those of the test.
type clock struct {
	*exporter.Exporter
	p *program
}

// Export stamps all points with the time of the pass and exports them.
func (c *clock) Export(ctx context.Context, rm *metricdata.ResourceMetrics) error {
	c.p.mu.Lock()
	points, at, deadline := c.p.points, c.p.at, c.p.deadline
	c.p.points = nil
	c.p.mu.Unlock()
	for _, s := range rm.ScopeMetrics {
		for _, m := range s.Metrics {
			stamp(m.Data, at)
		}
	}
	c.p.exports(points)
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	return c.Exporter.Export(ctx, rm)
}

func stamp(data metricdata.Aggregation, at time.Time) {
	switch data := data.(type) {
	case metricdata.Sum[int64]:
		for i := range data.DataPoints {
			data.DataPoints[i].Time = at
		}
	case metricdata.Gauge[float64]:
		for i := range data.DataPoints {
			data.DataPoints[i].Time = at
		}
	case metricdata.Histogram[float64]:
		for i := range data.DataPoints {
			data.DataPoints[i].Time = at
		}
	}
}
