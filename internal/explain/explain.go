// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package explain defines explanations of data points: the points that an exporter makes of each
// data point, its rejections, and the sources of its tags. The command apptuit shows them.
package explain

import (
	"encoding/json"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// DataPoint is a data point, and the points that the exporter makes of it.
type DataPoint struct {
	Scope, ScopeVersion string
	Spec                convert.InstrumentSpec
	Delta               bool        // its temporality is delta
	Attributes          []model.Tag // as recorded, sorted by key
	Time                time.Time

	// Tags are on all points of the data point. Points of histograms and summaries have the tag
	// le or quantile in addition.
	Tags   []convert.Origin
	Unused []Unused
	// Points are the points that are sent.
	Points []Point
	// Rejected are the points that cannot be sent.
	Rejected []Rejection
}

// Unused is an attribute that does not become a tag, because a filter does not select it.
type Unused struct {
	model.Tag
	Source Source
}

// Source is a source of tags.
type Source string

// The sources of tags. The source of a tag that an option or a variable sets is the name of the
// option or variable.
const (
	Attribute Source = "attribute"
	Scope     Source = "scope"
	Resource  Source = "resource attribute"
	Host      Source = "host" // also of the tag service_instance_id of WithInstanceTag
)

// Point is a point as it is sent.
type Point struct {
	Metric string            `json:"metric"`
	Tags   map[string]string `json:"tags"`
	Time   time.Time         `json:"time"` // cut to the resolution of timestamps
	Value  json.Number       `json:"value"`
}

// Rejection is a point that cannot be sent.
type Rejection struct {
	Metric string // empty if Err is nil
	Err    error  // nil if an earlier rejection has the same error
}

// Func explains the data points of an export, in their order, without any effect on the exporter.
type Func func(*metricdata.ResourceMetrics) []DataPoint

// Holder gives the packages of this module access to the function inside a public type, as
// client.Holder does to a client.
type Holder struct{ explain Func }

// Hold returns a holder, to be embedded in a public type.
func Hold(f Func) Holder { return Holder{f} }

func (h Holder) explainer() Func { return h.explain }

// Of returns the function in a public type that embeds a [Holder].
func Of(public interface{ explainer() Func }) Func { return public.explainer() }
