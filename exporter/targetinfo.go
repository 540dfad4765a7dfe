// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// target adds target_info with the timestamp of the newest data point. It adds at most one point
// for each timestamp, because a reader may split a collection into several Exports. The point is
// counted, but belongs to no data point.
func (x *export) target(state *resourceState) {
	ts := x.resolution.Timestamp(x.newest)
	if ts == 0 || state.targetAt.Swap(ts) == ts {
		return
	}
	x.conv.Target(x.newest, 0)
}

// targetTags returns the tags of target_info: the tags of all points of the resource, and the
// selected attributes of the resource. It returns nil if target_info is disabled, or the resource
// has no selected attribute.
func (rs *resources) targetTags(r *resource.Resource) []model.Tag {
	if rs.cfg.target.Value == nil || !slices.ContainsFunc(r.Attributes(), rs.cfg.target.Value) {
		return nil
	}
	set, _ := attribute.NewSetWithFiltered(r.Attributes(), func(kv attribute.KeyValue) bool {
		return rs.cfg.target.Value(kv) || rs.cfg.resource.Value(kv)
	})
	return rs.merge(r, &set)
}
