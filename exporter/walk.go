// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
	"github.com/apptuitai/apptuit-go/internal/reporter"
)

type (
	converter  = convert.Converter[attribute.Distinct]
	instrument = convert.Instrument[attribute.Distinct]
	point      = convert.Point[attribute.Distinct]
)

// export walks over the metrics of one Export: once in the default layout, twice in the reporter
// layout.
type export struct {
	conv        *converter
	observer    *reporter.Observer[attribute.Distinct] // nil unless the layout is the reporter's
	resolution  convert.Resolution
	startPoints bool
	filter      attribute.Filter

	visit func(m *collected, attributes *attribute.Set, at time.Time) // see origins.visit

	metrics []collected
	points  uint32 // number of data points so far; the source of a wire point is the number of its data point
	newest  uint64 // latest time of a data point in nanoseconds

	attributes []model.Tag // of a new data point
	histogram  convert.HistogramPoint
	exp        convert.ExponentialPoint
	summary    convert.SummaryPoint
}

// collected is a metric of an export.
type collected struct {
	description
	scope      *instrumentation.Scope
	data       metricdata.Aggregation
	instrument *instrument
	own        bool // a metric of the exporter itself, whose points are not counted
	starts     bool // its new series get start points
}

// find adds metrics and their instruments to the export. It skips data of unknown types.
func (x *export) find(scopes []metricdata.ScopeMetrics, own bool) {
	for i := range scopes {
		sm := &scopes[i]
		scope := x.scope(&sm.Scope, own)
		for j := range sm.Metrics {
			if d, ok := describe(&sm.Metrics[j]); ok {
				starts := x.startPoints && !own && d.fromZero()
				x.metrics = append(x.metrics, collected{d, &sm.Scope, sm.Metrics[j].Data, scope.Instrument(d.spec, d.points), own, starts})
			}
		}
	}
}

// scope returns the converter's scope. The exporter's own metrics have no scope tags: no other
// library uses their names, and without the tags their series continue when the version changes.
func (x *export) scope(s *instrumentation.Scope, own bool) *convert.Scope[attribute.Distinct] {
	if own {
		return x.conv.UntaggedScope(s.Name, s.Version)
	}
	return x.conv.Scope(s.Name, s.Version, s.SchemaURL, s.Attributes.Equivalent(),
		func() []model.Tag { return tagsOf(nil, &s.Attributes) })
}

// walk does the first (observing) or the second pass over the data points of all metrics. In the
// default layout there is only the second pass. See report.go.
func (x *export) walk(observing bool) {
	for i := range x.metrics {
		m := &x.metrics[i]
		do := x.pass(m, observing)
		switch data := m.data.(type) {
		case metricdata.Sum[int64]:
			numbers(x, m, do, data.DataPoints)
		case metricdata.Sum[float64]:
			numbers(x, m, do, data.DataPoints)
		case metricdata.Gauge[int64]:
			numbers(x, m, do, data.DataPoints)
		case metricdata.Gauge[float64]:
			numbers(x, m, do, data.DataPoints)
		case metricdata.Histogram[int64]:
			histograms(x, m, do, data.DataPoints)
		case metricdata.Histogram[float64]:
			histograms(x, m, do, data.DataPoints)
		case metricdata.ExponentialHistogram[int64]:
			exponentials(x, m, do, data.DataPoints)
		case metricdata.ExponentialHistogram[float64]:
			exponentials(x, m, do, data.DataPoints)
		case metricdata.Summary:
			summaries(x, m, do, data.DataPoints)
		}
		if !observing {
			m.instrument.Done()
		}
	}
}

// point finds the converter's point for a data point, or adds it. It also returns the time and the
// source of the data point.
func (x *export) point(m *collected, attributes *attribute.Set, start, at *time.Time) (p point, t convert.Time, source uint32) {
	t.At, source = model.Nanoseconds(*at), put.Uncounted
	if !m.own {
		x.points++
		source, x.newest = x.points, max(x.newest, t.At)
		if x.visit != nil {
			x.visit(m, attributes, *at)
		}
	}
	if m.starts {
		t.Start = model.Nanoseconds(*start)
	}
	key := attributes.Equivalent()
	p, ok := m.instrument.Lookup(key)
	if !ok {
		p = x.add(m.instrument, key, attributes)
	}
	return p, t, source
}

// add adds a data point that the converter does not know yet.
func (x *export) add(i *instrument, key attribute.Distinct, attributes *attribute.Set) point {
	x.attributes = x.attributes[:0]
	for it := attributes.Iter(); it.Next(); {
		if kv := it.Attribute(); x.passes(kv) {
			x.attributes = append(x.attributes, x.tagOf(&kv))
		}
	}
	return i.Add(key, x.attributes, len(x.attributes) < attributes.Len())
}

// passes reports whether the attribute filter selects an attribute of a data point.
func (x *export) passes(kv attribute.KeyValue) bool {
	return x.filter == nil || kv.Key == convert.OverflowKey || x.filter(kv)
}

// tagOf does the same as the function tagOf. It allocates less, because the converter keeps the
// texts of integers.
func (x *export) tagOf(kv *attribute.KeyValue) model.Tag {
	tag := model.Tag{Key: string(kv.Key)}
	switch kv.Value.Type() {
	case attribute.STRING:
		tag.Value = kv.Value.AsString()
	case attribute.INT64:
		tag.Value = x.conv.Integer(kv.Value.AsInt64())
	default:
		tag.Value = kv.Value.String()
	}
	return tag
}

// tagsOf appends the attributes of a set to dst, sorted by key.
func tagsOf(dst []model.Tag, set *attribute.Set) []model.Tag {
	for it := set.Iter(); it.Next(); {
		dst = append(dst, tagOf(it.Attribute()))
	}
	return dst
}

func tagOf(kv attribute.KeyValue) model.Tag {
	return model.Tag{Key: string(kv.Key), Value: kv.Value.String()}
}
