// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"go.uber.org/zap"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/pattern"
)

// metricsExporter pushes metrics. It is safe for concurrent use between start and shutdown.
type metricsExporter struct {
	cfg       *Config
	telemetry component.TelemetrySettings
	counters  *counters
	resources *resources
	selected  *pattern.Selection // attributes of data points; nil selects all
	layout    convert.Layout
	hasher    hasher
	refused   *client.Refusals

	// Set by start.
	http       *http.Client
	client     *apptuitclient.Client
	resolution convert.Resolution
	pool       *convert.Pool[identity, struct{}]
}

func newExporter(set exporter.Settings, cfg *Config) (*metricsExporter, error) {
	counters, err := newCounters(set)
	if err != nil {
		return nil, err
	}
	resources, err := newResources(cfg)
	if err != nil {
		return nil, fmt.Errorf("apptuit exporter: %w", err)
	}
	layout, err := cfg.layout()
	if err != nil {
		return nil, fmt.Errorf("apptuit exporter: %w", err)
	}
	return &metricsExporter{
		cfg:       cfg,
		telemetry: set.TelemetrySettings,
		counters:  counters,
		resources: resources,
		selected:  cfg.Attributes.selection(),
		layout:    layout,
		hasher:    newHasher(),
		refused:   client.NewRefusals(),
	}, nil
}

// start creates the client. The extensions that authenticate requests are not available
// earlier.
func (e *metricsExporter) start(ctx context.Context, host component.Host) error {
	// confighttp provides connections, TLS, authentication and instrumentation. The client
	// compresses requests, limits their time, and sets the headers, so that their values do not
	// appear in errors.
	shared := e.cfg.ClientConfig
	shared.Compression, shared.Headers, shared.Timeout = "", nil, 0
	connections, err := shared.ToClient(ctx, host.GetExtensions(), e.telemetry)
	if err != nil {
		return fmt.Errorf("apptuit exporter: %w", err)
	}
	if err := e.use(connections); err != nil {
		return err
	}
	e.telemetry.Logger.Info("Points are sent to this server.",
		zap.String("endpoint", e.client.Endpoint()), zap.Stringer("server", client.Of(e.client).Server()),
		zap.String("credentials", e.cfg.credentialsText()), zap.String("queue", e.cfg.queueText()))
	return nil
}

// use creates the client with an HTTP client, and the pool of converters by the client's rules
// for tags and timestamps.
func (e *metricsExporter) use(connections *http.Client) error {
	options, err := e.cfg.clientOptions()
	if err != nil {
		return fmt.Errorf("apptuit exporter: %w", err)
	}
	e.http = connections
	e.client, err = apptuitclient.New(append(options,
		apptuitclient.WithoutEnvironment(),
		apptuitclient.WithHTTPClient(connections),
		apptuitclient.WithRetry(apptuitclient.RetryConfig{}),
		apptuitclient.WithWarningHandler(func(err error) { e.telemetry.Logger.Warn("The client has a warning.", zap.Error(err)) }),
	)...)
	if err != nil {
		return err
	}
	core := client.Of(e.client)
	if err := e.resources.use(core.TagValues(), core.MaxTags()); err != nil {
		return fmt.Errorf("apptuit exporter: %w", err)
	}
	e.resolution = convert.ResolutionOf(core.Milliseconds())
	e.pool = convert.NewPool[identity, struct{}](convert.Config{
		Names: e.resources.names, ScopeTags: e.cfg.ScopeTags, MaxTags: core.MaxTags(), Layout: e.layout, Resolution: e.resolution,
		CardinalityWarning: e.cfg.CardinalityWarning, Claims: true,
	}, e.cfg.CacheBytes)
	return nil
}

// shutdown closes the client. exporterhelper calls it after all pushes have returned.
func (e *metricsExporter) shutdown(context.Context) error {
	if e.pool == nil {
		return nil
	}
	e.pool.Close()
	e.http.CloseIdleConnections()
	return e.client.Close()
}

// push tries once to deliver metrics. The key timeout limits the whole push, so that a shutdown
// does not wait for longer. In the client it also limits each request.
func (e *metricsExporter) push(ctx context.Context, md pmetric.Metrics) error {
	timeout := e.cfg.ClientConfig.Timeout
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("no answer within %v: %w", timeout, context.DeadlineExceeded))
	defer cancel()
	var retries retrySet
	returned := 0
	out := client.Of(e.client).NewWriter(ctx, client.WriterOptions{
		Reported: e.refused.Reported,
		Retain:   true,
		Failed: func(source uint32, why *client.Failure) {
			if why.Temporary {
				retries.add(source)
				returned++
			}
		},
	})
	w := &walk{
		export:      e.pool.Begin(out, time.Now()),
		resolution:  e.resolution,
		startPoints: e.cfg.StartPoints,
		selected:    e.selected,
		shared:      attributes{hasher: e.hasher},
		attributes:  attributes{hasher: e.hasher},
	}
	defer w.export.Close()
	if e.resources.target != nil {
		w.targets = make(map[identity]int64)
	}
	keys := make([]identity, md.ResourceMetrics().Len())
	for i, rm := range md.ResourceMetrics().All() {
		attributes := rm.Resource().Attributes()
		keys[i] = w.shared.identify(attributes)
		w.export.Announce(keys[i], func() convert.Tags { return e.resources.of(attributes) })
	}
	for i, rm := range md.ResourceMetrics().All() {
		e.resource(w, keys[i], rm)
	}
	report := out.Close()
	e.counters.add(ctx, report, returned)
	e.counters.overflow(ctx, w.tally)
	if e.selected != nil {
		e.counters.filter(ctx, w.tally)
	}
	for _, warning := range w.tally.Warnings {
		e.telemetry.Logger.Warn("A metric has many series.", zap.Error(warning))
	}
	return e.pushError(md, report, &retries, returned)
}

// resource converts the metrics of one resource, which is identified by its attributes.
func (e *metricsExporter) resource(w *walk, key identity, rm pmetric.ResourceMetrics) {
	attributes := rm.Resource().Attributes()
	lease := w.export.Lease(key, func() convert.Tags { return e.resources.of(attributes) })
	lease.Describe(func() []model.Tag { return tagsOf(attributes) })
	w.conv = lease.Converter
	w.resource(rm)
	w.target(key)
	w.tally = w.tally.Plus(lease.End())
}
