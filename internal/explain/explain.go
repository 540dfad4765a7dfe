// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package explain defines explanations: for each data point, the points that an exporter sends, the
// points that it rejects, and the sources of their tags. Package exporter creates explanations, and
// "apptuit explain" shows them.
package explain

import (
	"encoding/json"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// DataPoint is the explanation of one data point.
type DataPoint struct {
	Scope, ScopeVersion string
	Spec                convert.InstrumentSpec
	Delta               bool        // its temporality is delta
	Attributes          []model.Tag // as recorded, sorted by key
	Time                time.Time

	// Tags are the tags of all points of the data point, with their sources. Points of histograms
	// and summaries can also have the tag le or quantile.
	Tags []convert.Origin
	// Unused are the attributes that do not become tags.
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
	Host      Source = "host" // also the source of the tag of WithInstanceTag
)

// Point is a point as it is sent.
type Point struct {
	Metric string            `json:"metric"`
	Tags   map[string]string `json:"tags"`
	Time   time.Time         `json:"time"` // as the timestamp has it: in whole seconds or milliseconds
	Value  json.Number       `json:"value"`
}

// Rejection is a point that cannot be sent.
type Rejection struct {
	Metric string // empty if Err is nil
	Err    error  // nil if an earlier rejection of the export has the same reason
}

// Func returns the explanations of the data points of an export, in the order of the data points. It
// has no effect on the exporter.
type Func func(*metricdata.ResourceMetrics) []DataPoint

// Choices are the values in effect of settings that decide whether other settings have an effect, by
// the keys of the settings in docs/settings.md. For example, Choices{"layout": "reporter"}.
type Choices map[string]string

// Holder makes the Func and the Choices of a public type accessible to packages of this module, and
// hides them from users. client.Holder does the same for a client.
type Holder struct {
	explain Func
	choices Choices
}

// Hold returns a Holder, to be embedded in a public type.
func Hold(f Func, c Choices) Holder { return Holder{f, c} }

func (h Holder) held() Holder { return h }

// Of returns the Func of a public type that embeds a [Holder].
func Of(public interface{ held() Holder }) Func { return public.held().explain }

// ChoicesOf returns the Choices of a public type that embeds a [Holder].
func ChoicesOf(public interface{ held() Holder }) Choices { return public.held().choices }
