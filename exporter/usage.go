// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"cmp"
	"slices"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/internal/convert"
)

// InstrumentUsage is the size of the data of an instrument in an Export.
type InstrumentUsage struct {
	// Instrument is the name of the instrument before it is sanitized.
	Instrument string
	// Scope and ScopeVersion are the name and version of the instrumentation scope.
	Scope, ScopeVersion string
	// Series is the number of attribute sets, each of which is a data point of the Export.
	Series int
	// Points is the number of wire points in the request bodies, for example 20 for each data
	// point of a histogram with 16 buckets. Points that were rejected before they were sent are
	// not counted. The server stores a series for each of these points, apart from start points
	// (WithStartPoints) and the previous values of buckets that appear (WithSparseBuckets).
	Points int
	// Bytes is the share of the points in the compressed request bodies.
	Bytes int64
}

// Usage returns the usage of each instrument in the last Export, sorted by Bytes, largest first.
// If the exporter serves several MeterProviders, the last Export is the Export that returned last.
// The result is empty before the first Export, and after an Export without data points.
//
// The exporter's own metrics and target_info are included, so that the sum of Bytes is the
// size of the request bodies, without headers. A body that is split or sent again counts
// once, with its first size. With gzip, the bytes of an instrument are measured after the first
// 64 KiB of the text of a body. The bytes of the first 64 KiB, and with deflate the bytes of the
// whole body, are divided in proportion to the text. Instruments with the same name and scope are
// one element.
//
// Usage is safe for concurrent use. [WithUsageMetrics] sends the same numbers.
func (e *Exporter) Usage() []InstrumentUsage {
	e.usage.mu.Lock()
	last := slices.Clone(e.usage.last)
	e.usage.mu.Unlock()
	return instrumentUsage(last)
}

// lastUsage is the usage of the last Export.
type lastUsage struct {
	mu   sync.Mutex
	last []convert.Usage
}

func (u *lastUsage) set(usage []convert.Usage) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.last = append(u.last[:0], usage...)
}

// instrumentUsage merges elements of the same instrument, for example with two units, and sorts
// them by size. It also sorts the argument.
func instrumentUsage(usage []convert.Usage) []InstrumentUsage {
	slices.SortFunc(usage, func(a, b convert.Usage) int {
		return cmp.Or(cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Instrument, b.Instrument))
	})
	merged := make([]InstrumentUsage, 0, len(usage))
	for i, u := range usage {
		if i == 0 || u.Identity != usage[i-1].Identity {
			merged = append(merged, InstrumentUsage{Instrument: u.Instrument, Scope: u.Scope, ScopeVersion: u.Version})
		}
		merged[len(merged)-1].add(u.Series, u.Points, u.Bytes)
	}
	slices.SortStableFunc(merged, func(a, b InstrumentUsage) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(b.Points, a.Points))
	})
	return merged
}

func (u *InstrumentUsage) add(series, points int, bytes int64) {
	u.Series += series
	u.Points += points
	u.Bytes += bytes
}

// maxUsageMetrics is the number of instruments that have their own series of
// apptuit.reporter.usage.*.
const maxUsageMetrics = 100

// otherInstruments is the value of the tag instrument for the usage of all other instruments.
const otherInstruments = "_OTHER"

// largestUsage returns the instruments with the most bytes, and one element for all others. It
// adds up the versions of a scope, because the metrics have no tag for the version.
func largestUsage(usage []convert.Usage) []InstrumentUsage {
	usage = slices.Clone(usage)
	for i := range usage {
		usage[i].Version = ""
	}
	largest := instrumentUsage(usage)
	if len(largest) <= maxUsageMetrics {
		return largest
	}
	other := InstrumentUsage{Instrument: otherInstruments}
	for _, u := range largest[maxUsageMetrics:] {
		other.add(u.Series, u.Points, u.Bytes)
	}
	return append(largest[:maxUsageMetrics:maxUsageMetrics], other)
}

// usageMetrics returns the metrics about the usage of the previous Export.
func usageMetrics(usage []InstrumentUsage, template metricdata.DataPoint[int64]) []metricdata.Metrics {
	if len(usage) == 0 {
		return nil
	}
	gauge := func(name, unit string, value func(InstrumentUsage) int64) metricdata.Metrics {
		points := make([]metricdata.DataPoint[int64], len(usage))
		for i, u := range usage {
			points[i] = template
			points[i].Value = value(u)
			points[i].Attributes = attribute.NewSet(attribute.String("instrument", u.Instrument), attribute.String("scope", u.Scope))
		}
		return metricdata.Metrics{Name: selfPrefix + "usage." + name, Unit: unit, Data: metricdata.Gauge[int64]{DataPoints: points}}
	}
	return []metricdata.Metrics{
		gauge("series", "{series}", func(u InstrumentUsage) int64 { return int64(u.Series) }),
		gauge("points", "{point}", func(u InstrumentUsage) int64 { return int64(u.Points) }),
		gauge("bytes", "By", func(u InstrumentUsage) int64 { return u.Bytes }),
	}
}
