// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"time"

	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/explain"
)

// Report is the explanation of a metric.
type Report struct {
	Metric string `json:"metric"`
	// Asked are the tags or attributes KEY=VALUE of the arguments.
	Asked []Tag `json:"asked,omitempty"`
	// Found says that the server has the metric with the tags that were asked for. With --no-query it
	// says that all points can be sent.
	Found bool `json:"found"`
	// Verdict says why the metric is not on the server, or which series is.
	Verdict Finding `json:"verdict"`
	// Notes are further findings.
	Notes []Finding `json:"notes,omitempty"`
	// DataPoints are the data points in question, at most 10.
	DataPoints []DataPoint `json:"dataPoints,omitempty"`
	// More is the number of further data points.
	More   int     `json:"moreDataPoints,omitempty"`
	Sent   *Sent   `json:"sent,omitempty"`
	Stored *Stored `json:"stored,omitempty"`
}

// Finding is a cause in words, with advice.
type Finding struct {
	Cause  string `json:"cause"`
	Text   string `json:"text"`
	Advice string `json:"advice,omitempty"`

	rank rank
}

// Tag is a key with a value.
type Tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// DataPoint is a data point with its tags, and the points and rejections that it becomes.
type DataPoint struct {
	Instrument string    `json:"instrument"`
	Kind       string    `json:"kind"`
	Unit       string    `json:"unit,omitempty"`
	Scope      string    `json:"scope,omitempty"`
	Time       time.Time `json:"time"`
	Attributes []Tag     `json:"attributes,omitempty"`

	Tags     []TagOrigin     `json:"tags"`
	Unused   []Unused        `json:"unused,omitempty"`
	Points   []explain.Point `json:"points,omitempty"`
	Rejected []Rejected      `json:"rejected,omitempty"`
}

// TagOrigin is a tag with the source of its value. A tag with an empty value is not sent.
type TagOrigin struct {
	Tag
	Source string `json:"source"`
	// Given are the keys and values in the source, if they differ from the tag.
	Given []Tag `json:"given,omitempty"`
	// Over are the values of sources with a lower precedence.
	Over []Overridden `json:"overrides,omitempty"`
}

// Overridden is a value that is not sent, because a source with a higher precedence has the tag, too.
type Overridden struct {
	Source string `json:"source"`
	Value  string `json:"value"`
}

// Unused is an attribute that does not become a tag.
type Unused struct {
	Tag
	Source string `json:"source"`
}

// Rejected is a point that cannot be sent.
type Rejected struct {
	Metric string `json:"metric,omitempty"`
	Reason string `json:"reason"`
}

// maxShown bounds the data points of a report.
const maxShown = 10

// shown returns a data point in the form of the report.
func (x *run) shown(p *dataPoint) DataPoint {
	d := DataPoint{Instrument: p.Spec.Name, Kind: kindText(&p.DataPoint), Unit: p.Spec.Unit, Scope: p.Scope, Time: p.Time, Tags: []TagOrigin{}, Points: p.Points}
	if p.ScopeVersion != "" {
		d.Scope += "@" + p.ScopeVersion
	}
	for _, a := range p.Attributes {
		d.Attributes = append(d.Attributes, Tag(a))
	}
	for _, o := range p.Tags {
		if o.Value == "" && len(o.From) == 1 && o.From[0].Source == string(explain.Scope) {
			continue // for example the version of a scope without one
		}
		t := TagOrigin{Tag: Tag{o.Key, o.Value}, Source: p.sourceName(o.From[0].Source, o.Key)}
		for _, g := range o.From[0].Given {
			if g.Key != o.Key || g.Value != o.Value {
				t.Given = append(t.Given, Tag(g))
			}
		}
		for _, c := range o.From[1:] {
			t.Over = append(t.Over, Overridden{p.sourceName(c.Source, o.Key), c.Value})
		}
		d.Tags = append(d.Tags, t)
	}
	for _, u := range p.Unused {
		d.Unused = append(d.Unused, Unused{Tag(u.Tag), string(u.Source)})
	}
	for _, r := range p.Rejected {
		reason := "for the reason of another point"
		if r.Err != nil {
			reason = r.Err.Error()
		}
		d.Rejected = append(d.Rejected, Rejected{r.Metric, reason})
	}
	return d
}

// sourceText names a source of tags for a sentence, for example "the resource attribute" or
// "APPTUIT_TAGS".
func (p *dataPoint) sourceText(source, key string) string {
	name := p.sourceName(source, key)
	if name != "" && name[0] >= 'a' && name[0] <= 'z' { // not an option or a variable
		return "the " + name
	}
	return name
}

// sourceName names a source of tags by the option, variable or attribute that the user knows.
func (p *dataPoint) sourceName(source, key string) string {
	switch {
	case source == "the client's WithTags":
		return "--tags"
	case source != string(explain.Host):
		return source
	case key != "host":
		return "instance (APPTUIT_INSTANCE_TAG)"
	}
	if name, ok := p.export.Resource.Set().Value(semconv.HostNameKey); ok && name.String() != "" {
		return "host.name of the resource"
	}
	return "name of this machine"
}

// kindText names the kind of the instrument of a data point.
func kindText(p *explain.DataPoint) string {
	text := [...]string{
		convert.Sum: "updowncounter", convert.Gauge: "gauge", convert.Histogram: "histogram",
		convert.Exponential: "exponential histogram", convert.Summary: "summary",
	}[p.Spec.Kind]
	if p.Spec.Monotonic {
		text = "counter"
	}
	if p.Delta {
		text += " with delta temporality"
	}
	return text
}
