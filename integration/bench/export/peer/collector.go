// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package peer

import (
	"context"
	"net/http"

	"github.com/klauspost/compress/snappy"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/translator/prometheusremotewrite"
	"github.com/prometheus/prometheus/prompb"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/otlphttpexporter"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/integration/bench/export/collection"
	"github.com/apptuitai/apptuit-go/integration/collector"
)

// CollectorPeers returns exporters of the OpenTelemetry Collector, without queue and
// retries, under the names of the exporters of an SDK that send the same.
func CollectorPeers(shape collection.Collector) []Peer {
	return []Peer{
		{Name: Apptuit, Points: wirePoints, New: shaped(shape, newCollectorApptuit)},
		{Name: OTLPHTTPGzip, Points: dataPoints, New: shaped(shape, newCollectorOTLP)},
		{Name: RemoteWrite, Points: samples, New: shaped(shape, newCollectorRemoteWrite)},
	}
}

// pushing is an [Exporter] that pushes collections in a form of the Collector.
type pushing struct {
	shape  collection.Collector
	pushes []pmetric.Metrics
	push   func(ctx context.Context, md pmetric.Metrics) error
	close  func(ctx context.Context) error
}

func shaped(shape collection.Collector, open func(ctx context.Context, target Target) (*pushing, error)) func(context.Context, Target) (Exporter, error) {
	return func(ctx context.Context, target Target) (Exporter, error) {
		p, err := open(ctx, target)
		if err != nil {
			return nil, err
		}
		p.shape = shape
		return p, nil
	}
}

// Prepare makes the pushes of the collection that the next Export gets.
func (p *pushing) Prepare(rm *metricdata.ResourceMetrics) { p.pushes = p.shape.Pushes(rm) }

// Export pushes the collection that was prepared.
func (p *pushing) Export(ctx context.Context, _ *metricdata.ResourceMetrics) error {
	for _, md := range p.pushes {
		if err := p.push(ctx, md); err != nil {
			return err
		}
	}
	return nil
}

// Shutdown ends the exporter.
func (p *pushing) Shutdown(ctx context.Context) error { return p.close(ctx) }

func newCollectorApptuit(ctx context.Context, target Target) (*pushing, error) {
	factory := collector.NewFactory()
	config, _ := factory.CreateDefaultConfig().(*collector.Config)
	config.ClientConfig.Endpoint = target.URL
	config.QueueConfig = configoptional.None[exporterhelper.QueueBatchConfig]()
	config.RetryConfig.Enabled = false
	return start(ctx, factory, config)
}

func newCollectorOTLP(ctx context.Context, target Target) (*pushing, error) {
	factory := otlphttpexporter.NewFactory()
	config, _ := factory.CreateDefaultConfig().(*otlphttpexporter.Config)
	config.ClientConfig.Endpoint = target.URL
	config.QueueConfig = configoptional.None[exporterhelper.QueueBatchConfig]()
	config.RetryConfig.Enabled = false
	return start(ctx, factory, config)
}

func start(ctx context.Context, factory exporter.Factory, config component.Config) (*pushing, error) {
	e, err := factory.CreateMetrics(ctx, exporter.Settings{
		ID: component.NewID(factory.Type()), TelemetrySettings: componenttest.NewNopTelemetrySettings(),
		BuildInfo: component.NewDefaultBuildInfo(),
	}, config)
	if err != nil {
		return nil, err
	}
	return &pushing{push: e.ConsumeMetrics, close: e.Shutdown}, e.Start(ctx, componenttest.NewNopHost())
}

// newCollectorRemoteWrite returns an exporter of contrib's translation to remote write,
// which it posts as contrib's exporter does: in one request, without a write-ahead log.
func newCollectorRemoteWrite(_ context.Context, target Target) (*pushing, error) {
	p := newPoster(target.URL+"/api/v1/write", http.Header{
		"Content-Type": {"application/x-protobuf"}, "Content-Encoding": {"snappy"},
		"X-Prometheus-Remote-Write-Version": {"0.1.0"}, "User-Agent": {"bench"},
	})
	settings := prometheusremotewrite.Settings{DisableTargetInfo: true, DisableScopeInfo: true}
	return &pushing{
		push: func(ctx context.Context, md pmetric.Metrics) error {
			series, err := prometheusremotewrite.FromMetrics(md, settings)
			if err != nil {
				return err
			}
			var request prompb.WriteRequest
			for _, one := range series {
				request.Timeseries = append(request.Timeseries, *one)
			}
			body, err := request.Marshal()
			if err != nil {
				return err
			}
			return p.post(ctx, snappy.Encode(nil, body))
		},
		close: p.Shutdown,
	}, nil
}
