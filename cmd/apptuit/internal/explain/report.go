// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"fmt"
	"slices"
	"time"

	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/explain"
)

// Report is the explanation of a metric.
type Report struct {
	Metric string `json:"metric"`
	// Asked are the tags or attributes that the metric was asked for with.
	Asked []Tag `json:"asked,omitempty"`
	// Found says that the metric is there as asked; without a look at the server, that all of
	// its points can be sent.
	Found bool `json:"found"`
	// Verdict is the cause why the metric is not there, or where it is.
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

// Finding is a cause, with words and advice.
type Finding struct {
	Cause  string `json:"cause"`
	Text   string `json:"text"`
	Advice string `json:"advice,omitempty"`

	rank rank
}

// rank says how surely a finding is why a metric is not there.
type rank uint8

const (
	isNote    rank = iota // it does not explain an absence
	isAbsent              // says no more than that it is not there
	isGuess               // by similar names
	isSuspect             // a likely cause, which the program may not have
	isCause
)

// Tag is a key with a value.
type Tag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// DataPoint is a data point with all that becomes of it.
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

// TagOrigin is a tag with the source of its value. A tag with an empty value is left out.
type TagOrigin struct {
	Tag
	Source string `json:"source"`
	// Given are the keys and values of the source, if they differ.
	Given []Tag `json:"given,omitempty"`
	// Over are the sources with other values that this one overrides.
	Over []Overridden `json:"overrides,omitempty"`
}

// Overridden is a value that is not sent, because another source has a higher precedence.
type Overridden struct {
	Source string `json:"source"`
	Value  string `json:"value"`
}

// Unused is an attribute that no tag shows.
type Unused struct {
	Tag
	Source string `json:"source"`
}

// Rejected is a point that cannot be sent.
type Rejected struct {
	Metric string `json:"metric,omitempty"`
	Reason string `json:"reason"`
}

// add adds a finding.
func (x *run) add(r rank, cause, advice, format string, args ...any) {
	f := Finding{Cause: cause, Text: fmt.Sprintf(format, args...), Advice: advice, rank: r}
	if !slices.Contains(x.findings, f) {
		x.findings = append(x.findings, f)
	}
}

// conclude chooses the verdict.
func (x *run) conclude() *Report {
	r := &x.report
	for i := range x.chosen[:min(len(x.chosen), maxShown)] {
		r.DataPoints = append(r.DataPoints, x.shown(&x.chosen[i]))
	}
	r.More = max(0, len(x.chosen)-maxShown)
	r.Found = x.there || x.noQuery && len(x.chosen) > 0
	worst := isNote
	for _, f := range x.findings {
		worst = max(worst, f.rank)
		if f.rank == isCause || f.rank == isGuess { // a suspicion does not matter for a metric that is there
			r.Found = false
		}
	}
	if r.Found {
		r.Verdict = x.success()
		r.Notes = x.findings
		return r
	}
	if worst == isNote {
		r.Verdict, r.Notes = Finding{Cause: "not-found", Text: "it is not known whether the metric is there"}, x.findings
		return r
	}
	i := slices.IndexFunc(x.findings, func(f Finding) bool { return f.rank == worst })
	r.Verdict = x.findings[i]
	r.Notes = slices.Delete(slices.Clone(x.findings), i, i+1)
	return r
}

// maxShown bounds the data points of a report.
const maxShown = 10

// success is the verdict on a metric that is there.
func (x *run) success() Finding {
	if x.there {
		return Finding{Cause: "there", Text: "the metric is there: " + x.where}
	}
	p := x.chosen[0].pointsOf(x.metric)
	text := "the metric can be sent"
	if len(p) > 0 {
		text += " as " + seriesText(p[0].Metric, p[0].Tags)
	}
	return Finding{Cause: "sendable", Text: text + "; whether it is on the server was not asked (--no-query)"}
}

// shown returns a data point as reports show it.
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
			continue // the scope has no version, for example
		}
		t := TagOrigin{Tag: Tag{o.Key, o.Value}, Source: p.sourceText(o.From[0].Source, o.Key)}
		for _, g := range o.From[0].Given {
			if g.Key != o.Key || g.Value != o.Value {
				t.Given = append(t.Given, Tag(g))
			}
		}
		for _, c := range o.From[1:] {
			t.Over = append(t.Over, Overridden{p.sourceText(c.Source, o.Key), c.Value})
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

// sourceText names a source of tags as the user of the command knows it.
func (p *dataPoint) sourceText(source, key string) string {
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

// kindText names the kind of instrument that a data point is of.
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
