// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"crypto/rand"
	"os"
	"slices"
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

// origins keeps the state of each resource whose metrics are exported. One exporter may
// serve several MeterProviders, each with a resource of its own.
type origins struct {
	cfg        *config
	conversion convert.Config
	resolution convert.Resolution // of timestamps
	pool       *convert.Pool[attribute.Distinct, kept]
	states     *reporter.Store[attribute.Distinct] // nil unless the layout is LayoutReporter
	lowest     []model.Tag                         // the tag of WithInstanceTag, which is the same for all resources

	// visit is called with each of the program's data points before it is converted, in the
	// order of their sources. It is nil except in explanations.
	visit func(m *collected, attributes *attribute.Set, at time.Time)
}

// kept is the state that the Exports of a resource share.
type kept struct {
	selfMetrics
	targetAt atomic.Int64 // timestamp of the last point of target_info
}

func newOrigins(cfg *config) *origins {
	o := &origins{cfg: cfg, resolution: convert.ResolutionOf(cfg.core.Milliseconds())}
	layout := convert.Layout{Histograms: convert.Form(cfg.histograms.Value), Quantiles: cfg.quantiles.Value, SparseBuckets: cfg.sparseBuckets.Value}
	cacheBytes := cfg.cacheBytes
	if cfg.layout.Value == LayoutReporter {
		l := reporter.Layout{Unit: cfg.durationUnit.Value, Timers: reporter.Timers(cfg.timers.Value), Meters: cfg.meters.Value}
		layout.Custom = l.Shape
		// Half of the memory is reserved for the states, because counts depend on them. The cache of
		// series only saves time.
		o.states = reporter.NewStore[attribute.Distinct](l, cacheBytes/2)
		cacheBytes -= cacheBytes / 2
	}
	o.conversion = convert.Config{
		Names: cfg.names, ScopeTags: cfg.scopeTags.Value, MaxTags: cfg.core.MaxTags(), Layout: layout, Resolution: o.resolution,
		Snapshots: true, Usage: true, CardinalityWarning: cfg.cardinality.Value,
	}
	o.pool = convert.NewPool[attribute.Distinct, kept](o.conversion, cacheBytes)
	if cfg.instanceTag.Value {
		o.lowest = append(o.lowest, model.Tag{Key: string(semconv.ServiceInstanceIDKey), Value: rand.Text()})
	}
	return o
}

// convert converts the metrics of a resource, and the exporter's own metrics, which self returns.
func (o *origins) convert(conversion *convert.Export[attribute.Distinct, kept], rm *metricdata.ResourceMetrics, res *resource.Resource, now time.Time, self func(*selfMetrics) []metricdata.ScopeMetrics) (*kept, convert.Tally) {
	lease := conversion.Lease(res.Equivalent(), func() convert.Tags { return o.tagsOf(res) })
	state := lease.State
	x := &export{
		conv:        lease.Converter,
		observer:    o.observer(res, lease.Converter, now),
		resolution:  o.resolution,
		startPoints: o.cfg.startPoints.Value,
		filter:      o.cfg.filter.Value,
		visit:       o.visit,
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

// tagsOf returns the tags of the points of a resource.
func (o *origins) tagsOf(r *resource.Resource) convert.Tags {
	return convert.Tags{Base: o.tags(r), Target: o.targetTags(r)}
}

// observer returns the observer for an Export of a resource. It is nil unless the layout is
// LayoutReporter.
func (o *origins) observer(r *resource.Resource, conv *converter, now time.Time) *reporter.Observer[attribute.Distinct] {
	if o.states == nil {
		return nil
	}
	return o.states.Observer(r.Equivalent(), conv, now)
}

// close releases the cache and the states.
func (o *origins) close() {
	o.pool.Close()
	if o.states != nil {
		o.states.Close()
	}
}

// tags returns the tags of all points of a resource. The sources of these tags are, in order of
// precedence, the exporter, the client, the environment, the resource and the host. Attributes of
// a data point override all of them.
func (o *origins) tags(r *resource.Resource) []model.Tag {
	set, _ := attribute.NewSetWithFiltered(r.Attributes(), o.cfg.resource.Value)
	return o.merge(r, &set)
}

// targetTags returns the tags of target_info: the tags of all points of the resource, and the
// selected attributes of the resource. It returns nil if target_info is disabled, or the resource
// has no selected attribute.
func (o *origins) targetTags(r *resource.Resource) []model.Tag {
	if o.cfg.target.Value == nil || !slices.ContainsFunc(r.Attributes(), o.cfg.target.Value) {
		return nil
	}
	set, _ := attribute.NewSetWithFiltered(r.Attributes(), func(kv attribute.KeyValue) bool {
		return o.cfg.target.Value(kv) || o.cfg.resource.Value(kv)
	})
	return o.merge(r, &set)
}

func (o *origins) merge(r *resource.Resource, chosen *attribute.Set) []model.Tag {
	return convert.BaseTags(o.cfg.names, o.cfg.shared, tagsOf(nil, chosen), o.low(r))
}

// low returns the tags that the attributes of a resource override.
func (o *origins) low(r *resource.Resource) []model.Tag {
	low := slices.Clone(o.lowest)
	if o.cfg.hostTag.Value {
		if name := hostName(r); name != "" {
			low = append(low, model.Tag{Key: "host", Value: name})
		}
	}
	return low
}

func hostName(r *resource.Resource) string {
	if v, ok := r.Set().Value(semconv.HostNameKey); ok && v.String() != "" {
		return v.String()
	}
	name, _ := os.Hostname() // without one there is no tag
	return name
}
