// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// config is the configuration of an exporter.
type config struct {
	client        *apptuitclient.Client
	core          *client.Client // inside client, for use within this module
	clientGiven   bool
	clientOptions []apptuitclient.Option
	clientNames   []string // names of the options that have added clientOptions, each once
	ignored       bool     // WithoutEnvironment: no variable is read

	names           convert.Names // completed by completeNames
	prefix          client.Optional[string]
	mode            client.Optional[encoding.SanitizeMode]
	prometheusNames client.Optional[bool]

	tags        map[string]string
	hostTag     client.Optional[bool]
	instanceTag client.Optional[bool]
	scopeTags   client.Optional[bool]
	resource    client.Optional[attribute.Filter]
	filter      client.Optional[attribute.Filter] // of data point attributes; nil selects all
	target      client.Optional[attribute.Filter] // of the attributes of target_info; nil disables it

	temporality   client.Optional[sdkmetric.TemporalitySelector]
	aggregation   client.Optional[sdkmetric.AggregationSelector]
	histograms    client.Optional[Histograms]
	quantiles     client.Optional[[]float64] // nil selects the default quantiles
	sparseBuckets client.Optional[bool]
	startPoints   client.Optional[bool]

	layout       client.Optional[Layout]
	timers       client.Optional[Timers]
	durationUnit client.Optional[time.Duration]
	meters       client.Optional[func(name string) bool] // nil selects none

	selfMetrics   client.Optional[bool]
	usageMetrics  client.Optional[bool]
	cardinality   client.Optional[int] // series of an instrument above which there is a warning; 0 disables it
	cacheBytes    int64
	handler       func(*apptuitclient.SendError)
	meterProvider client.Optional[metric.MeterProvider]

	telemetry *telemetry    // nil without a MeterProvider
	shared    [][]model.Tag // tags for all points, as layers for model.MergeTags, highest precedence first

	sharedFrom []convert.Layer // the sources of shared, without Tags

	faults   []error
	warnings []error // passed to the client's warning handler if there are no faults
}

// newConfig applies the options, then the environment where no option is set, then the
// defaults, and creates the client. Its error joins all faults, including those of the
// client's configuration.
func newConfig(opts []Option) (*config, error) {
	c := &config{cacheBytes: 64 << 20}
	for _, o := range opts {
		if o != nil {
			o.apply(c)
		}
	}
	if !c.ignored {
		c.environment()
	}
	c.defaults()
	c.checkLayout()
	c.checkSelfMetrics()
	c.selectors()
	c.connect()
	c.completeNames()
	c.shareTags()
	c.observe()
	if len(c.faults) > 0 {
		if !c.clientGiven && c.client != nil {
			_ = c.client.Close()
		}
		return nil, fmt.Errorf("apptuit: configuration: %w", errors.Join(c.faults...))
	}
	for _, w := range c.warnings {
		c.core.WarnDuringNew(w)
	}
	return c, nil
}

// defaults sets defaults, one of which depends on the layout.
func (c *config) defaults() {
	c.resource.SetDefault(attribute.NewAllowKeysFilter(
		semconv.ServiceNameKey, semconv.ServiceNamespaceKey, semconv.ServiceInstanceIDKey))
	c.hostTag.SetDefault(true)
	c.scopeTags.SetDefault(c.layout.Value != LayoutReporter) // apptuit-py's reporter has no scope tags
	c.durationUnit.SetDefault(time.Second)
	c.selfMetrics.SetDefault(true)
}

// connect creates the client, unless WithClient is given, and opens its spool.
func (c *config) connect() {
	switch {
	case !c.clientGiven:
		if c.ignored {
			c.clientOptions = append(c.clientOptions, apptuitclient.WithoutEnvironment())
		}
		made, err := apptuitclient.New(c.clientOptions...)
		if err != nil {
			c.faults = append(c.faults, client.WithoutPrefix(err))
		}
		c.client = made
	case len(c.clientOptions) > 0:
		c.fault("WithClient excludes options of the client: pass them to apptuitclient.New instead of %s",
			strings.Join(c.clientNames, ", "))
	}
	if c.client != nil {
		c.core = client.Of(c.client)
		if err := c.core.OpenSpool(); err != nil {
			c.faults = append(c.faults, client.WithoutPrefix(err))
		}
	}
}

// addClientOptions adds options for the client that connect creates. name is the name of the
// option of this package that passes them.
func (c *config) addClientOptions(name string, opts ...apptuitclient.Option) {
	c.clientOptions = append(c.clientOptions, opts...)
	if !slices.Contains(c.clientNames, name) {
		c.clientNames = append(c.clientNames, name)
	}
}

// observe creates the instruments of OpenTelemetry's metrics about exporters, if there is a
// MeterProvider for them.
func (c *config) observe() {
	if c.meterProvider.Value == nil || c.client == nil {
		return
	}
	t, err := newTelemetry(c.meterProvider.Value, c.client.Endpoint())
	if err != nil {
		c.fault("%s: %w", c.meterProvider.From, err)
	}
	c.telemetry = t
}

// completeNames takes the rule for tag values from the client, and also the sanitize mode, unless
// WithSanitizeMode has set it. It checks that Prometheus names are compatible with the mode and
// the layout.
func (c *config) completeNames() {
	c.names = convert.Names{Prefix: c.prefix.Value, Mode: c.mode.Value, Prometheus: c.prometheusNames.Value}
	if c.client != nil {
		c.names.Values = c.core.TagValues()
		if !c.mode.Given() {
			c.names.Mode = c.core.SanitizeMode()
		}
	}
	if !c.names.Prometheus {
		return
	}
	if mode := c.names.Mode; mode != encoding.SanitizePrometheus {
		c.fault("%s: the sanitize mode must be %v, not %v", c.prometheusNames.From, encoding.SanitizePrometheus, mode)
	}
	if c.layout.Value == LayoutReporter {
		c.fault("%s: the reporter layout (%s) does not support Prometheus names", c.prometheusNames.From, c.layout.From)
	}
}

// shareTags prepares the tags of the exporter, of the client and of APPTUIT_TAGS, in this
// order of precedence.
func (c *config) shareTags() {
	type source struct {
		name string
		tags map[string]string
	}
	sources := []source{{"WithTags", c.tags}}
	if c.client != nil {
		sources = append(sources, source{"the client's WithTags", c.core.Tags()}, source{"APPTUIT_TAGS", c.core.EnvironmentTags()})
	}
	for _, s := range sources {
		given := model.TagsOf(nil, s.tags)
		layer, err := c.names.Layer(slices.Clone(given))
		if err != nil {
			c.fault("%s: %w", s.name, err)
		}
		c.shared = append(c.shared, layer)
		c.sharedFrom = append(c.sharedFrom, convert.Layer{Source: s.name, Given: given})
	}
}

func (c *config) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf(format, args...))
}
