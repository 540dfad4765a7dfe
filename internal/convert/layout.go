// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apptuitai/apptuit-go/internal/block"
)

// Kind is the type of an instrument's data points.
type Kind uint8

// The kinds. The data points of sums and gauges are numbers.
const (
	Sum Kind = iota
	Gauge
	Histogram
	Exponential
	Summary
)

// number reports whether the data points are single numbers.
func (k Kind) number() bool { return k <= Gauge }

// InstrumentSpec identifies an instrument within its scope, and determines the lines that
// its points become.
type InstrumentSpec struct {
	Name, Unit string
	Kind       Kind
	Monotonic  bool // of sums
}

// Layout determines the series that the points of an instrument become. The zero value is
// the default layout.
type Layout struct {
	// Histograms is the form of histograms in the default layout.
	Histograms Form
	// Quantiles are the quantiles of histograms in the default layout: ascending,
	// between 0 and 1. Nil stands for [DefaultQuantiles].
	Quantiles []float64
	// SparseBuckets omits buckets of cumulative histograms with explicit buckets in the
	// default layout, until they or the buckets above them have counted something in a
	// series of the metric.
	SparseBuckets bool
	// Custom, if set, replaces the default layout of all instruments but summaries. It
	// must return equal shapes for equal specifications.
	Custom func(InstrumentSpec) Shape
}

// Form is the form in which a histogram is sent.
type Form uint8

// The forms. AsRecorded sends explicit buckets as buckets, and exponential histograms as
// quantiles.
const (
	AsRecorded Form = iota
	AsBuckets
	AsQuantiles
	AsBoth
)

// DefaultQuantiles returns the quantiles of histograms in the default layout: the
// percentiles of apptuit-py's reporter.
func DefaultQuantiles() []float64 { return []float64{0.5, 0.75, 0.95, 0.99, 0.999} }

// Shape lists the lines that each point of an instrument becomes.
type Shape struct {
	// Suffixes are the suffixes of the metrics of lines without a label, at least one,
	// each once.
	Suffixes []Suffix

	labels []label
}

// label is a tag in which lines of one point differ.
type label uint8

const (
	le label = iota
	quantile
)

// key returns the key of the tag.
func (l label) key() string { return [...]string{le: "le", quantile: "quantile"}[l] }

// suffix returns the suffix of the metric of lines with the label.
func (l label) suffix() Suffix { return [...]Suffix{le: SuffixBucket, quantile: SuffixNone}[l] }

// suffixOf returns the suffix of a line. Lines without a label come first, then one line
// for each label.
func (s *Shape) suffixOf(line int) Suffix {
	if n := len(s.Suffixes); line >= n {
		return s.labels[line-n].suffix()
	}
	return s.Suffixes[line]
}

// lines returns the lines of an instrument whose metrics are named by a function.
func (s *Shape) lines(name func(suffix string) string) block.Lines {
	var lines block.Lines
	for _, suffix := range s.Suffixes {
		lines.Plain = append(lines.Plain, name(suffix.String()))
	}
	for _, l := range s.labels {
		lines.Labels = append(lines.Labels, block.Label{Metric: name(l.suffix().String()), Key: l.key()})
	}
	return lines
}

// shape returns the lines of an instrument.
func (l *Layout) shape(spec InstrumentSpec) Shape {
	switch {
	case spec.Kind == Summary:
		return Shape{Suffixes: []Suffix{SuffixCount, SuffixSum}, labels: []label{quantile}}
	case l.Custom != nil:
		return l.Custom(spec)
	case spec.Kind.number():
		return Shape{Suffixes: []Suffix{SuffixNone}}
	}
	form := l.Histograms
	if form == AsRecorded {
		form = AsBuckets
		if spec.Kind == Exponential {
			form = AsQuantiles
		}
	}
	shape := Shape{Suffixes: []Suffix{SuffixCount, SuffixSum, SuffixMin, SuffixMax}}
	if form != AsQuantiles {
		shape.labels = append(shape.labels, le)
	}
	if form != AsBuckets {
		shape.labels = append(shape.labels, quantile)
	}
	return shape
}

// Suffix is the end of a metric name.
type Suffix uint8

// The suffixes of the default layout.
const (
	SuffixNone Suffix = iota
	SuffixCount
	SuffixSum
	SuffixMin
	SuffixMax
	SuffixBucket
)

// The suffixes that only the reporter layout uses.
const (
	SuffixValue Suffix = iota + SuffixBucket + 1
	SuffixAvg
	SuffixStdDev
	SuffixPercentile50
	SuffixPercentile75
	SuffixPercentile95
	SuffixPercentile99
	SuffixPercentile999
	SuffixMeanRate
	SuffixRate1
	SuffixRate5
	SuffixRate15
)

// NumSuffixes is the number of suffixes.
const NumSuffixes = int(SuffixRate15) + 1

// String returns the suffix as it is joined to a name, for example ".count".
func (s Suffix) String() string {
	return [NumSuffixes]string{
		SuffixNone: "", SuffixCount: ".count", SuffixSum: ".sum", SuffixMin: ".min", SuffixMax: ".max", SuffixBucket: ".bucket",
		SuffixValue: ".value", SuffixAvg: ".avg", SuffixStdDev: ".std_dev",
		SuffixPercentile50: ".50_percentile", SuffixPercentile75: ".75_percentile", SuffixPercentile95: ".95_percentile",
		SuffixPercentile99: ".99_percentile", SuffixPercentile999: ".999_percentile",
		SuffixMeanRate: ".mean_rate", SuffixRate1: ".1m_rate", SuffixRate5: ".5m_rate", SuffixRate15: ".15m_rate",
	}[s]
}

// ParseForm returns the form with a name: recorded, buckets, quantiles or both, in any
// case.
func ParseForm(name string) (Form, error) {
	return Named("histograms", name, AsRecorded, "recorded", "buckets", "quantiles", "both")
}

// Named returns the value with a name, in any case. The names are those of consecutive
// values beginning with first. setting is its name in the error.
func Named[T ~uint8](setting, name string, first T, names ...string) (T, error) {
	for i, n := range names {
		if strings.EqualFold(name, n) {
			return first + T(i), nil
		}
	}
	last := len(names) - 1
	return first, fmt.Errorf("%s %q: must be %s or %s", setting, name, strings.Join(names[:last], ", "), names[last])
}

// maxQuantiles bounds the quantiles of a histogram, each of which is a series.
const maxQuantiles = 100

// CleanQuantiles returns quantiles in order, each once. Its error lists all faults in one
// line.
func CleanQuantiles(quantiles []float64) ([]float64, error) {
	var faults []string
	for _, q := range quantiles {
		if !(q > 0 && q < 1) {
			faults = append(faults, fmt.Sprintf("quantile %v must be greater than 0 and less than 1", q))
		}
	}
	clean := slices.Clone(quantiles)
	slices.Sort(clean)
	clean = slices.Compact(clean)
	if len(clean) == 0 || len(clean) > maxQuantiles {
		faults = append(faults, fmt.Sprintf("there must be 1 to %d quantiles, not %d", maxQuantiles, len(clean)))
	}
	if len(faults) > 0 {
		return nil, errors.New(strings.Join(faults, "; "))
	}
	return clean, nil
}
