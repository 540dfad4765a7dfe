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
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// config is the configuration of an exporter. A field with a name that ends in Set or Given
// says that an option has set the value, so that the environment does not override it.
type config struct {
	client         *apptuitclient.Client
	core           *client.Client // inside client, for use within this module
	clientGiven    bool
	clientOptions  []apptuitclient.Option
	clientNames    []string // names of the options that have added clientOptions, each once
	names          convert.Names
	modeSet        bool
	prometheusSet  bool
	tags           map[string]string
	prefixSet      bool
	noHostTag      bool
	instanceTag    bool
	resource       attribute.Filter
	filter         attribute.Filter // of data point attributes; nil selects all
	scopeTags      bool
	scopeTagsSet   bool
	startPoints    bool
	startPointsSet bool
	target         attribute.Filter // of the attributes of target_info; nil disables it
	handler        func(*apptuitclient.SendError)
	temporality    sdkmetric.TemporalitySelector
	temporalitySet bool
	aggregation    sdkmetric.AggregationSelector
	aggregationSet bool
	noSelfMetrics  bool
	usageMetrics   bool
	cardinality    int // series of an instrument above which there is a warning; 0 disables it
	cardinalitySet bool
	meterProvider  metric.MeterProvider // of WithMeterProvider
	cacheBytes     int64

	telemetry       *telemetry // nil without a provider, see telemetryProvider
	layout          Layout
	layoutSet       bool
	histograms      Histograms
	histogramsSet   bool
	quantiles       []float64 // nil selects the default quantiles
	quantilesSet    bool
	sparseBuckets   bool
	timers          Timers
	timersSet       bool
	durationUnit    time.Duration
	durationUnitSet bool
	meters          bool
	metersSet       bool

	shared [][]model.Tag // tags for all points, as layers for model.MergeTags, highest precedence first

	faults []error
}

// newConfig applies the options, then the environment where no option is set, then the
// defaults, and creates the client. Its error joins all faults, including those of the
// client's configuration.
func newConfig(opts []Option) (*config, error) {
	c := &config{
		resource: attribute.NewAllowKeysFilter(
			semconv.ServiceNameKey, semconv.ServiceNamespaceKey, semconv.ServiceInstanceIDKey),
		cacheBytes:   64 << 20,
		durationUnit: time.Second,
	}
	for _, o := range opts {
		if o != nil {
			o.apply(c)
		}
	}
	c.environment()
	c.checkLayout()
	c.selectors()
	c.connect()
	c.checkNames()
	c.shareTags()
	c.observe()
	if len(c.faults) > 0 {
		if !c.clientGiven && c.client != nil {
			_ = c.client.Close()
		}
		return nil, fmt.Errorf("apptuit exporter: %w", errors.Join(c.faults...))
	}
	return c, nil
}

// connect creates the client, unless WithClient is given, and opens its spool.
func (c *config) connect() {
	switch {
	case !c.clientGiven:
		made, err := apptuitclient.New(c.clientOptions...)
		if err != nil {
			c.faults = append(c.faults, err)
		}
		c.client = made
	case len(c.clientOptions) > 0:
		c.fault("WithClient excludes options of the client: pass them to apptuitclient.New instead of %s",
			strings.Join(c.clientNames, ", "))
	}
	if c.client != nil {
		c.core = client.Of(c.client)
		if err := c.core.OpenSpool(); err != nil {
			c.faults = append(c.faults, err)
		}
	}
}

// addClientOptions adds options for the client that connect creates. name is the option of
// this package that they come from.
func (c *config) addClientOptions(name string, opts ...apptuitclient.Option) {
	c.clientOptions = append(c.clientOptions, opts...)
	if !slices.Contains(c.clientNames, name) {
		c.clientNames = append(c.clientNames, name)
	}
}

// observe creates the instruments for metrics about the exporter, if there is a provider for
// them.
func (c *config) observe() {
	provider, from := c.telemetryProvider()
	if provider == nil || c.client == nil {
		return
	}
	t, err := newTelemetry(provider, c.client.Endpoint())
	if err != nil {
		c.fault("%s: %w", from, err)
	}
	c.telemetry = t
}

// checkNames takes the rule for tag values from the client, and also the sanitize mode, unless
// WithSanitizeMode has set it. It checks that WithPrometheusNames is compatible with the mode and
// the layout.
func (c *config) checkNames() {
	if c.client != nil {
		c.names.Values = c.core.TagValues()
		if !c.modeSet {
			c.names.Mode = c.core.SanitizeMode()
		}
	}
	if !c.names.Prometheus {
		return
	}
	source := "APPTUIT_PROMETHEUS_NAMES"
	if c.prometheusSet {
		source = "WithPrometheusNames"
	}
	if mode := c.names.Mode; mode != encoding.SanitizePrometheus {
		c.fault("%s: the sanitize mode must be %v, not %v", source, encoding.SanitizePrometheus, mode)
	}
	if c.layout == LayoutReporter {
		c.fault("%s: the reporter layout (WithLayout, APPTUIT_LAYOUT) does not support Prometheus names", source)
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
		layer, err := c.names.Layer(model.TagsOf(nil, s.tags))
		if err != nil {
			c.fault("%s: %w", s.name, err)
		}
		c.shared = append(c.shared, layer)
	}
}

func (c *config) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf(format, args...))
}
