// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"crypto/rand"
	"os"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"

	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/wire"
)

// origins are the resources whose metrics are exported: one exporter may serve
// several MeterProviders.
type origins struct {
	cfg    *config
	pool   *convert.Pool[attribute.Distinct, selfMetrics]
	lowest []wire.Tag // tags below the resource's
}

// lease is what one Export has of the resource that it is of.
type lease = convert.Lease[attribute.Distinct, selfMetrics]

func newOrigins(cfg *config) *origins {
	o := &origins{cfg: cfg, pool: convert.NewPool[attribute.Distinct, selfMetrics](
		convert.Config{Mode: cfg.mode, Prefix: cfg.prefix, ScopeTags: cfg.scopeTags, Layout: cfg.convertLayout()}, cfg.cacheBytes)}
	if cfg.instanceTag {
		o.lowest = append(o.lowest, wire.Tag{Key: string(semconv.ServiceInstanceIDKey), Value: rand.Text()})
	}
	return o
}

func (o *origins) lease(r *resource.Resource) *lease {
	if r == nil {
		r = resource.Empty()
	}
	return o.pool.Lease(r.Equivalent(), func() []wire.Tag { return o.tags(r) })
}

// tags merges what is below the points' own attributes: the exporter's tags,
// the client's, the environment's, the resource's, and at last the host.
func (o *origins) tags(r *resource.Resource) []wire.Tag {
	set, _ := attribute.NewSetWithFiltered(r.Attributes(), o.cfg.resource)
	low := slices.Clone(o.lowest)
	if !o.cfg.noHostTag {
		if name := hostName(r); name != "" {
			low = append(low, wire.Tag{Key: "host", Value: name})
		}
	}
	return convert.BaseTags(o.cfg.mode, o.cfg.shared, tagsOf(nil, &set), low)
}

func hostName(r *resource.Resource) string {
	if v, ok := r.Set().Value(semconv.HostNameKey); ok && v.String() != "" {
		return v.String()
	}
	name, _ := os.Hostname() // without one there is no tag
	return name
}
