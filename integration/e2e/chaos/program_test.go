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
	// generous is more than anything takes, also on a machine that has much else
	// to do.
	generous = 30 * time.Second
	// impatient is the deadline of an Export without a spool while there is a
	// fault: what it costs is dropped, and reported.
	impatient = 400 * time.Millisecond
	// requestTime bounds one request.
	requestTime = 500 * time.Millisecond
	// token, and what begins so, must not be anywhere but in requests.
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
	second   int64 // of the next pass
	points   []servers.Point
	at       time.Time
	deadline time.Duration
}

// hurry is a retry policy for tests, without a bound but the deadline.
func hurry() apptuitclient.Option {
	return apptuitclient.WithRetry(apptuitclient.RetryConfig{
		Enabled: true, InitialInterval: 20 * time.Millisecond, MaxInterval: 200 * time.Millisecond,
	})
}

// newProgram starts a program of which the first pass is that of a second.
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

// record measures something, of which the next Export within a deadline tells.
func (p *program) record(deadline time.Duration) {
	pass, points := p.load.next(p.second)
	p.instruments.record(&pass)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.points, p.at, p.deadline = points, time.Unix(p.second, 0), deadline
	p.second++
}

// export measures something and exports it.
func (p *program) export(deadline time.Duration) error {
	p.record(deadline)
	return p.provider.ForceFlush(context.Background())
}

// stop measures something and ends: the SDK exports it at Shutdown.
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

// clock is the exporter with a clock and a deadline of the test's.
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
