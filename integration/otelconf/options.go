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

// options are those of otelconf.
func (c *config) options() []contrib.ConfigurationOption {
	return append([]contrib.ConfigurationOption{
		contrib.WithContext(c.ctx),
		contrib.WithOpenTelemetryConfiguration(c.document.Rest),
	}, c.others...)
}

// WithContext sets the context with which exporters and the resource are made, by
// default context.Background. What is made lives on when it ends.
func WithContext(ctx context.Context) ConfigurationOption {
	return optionFunc(func(c *config) {
		if ctx != nil {
			c.ctx = ctx
		}
	})
}

// WithOpenTelemetryConfiguration sets the document that the SDK is made of, by
// default an empty one. The file of OTEL_CONFIG_FILE beats it.
func WithOpenTelemetryConfiguration(cfg OpenTelemetryConfiguration) ConfigurationOption {
	return optionFunc(func(c *config) { c.document = cfg })
}

// WithLoggerProviderOptions adds options for the LoggerProvider, which the
// document's beat.
func WithLoggerProviderOptions(opts ...sdklog.LoggerProviderOption) ConfigurationOption {
	return optionFunc(func(c *config) { c.others = append(c.others, contrib.WithLoggerProviderOptions(opts...)) })
}

// WithMeterProviderOptions adds options for the MeterProvider, which the
// document's beat. Readers are added to those of the document.
func WithMeterProviderOptions(opts ...sdkmetric.Option) ConfigurationOption {
	return optionFunc(func(c *config) { c.others = append(c.others, contrib.WithMeterProviderOptions(opts...)) })
}

// WithTracerProviderOptions adds options for the TracerProvider, which the
// document's beat.
func WithTracerProviderOptions(opts ...sdktrace.TracerProviderOption) ConfigurationOption {
	return optionFunc(func(c *config) { c.others = append(c.others, contrib.WithTracerProviderOptions(opts...)) })
}

// WithExporterOptions adds options for every exporter that the document has
// under apptuit: error handlers, token sources and what else no key says. Keys
// beat them; a token source and a token are an error. exporter.WithClient is not
// for documents: it makes every key of the client an error.
func WithExporterOptions(opts ...exporter.Option) ConfigurationOption {
	return optionFunc(func(c *config) { c.exporter = append(c.exporter, opts...) })
}

// WithProducers adds producers to every reader that exports to Apptuit, as
// runtimemetrics.NewProducer().
func WithProducers(producers ...sdkmetric.Producer) ConfigurationOption {
	return optionFunc(func(c *config) { c.producers = append(c.producers, producers...) })
}
