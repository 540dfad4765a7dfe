// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/explain"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// holder gives the command apptuit and package doctor access to explain and to the choices. See
// explain.Holder.
type holder = explain.Holder

// explain converts metrics as the first Export would, and returns the explanation of each data
// point, in the order of the data points. It leaves out the exporter's own metrics and
// target_info, and has no effect on the exporter.
func (e *Exporter) explain(rm *metricdata.ResourceMetrics) []explain.DataPoint {
	res := rm.Resource
	if res == nil {
		res = resource.Empty()
	}
	rs := newResources(e.cfg)
	rs.lowest = e.resources.lowest
	defer rs.close()
	x := &explanation{resources: rs}
	x.base, x.unused = rs.layers(res)
	rs.visit = x.add
	x.builder = put.NewCodec(put.None).NewBuilder(put.Limits{Points: math.MaxInt, Bytes: math.MaxInt64}, x.deliver)
	now := time.Now()
	conversion := rs.pool.Begin(x, now)
	defer conversion.Close()
	rs.convert(conversion, rm, res, now, func(*selfMetrics) []metricdata.ScopeMetrics { return nil })
	x.builder.Flush()
	x.builder.Close()
	return x.points
}

// explanation is a sink of a conversion. It assigns the points to the data points that they
// were made of, instead of sending them.
type explanation struct {
	resources *resources
	base      []convert.Layer  // the tags of all points of the resource
	unused    []explain.Unused // attributes of the resource

	builder *put.Builder
	points  []explain.DataPoint // by source, from 1 on
}

// add adds a data point, with the sources of its tags. The conversion calls it for each data
// point before that data point's points and rejections arrive.
func (x *explanation) add(m *collected, attributes *attribute.Set, at time.Time) {
	layer, unused := x.resources.attributeLayer(attributes)
	layers := append([]convert.Layer{layer, x.resources.scopeLayer(m.scope)}, x.base...)
	x.points = append(x.points, explain.DataPoint{
		Scope: m.scope.Name, ScopeVersion: m.scope.Version, Spec: m.spec, Delta: m.delta,
		Attributes: tagsOf(nil, attributes), Time: at,
		Tags: x.resources.conversion.Origins(layers), Unused: slices.Concat(x.unused, unused),
	})
}

// Lines returns the builder for the lines.
func (x *explanation) Lines() *put.Builder { return x.builder }

// Sequential does nothing: nothing is sent.
func (x *explanation) Sequential() {}

// Reject adds a point that cannot be sent.
func (x *explanation) Reject(r put.Rejection) {
	if p := x.of(r.Source); p != nil {
		p.Rejected = append(p.Rejected, explain.Rejection{Metric: r.Metric, Err: r.Err})
	}
}

// of returns the data point of a source. It returns nil if the source belongs to no data point.
func (x *explanation) of(source uint32) *explain.DataPoint {
	if source == 0 || source == put.Uncounted {
		return nil
	}
	return &x.points[source-1]
}

// deliver adds the points of a batch to their data points.
func (x *explanation) deliver(b *put.Batch) {
	defer b.Release()
	// The errors would mean that the batch, which is in memory, is damaged.
	_ = b.Lines(context.Background(), func(i int, line []byte) bool {
		if p := x.of(b.Source(i)); p != nil {
			point, _ := put.DecodePoint(line)
			p.Points = append(p.Points, explain.Point{
				Metric: point.Metric, Tags: point.Tags, Time: time.UnixMilli(model.Milliseconds(point.Timestamp)).UTC(),
				Value: json.Number(point.Value.Append(nil)),
			})
		}
		return true
	})
}

// attributeLayer returns the tags of the attributes of a data point, and the attributes that the
// filter removes. If a key is invalid, there are no tags, and the points are rejected.
func (rs *resources) attributeLayer(attributes *attribute.Set) (convert.Layer, []explain.Unused) {
	x := export{filter: rs.cfg.filter.Value}
	chosen, left := attributes.Filter(x.passes)
	given := tagsOf(nil, &chosen)
	tags, _ := rs.cfg.names.Layer(slices.Clone(given))
	return convert.Layer{Source: string(explain.Attribute), Given: given, Tags: tags}, unusedOf(explain.Attribute, left)
}

// scopeLayer returns the tags of a scope.
func (rs *resources) scopeLayer(s *instrumentation.Scope) convert.Layer {
	tags := rs.conversion.ScopeLayer(s.Name, s.Version, s.SchemaURL, tagsOf(nil, &s.Attributes))
	return convert.Layer{Source: string(explain.Scope), Tags: tags}
}

// layers returns the tags of all points of a resource, by source, and the attributes of the
// resource that do not become tags.
func (rs *resources) layers(r *resource.Resource) ([]convert.Layer, []explain.Unused) {
	set, left := attribute.NewSetWithFiltered(r.Attributes(), rs.cfg.resource.Value)
	resourceTags, low := tagsOf(nil, &set), rs.low(r)
	layers := slices.Clone(rs.cfg.sharedFrom)
	layers = append(layers, convert.Layer{Source: string(explain.Resource), Given: resourceTags}, convert.Layer{Source: string(explain.Host), Given: low})
	for i, tags := range convert.BaseLayers(rs.cfg.names, rs.cfg.shared, resourceTags, low) {
		layers[i].Tags = tags
	}
	// The tag host is made of host.name, so that host.name is not unused.
	left = slices.DeleteFunc(left, func(kv attribute.KeyValue) bool { return kv.Key == semconv.HostNameKey && rs.cfg.hostTag.Value })
	return layers, unusedOf(explain.Resource, left)
}

func unusedOf(source explain.Source, left []attribute.KeyValue) []explain.Unused {
	var unused []explain.Unused
	for _, kv := range left {
		unused = append(unused, explain.Unused{Tag: tagOf(kv), Source: source})
	}
	return unused
}
