// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
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

// token is the token that the servers of these tests require.
const token = "secret"

// newServer starts a server, and sets the environment variables with which exporters and clients
// send to it.
func newServer(t *testing.T) *apptuittest.Server {
	t.Helper()
	s := apptuittest.NewServer(apptuittest.WithToken(token))
	t.Cleanup(s.Close)
	t.Setenv("APPTUIT_ENDPOINT", s.URL)
	return s
}

// arrived checks that the server has received points of all these metrics.
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

func TestMigration_Instruments_SendTheirSeries(t *testing.T) {
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

func errorHandler(ctx context.Context) (*exporter.Exporter, error) {
	exp, err := exporter.New(ctx,
		exporter.WithToken(token),
		exporter.WithErrorHandler(func(e *apptuitclient.SendError) {
			log.Printf("%d of %d points failed, status %d", e.Failed, e.Successful+e.Spooled+e.Failed, e.StatusCode)
			for _, p := range e.Errors {
				log.Printf("%s %v: %s", p.Point.Metric, p.Point.Tags, p.Reason)
			}
		}),
	)
	return exp, err
}

func TestMigration_ErrorHandler_GetsFailedPoints(t *testing.T) {
	s := newServer(t)
	s.Fail(apptuittest.Reject(func(p apptuittest.Point) string {
		if p.Metric == "bad" {
			return "no"
		}
		return ""
	}))
	var text bytes.Buffer
	log.SetOutput(&text)
	defer log.SetOutput(os.Stderr)
	exp, err := errorHandler(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exp)))
	for _, name := range []string{"bad", "good"} {
		counter, err := provider.Meter("shop").Int64Counter(name)
		if err != nil {
			t.Fatal(err)
		}
		counter.Add(t.Context(), 1)
	}
	if err := provider.Shutdown(t.Context()); err == nil {
		t.Error("Shutdown returns no error about the rejected point")
	}
	for _, want := range []string{"1 of ", "points failed, status 400", "bad map[", ": no"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the handler wrote %q, which does not contain %q", text.String(), want)
		}
	}
}

func timeSeries(ctx context.Context, client *apptuitclient.Client) error {
	series := apptuitclient.TimeSeries{Metric: "room.temperature", Tags: map[string]string{"room": "kitchen"}}
	series.AddPoint(time.Unix(1700000000, 0), 21.5)
	err := client.SendTimeSeries(ctx, []apptuitclient.TimeSeries{series})
	return err
}

func TestMigration_TimeSeries_AreSent(t *testing.T) {
	s := newServer(t)
	client, err := apptuitclient.New(apptuitclient.WithToken(token))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := timeSeries(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	if p := s.Points()[0]; p.Metric != "room_temperature" || p.Timestamp != "1700000000" || p.Value != "21.5" {
		t.Errorf("arrived: %v", p)
	}
}

func TestMigration_Client_SendsAndQueries(t *testing.T) {
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
