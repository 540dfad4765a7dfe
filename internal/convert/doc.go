// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package convert maps OpenTelemetry data points to lines of put bodies: it decides the
// metrics, tags and values of the lines, and keeps the series between exports. It knows
// neither the types of the SDK nor those of the Collector. A thin layer for each of them
// walks over the data and passes scalars.
//
//	Pool ── Converter ── Scope ── Instrument ── Point    a data point, found by the identity K of its attributes
//	                                  └── metric ── block.Block    the series of all instruments with equal names
//
// An export converts one resource after the other:
//
//	export := pool.Begin(sink, now)
//	lease := export.Lease(resource, …)
//	    lease.Scope(…).Instrument(…)                    for each instrument
//	    instrument.Lookup(…), or Add if it is new       for each data point,
//	    point.Number, Histogram, Exponential, …         which give it values
//	    instrument.Done()                               for each instrument
//	lease.End()
//	export.Close()
//
// All instruments are asked for before the first data point is converted. So a metric is
// known to be complete when the last of its instruments is done: its block is written then.
//
// Valid points go to the builder of the [Sink], rejected ones to its Reject. A data point
// is found by all of its attributes, even if a filter of the caller leaves some of them
// out of the tags: Add gets the attributes that are left, and collisions are found by the
// tags.
//
// # Layouts
//
// The [Layout] decides from an [InstrumentSpec] which lines a data point becomes: the
// suffixes of the metrics, and the labels that we add. In the default layout these are
//
//	Sum, Gauge             name
//	Histogram              name.bucket{le} cumulative up to +Inf, name.count, name.sum, name.min, name.max
//	ExponentialHistogram   name{quantile}, name.count, name.sum, name.min, name.max
//	Summary                name{quantile}, name.count, name.sum
//
// or both {le} and {quantile} of histograms. Another package may give instruments a
// [Shape] of its own ([Layout.Custom]) and pass finished [Values] by suffix.
//
// Prefix, name and suffix are joined, then sanitized as one. By Prometheus' rules, a name
// with unit and _total is made of prefix and name, and the suffix is joined to it with "_"
// (see [Names]). Sums, extremes and quantiles that are NaN are skipped, as values that were
// not recorded. A number that is NaN is rejected, and so are infinite values.
//
// # Memory
//
// Data points, instruments, scopes and resources are charged to a [Budget]. Those that
// have not been in use for [IdleTime] are dropped. When there is no room, new series are
// written without being kept.
//
// A Converter belongs to one goroutine. A [Pool] is safe for concurrent use.
package convert
