// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/query"
)

// token is what the servers of these tests want.
const token = "secret"

// newServer is a server for the exporter and clients that the environment
// configures.
func newServer(t *testing.T) *apptuittest.Server {
	t.Helper()
	s := apptuittest.NewServer(apptuittest.WithToken(token))
	t.Cleanup(s.Close)
	t.Setenv("APPTUIT_ENDPOINT", s.URL)
	return s
}

// arrived fails the test unless there are points of these metrics.
func arrived(t *testing.T, s *apptuittest.Server, metrics ...string) {
	t.Helper()
	points := s.Points()
	for _, name := range metrics {
		if !slices.ContainsFunc(points, func(p apptuittest.Point) bool { return p.Metric == name }) {
			t.Errorf("no point of %s among %v", name, points)
		}
	}
}

func reporter(ctx context.Context) error {
	exp, err := exporter.New(ctx,
		exporter.WithPrefix("shop."),
		exporter.WithTags(map[string]string{"env": "dev"}),
		exporter.WithToken(token),
	)
	if err != nil {
		return err
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(
		sdkmetric.NewPeriodicReader(exp, sdkmetric.WithInterval(10*time.Second)),
	))
	return errors.Join(instruments(ctx, provider.Meter("shop")), provider.Shutdown(ctx))
}

func instruments(ctx context.Context, meter metric.Meter) error {
	queue, body, handle, city := make(chan int, 1), "body", func() {}, "ZRH"
	orders, err1 := meter.Int64Counter("order_count")
	pending, err2 := meter.Int64UpDownCounter("pending_jobs")
	requests, err3 := meter.Int64Counter("order_requests_rate")
	sizes, err4 := meter.Int64Histogram("response_size", metric.WithUnit("By"))
	times, err5 := meter.Float64Histogram("response_time", metric.WithUnit("s"))
	_, err6 := meter.Int64ObservableGauge("queue_size", metric.WithInt64Callback(
		func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(int64(len(queue)))
			return nil
		}))
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		return err
	}

	orders.Add(ctx, 1)
	pending.Add(ctx, -1)
	requests.Add(ctx, 1)
	sizes.Record(ctx, int64(len(body)))
	start := time.Now()
	handle()
	times.Record(ctx, time.Since(start).Seconds())

	orders.Add(ctx, 1, metric.WithAttributes(attribute.String("city-code", city)))
	timed(ctx, times)
	return nil
}

func timed(ctx context.Context, times metric.Float64Histogram) {
	start := time.Now()
	defer func() { times.Record(ctx, time.Since(start).Seconds()) }()
}

func TestReporterAndInstruments(t *testing.T) {
	s := newServer(t)
	if err := reporter(t.Context()); err != nil {
		t.Fatal(err)
	}
	arrived(t, s, "shop_order_count", "shop_pending_jobs", "shop_order_requests_rate", "shop_response_size_bucket", "shop_response_time_count", "shop_queue_size")
	for _, p := range s.Points() {
		if p.Tags["env"] != "dev" || p.Tags["service_name"] == "" || p.Tags["host"] == "" {
			t.Errorf("tags of %v", p)
		}
	}
}

func bareClient(ctx context.Context, start time.Time) error {
	client, err := apptuitclient.New(apptuitclient.WithToken(token), apptuitclient.WithTags(map[string]string{"env": "dev"}))
	if err != nil {
		return err
	}
	defer client.Close()
	err = client.Send(ctx, []apptuitclient.DataPoint{{
		Metric: "room.temperature", Tags: map[string]string{"room": "kitchen"}, Timestamp: time.Now(), Value: 21.5,
	}})
	var failed *apptuitclient.SendError
	if errors.As(err, &failed) {
		return fmt.Errorf("%d of %d points: %w", failed.Failed, failed.Successful+failed.Failed, err)
	}
	result, err := query.New(client).Query(ctx, "t=fetch('room_temperature'); output(t)", start, time.Time{})
	if err != nil {
		return err
	}
	output, _ := result.Output("t")
	fmt.Print(output.Frame())
	if len(output.Series) != 1 {
		return errors.New("the point is not found")
	}
	return nil
}

func TestBareClient(t *testing.T) {
	s := newServer(t)
	if err := bareClient(t.Context(), time.Now().Add(-time.Minute)); err != nil {
		t.Fatal(err)
	}
	arrived(t, s, "room_temperature")
	s.Fail(apptuittest.Reject(func(apptuittest.Point) string { return "no" }))
	var failed *apptuitclient.SendError
	if err := bareClient(t.Context(), time.Now()); !errors.As(err, &failed) || failed.Failed != 1 {
		t.Errorf("error %v", err)
	}
}
