// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"context"

	contrib "go.opentelemetry.io/contrib/otelconf"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/apptuitai/apptuit-go/exporter"
)

// ConfigurationOption is an option of [NewSDK].
type ConfigurationOption interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

type config struct {
	ctx       context.Context
	document  OpenTelemetryConfiguration
	others    []contrib.ConfigurationOption
	exporter  []exporter.Option
	producers []sdkmetric.Producer
}

func newConfig(opts []ConfigurationOption) *config {
	c := &config{ctx: context.Background()}
	for _, o := range opts {
		if o != nil {
			o.apply(c)
		}
	}
	return c
}

// options returns the options for otelconf.
func (c *config) options() []contrib.ConfigurationOption {
	return append([]contrib.ConfigurationOption{
		contrib.WithContext(c.ctx),
		contrib.WithOpenTelemetryConfiguration(c.document.Rest),
	}, c.others...)
}

// WithContext sets the context for the creation of exporters and resource (default:
// context.Background). Providers and exporters continue to work after it ends.
func WithContext(ctx context.Context) ConfigurationOption {
	return optionFunc(func(c *config) {
		if ctx != nil {
			c.ctx = ctx
		}
	})
}

// WithOpenTelemetryConfiguration sets the document (default: an empty one). The file that
// OTEL_CONFIG_FILE names overrides it.
func WithOpenTelemetryConfiguration(cfg OpenTelemetryConfiguration) ConfigurationOption {
	return optionFunc(func(c *config) { c.document = cfg })
}

// WithLoggerProviderOptions adds options for the LoggerProvider. The document overrides them.
func WithLoggerProviderOptions(opts ...sdklog.LoggerProviderOption) ConfigurationOption {
	return optionFunc(func(c *config) { c.others = append(c.others, contrib.WithLoggerProviderOptions(opts...)) })
}

// WithMeterProviderOptions adds options for the MeterProvider. The document overrides them.
// Readers are added to those of the document.
func WithMeterProviderOptions(opts ...sdkmetric.Option) ConfigurationOption {
	return optionFunc(func(c *config) { c.others = append(c.others, contrib.WithMeterProviderOptions(opts...)) })
}

// WithTracerProviderOptions adds options for the TracerProvider. The document overrides them.
func WithTracerProviderOptions(opts ...sdktrace.TracerProviderOption) ConfigurationOption {
	return optionFunc(func(c *config) { c.others = append(c.others, contrib.WithTracerProviderOptions(opts...)) })
}

// WithExporterOptions adds options for every exporter apptuit of the document. It is for
// options without a key, such as exporter.WithErrorHandler and exporter.WithTokenSource.
// Keys override these options, except that a token source together with a token or a token
// file is an error. exporter.WithClient must not be used: exporter.New does not accept it
// together with options of a client, and NewSDK passes such options for the keys.
func WithExporterOptions(opts ...exporter.Option) ConfigurationOption {
	return optionFunc(func(c *config) { c.exporter = append(c.exporter, opts...) })
}

// WithProducers adds producers to every reader that exports to Apptuit, for example
// runtimemetrics.NewProducer().
func WithProducers(producers ...sdkmetric.Producer) ConfigurationOption {
	return optionFunc(func(c *config) { c.producers = append(c.producers, producers...) })
}
