// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"crypto/rand"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/reporter"
)

// resources keeps the state of each resource whose metrics are exported. One exporter may
// serve several MeterProviders, each with a resource of its own.
type resources struct {
	cfg        *config
	conversion convert.Config
	resolution convert.Resolution // of timestamps
	pool       *convert.Pool[attribute.Distinct, resourceState]
	states     *reporter.Store[attribute.Distinct] // nil unless the layout is LayoutReporter
	lowest     []model.Tag                         // the tag of WithInstanceTag, which is the same for all resources

	// visit is called with each of the program's data points before it is converted, in the
	// order of their sources. It is nil except in explanations.
	visit func(m *collected, attributes *attribute.Set, at time.Time)
}

// resourceState is the state that the Exports of a resource share.
type resourceState struct {
	selfMetrics
	targetAt atomic.Int64 // timestamp of the last point of target_info
}

func newResources(cfg *config) *resources {
	rs := &resources{cfg: cfg, resolution: convert.ResolutionOf(cfg.core.Milliseconds())}
	layout := convert.Layout{Histograms: convert.Form(cfg.histograms.Value), Quantiles: cfg.quantiles.Value, SparseBuckets: cfg.sparseBuckets.Value}
	cacheBytes := cfg.cacheBytes
	if cfg.layout.Value == LayoutReporter {
		l := reporter.Layout{Unit: cfg.durationUnit.Value, Timers: reporter.Timers(cfg.timers.Value), Meters: cfg.meters.Value}
		layout.Custom = l.Shape
		// Half of the memory is reserved for the states, because counts depend on them. The cache of
		// series only saves time.
		rs.states = reporter.NewStore[attribute.Distinct](l, cacheBytes/2)
		cacheBytes -= cacheBytes / 2
	}
	rs.conversion = convert.Config{
		Names: cfg.names, ScopeTags: cfg.scopeTags.Value, MaxTags: cfg.core.MaxTags(), Layout: layout, Resolution: rs.resolution,
		Snapshots: true, Usage: true, CardinalityWarning: cfg.cardinality.Value,
	}
	rs.pool = convert.NewPool[attribute.Distinct, resourceState](rs.conversion, cacheBytes)
	if cfg.instanceTag.Value {
		rs.lowest = append(rs.lowest, model.Tag{Key: string(semconv.ServiceInstanceIDKey), Value: rand.Text()})
	}
	return rs
}

// convert converts the metrics of a resource, and the exporter's own metrics, which self returns.
func (rs *resources) convert(conversion *convert.Export[attribute.Distinct, resourceState], rm *metricdata.ResourceMetrics, res *resource.Resource, now time.Time, self func(*selfMetrics) []metricdata.ScopeMetrics) (*resourceState, convert.Tally) {
	lease := conversion.Lease(res.Equivalent(), func() convert.Tags { return rs.tagsOf(res) })
	state := lease.State
	x := &export{
		conv:        lease.Converter,
		observer:    rs.observer(res, lease.Converter, now),
		resolution:  rs.resolution,
		startPoints: rs.cfg.startPoints.Value,
		filter:      rs.cfg.filter.Value,
		visit:       rs.visit,
	}
	x.find(rm.ScopeMetrics, false)
	x.find(self(&state.selfMetrics), true)
	if x.observer != nil {
		x.observe(now)
	}
	lease.Reserve(uint64(x.latestOf(true)))
	x.walk(false)
	if x.observer != nil {
		x.idle() // after walk, because their samples follow the samples of data points
	}
	x.target(state)
	return state, lease.End()
}

// observer returns the observer for an Export of a resource. It is nil unless the layout is
// LayoutReporter.
func (rs *resources) observer(r *resource.Resource, conv *converter, now time.Time) *reporter.Observer[attribute.Distinct] {
	if rs.states == nil {
		return nil
	}
	return rs.states.Observer(r.Equivalent(), conv, now)
}

// close releases the cache and the states.
func (rs *resources) close() {
	rs.pool.Close()
	if rs.states != nil {
		rs.states.Close()
	}
}
