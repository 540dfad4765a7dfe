// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// What Prometheus asks for: its text format, or, when it is to get native
// histograms, protobuf.
const (
	acceptText     = "text/plain;version=0.0.4"
	acceptProtobuf = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
)

// scraped is the Prometheus exporter. It is a reader, which asks for metrics
// when it is scraped: it is given collections as those of a producer.
type scraped struct {
	scrape   func(ctx context.Context, url, accept string) error
	url      string
	server   *http.Server
	served   chan struct{}
	provider *sdkmetric.MeterProvider
	reader   *otelprom.Exporter
	current  *metricdata.ResourceMetrics
}

func newPrometheus(ctx context.Context, target Target) (Exporter, error) {
	s := &scraped{scrape: target.Scrape, served: make(chan struct{})}
	registry := prometheus.NewRegistry()
	var err error
	if s.reader, err = otelprom.New(otelprom.WithRegisterer(registry), otelprom.WithProducer(s)); err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.url = "http://" + listener.Addr().String() + "/metrics"
	s.server = &http.Server{
		Handler: promhttp.HandlerFor(registry, promhttp.HandlerOpts{}), ReadHeaderTimeout: timeoutSeconds * time.Second,
	}
	go func() {
		defer close(s.served)
		_ = s.server.Serve(listener)
	}()
	return s, nil
}

// Produce returns the collection that is being exported.
func (s *scraped) Produce(context.Context) ([]metricdata.ScopeMetrics, error) {
	return s.current.ScopeMetrics, nil
}

// Export has the target scrape.
func (s *scraped) Export(ctx context.Context, rm *metricdata.ResourceMetrics) error {
	if s.provider == nil {
		s.provider = sdkmetric.NewMeterProvider(sdkmetric.WithReader(s.reader), sdkmetric.WithResource(rm.Resource))
	}
	s.current = rm
	accept := acceptText
	if hasExponential(rm) {
		accept = acceptProtobuf
	}
	return s.scrape(ctx, s.url, accept)
}

func hasExponential(rm *metricdata.ResourceMetrics) bool {
	for _, scope := range rm.ScopeMetrics {
		for _, m := range scope.Metrics {
			if _, ok := m.Data.(metricdata.ExponentialHistogram[float64]); ok {
				return true
			}
		}
	}
	return false
}

// Shutdown ends serving.
func (s *scraped) Shutdown(ctx context.Context) error {
	err := s.server.Close()
	<-s.served
	if s.provider != nil {
		err = errors.Join(err, s.provider.Shutdown(ctx))
	}
	return err
}
