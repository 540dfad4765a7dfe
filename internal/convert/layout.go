// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

// Layout says which series the points of an instrument become. The zero value is
// the default layout.
type Layout struct {
	// Histograms says what the default layout makes of a histogram's distribution.
	Histograms Form
	// Quantiles are the quantiles of histograms in the default layout: ascending,
	// between 0 and 1. Nil stands for [DefaultQuantiles].
	Quantiles []float64
	// Custom, if set, replaces the default layout of all instruments but summaries. It
	// must return equal shapes for equal specifications.
	Custom func(InstrumentSpec) Shape
}

// Form is what the distribution of a histogram becomes.
type Form uint8

// The forms. As recorded, explicit buckets stay buckets, and exponential ones
// become quantiles.
const (
	AsRecorded Form = iota
	AsBuckets
	AsQuantiles
	AsBoth
)

// DefaultQuantiles returns the quantiles of histograms in the default layout: the
// percentiles of apptuit-py's reporter.
func DefaultQuantiles() []float64 { return []float64{0.5, 0.75, 0.95, 0.99, 0.999} }

// Shape says which series the points of an instrument are made of.
type Shape struct {
	// Suffixes are the suffixes of the series without a tag of ours, at least one,
	// each once.
	Suffixes []Suffix
	// Unordered says that points may be converted by [Converter.Values]. Values are
	// sent at once and not in the order of their series (see Order in the package
	// comment), so new series are not collected for that order either.
	Unordered bool

	labels [labelKinds]bool // the tags of ours that other series have
}

// single reports whether a point is one series.
func (s *Shape) single() bool { return len(s.Suffixes) == 1 && s.labels == [labelKinds]bool{} }

// first is the first of the tags of ours, in the order of their keys.
func (s *Shape) first() int {
	if s.labels[le] {
		return le
	}
	return quantile
}

// shape returns what the points of an instrument are made of.
func (l *Layout) shape(spec InstrumentSpec) Shape {
	switch {
	case spec.Kind == Summary:
		return Shape{Suffixes: []Suffix{SuffixCount, SuffixSum}, labels: [labelKinds]bool{quantile: true}}
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
	return Shape{
		Suffixes: []Suffix{SuffixCount, SuffixSum, SuffixMin, SuffixMax},
		labels:   [labelKinds]bool{le: form != AsQuantiles, quantile: form != AsBuckets},
	}
}
