// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"os"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// tagsOf returns the tags of the points of a resource, and of its target_info.
func (rs *resources) tagsOf(r *resource.Resource) convert.Tags {
	return convert.Tags{Base: rs.tags(r), Target: rs.targetTags(r)}
}

// tags returns the tags of all points of a resource. The sources of these tags are, in order of
// precedence, the exporter, the client, the environment, the resource and the host. Attributes of
// a data point override all of them.
func (rs *resources) tags(r *resource.Resource) []model.Tag {
	set, _ := attribute.NewSetWithFiltered(r.Attributes(), rs.cfg.resource.Value)
	return rs.merge(r, &set)
}

// merge returns the tags of a resource, given the attributes that become tags.
func (rs *resources) merge(r *resource.Resource, chosen *attribute.Set) []model.Tag {
	return convert.BaseTags(rs.cfg.names, rs.cfg.shared, tagsOf(nil, chosen), rs.low(r))
}

// low returns the tags that the attributes of a resource override: service_instance_id of
// WithInstanceTag, and host.
func (rs *resources) low(r *resource.Resource) []model.Tag {
	low := slices.Clone(rs.lowest)
	if rs.cfg.hostTag.Value {
		if name := hostName(r); name != "" {
			low = append(low, model.Tag{Key: "host", Value: name})
		}
	}
	return low
}

// hostName returns the resource attribute host.name, or else the name of this host, or "".
func hostName(r *resource.Resource) string {
	if v, ok := r.Set().Value(semconv.HostNameKey); ok && v.String() != "" {
		return v.String()
	}
	name, _ := os.Hostname() // without one there is no tag
	return name
}
