// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configcompression"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/integration/collector/internal/metadata"
)

// Defaults of the exporter's own keys, and defaults that differ from those of confighttp and
// exporterhelper.
const (
	defaultTimeout        = 30 * time.Second
	defaultPingAfter      = 10 * time.Second
	defaultPingTimeout    = 5 * time.Second
	defaultMaxBatchPoints = 50_000
	defaultMaxBatchBytes  = 16 << 20
	defaultCacheBytes     = 64 << 20
	defaultConsumers      = 4
)

// NewFactory returns the factory of the exporter, whose type is "apptuit".
func NewFactory() exporter.Factory {
	return exporter.NewFactory(
		metadata.Type,
		createDefaultConfig,
		exporter.WithMetrics(createMetrics, metadata.MetricsStability),
	)
}

func createDefaultConfig() component.Config {
	client := confighttp.NewDefaultClientConfig()
	client.Endpoint = apptuitclient.DefaultEndpoint
	client.Timeout = defaultTimeout
	client.Compression = configcompression.TypeGzip
	client.HTTP2ReadIdleTimeout, client.HTTP2PingTimeout = defaultPingAfter, defaultPingTimeout

	// A data point becomes one point or more, so that such a batch fills at least one request.
	queue := exporterhelper.NewDefaultQueueConfig()
	queue.NumConsumers = defaultConsumers
	batch := queue.Batch.GetOrInsertDefault()
	batch.Sizer = exporterhelper.RequestSizerTypeItems
	batch.MaxSize = defaultMaxBatchPoints

	return &Config{
		ClientConfig:   client,
		QueueConfig:    configoptional.Some(queue),
		RetryConfig:    configretry.NewDefaultBackOffConfig(),
		SanitizeMode:   "prometheus",
		Histograms:     "recorded",
		HostTag:        true,
		ScopeTags:      true,
		MaxBatchPoints: defaultMaxBatchPoints,
		MaxBatchBytes:  defaultMaxBatchBytes,
		CacheBytes:     defaultCacheBytes,
	}
}

func createMetrics(ctx context.Context, set exporter.Settings, config component.Config) (exporter.Metrics, error) {
	cfg, ok := config.(*Config)
	if !ok {
		return nil, fmt.Errorf("the configuration is a %T", config)
	}
	e, err := newExporter(set, cfg)
	if err != nil {
		return nil, err
	}
	return exporterhelper.NewMetrics(ctx, set, cfg, e.push,
		exporterhelper.WithStart(e.start),
		exporterhelper.WithShutdown(e.shutdown),
		exporterhelper.WithCapabilities(consumer.Capabilities{MutatesData: false}),
		// push limits its own time, so that its error gives the reason.
		exporterhelper.WithTimeout(exporterhelper.TimeoutConfig{}),
		exporterhelper.WithRetry(cfg.RetryConfig),
		exporterhelper.WithQueue(cfg.QueueConfig),
	)
}
