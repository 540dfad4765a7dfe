// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

// Suffix is the end of a metric name. Each suffix is a kind of series that a point
// can have.
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

// The suffixes that only custom layouts use.
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
