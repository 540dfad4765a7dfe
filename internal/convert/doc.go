// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package convert maps OpenTelemetry data points to lines of put bodies. It determines the
// metrics, tags and values of the lines, and keeps the series between exports. It uses
// neither types of the SDK nor types of the Collector: a thin layer for each of them walks over
// the data and passes scalars.
//
//	Pool ── Converter ── Scope ── Instrument ── Point    a data point, found by the identity K of its attributes
//	                                  └── metric ── block.Block    the series of all instruments with equal names
//
// An export converts one resource after the other. The calls are
//
//	export := pool.Begin(sink, now)
//	export.Announce(resource, …)                        for each resource, with Config.Claims
//	lease := export.Lease(resource, …)
//	    lease.Scope(…).Instrument(…)                    for each instrument
//	    instrument.Lookup(…), or Add if it is new       for each data point
//	    point.Number, Histogram, Exponential, …
//	    instrument.Done()                               for each instrument
//	lease.End()
//	export.Close()
//
// The caller must ask for all instruments before it converts the first data point. So a
// metric is complete when Done was called for all of its instruments, and its block is
// written then.
//
// Valid points go to the builder of the [Sink], and rejected points to its Reject method. A
// filter of the caller may remove attributes before Add. The identity of a data point, by
// which Lookup finds it, includes the removed attributes. The tags do not include them, so
// data points that differ only in removed attributes collide.
//
// Two resources may have equal tags. With [Config.Claims], their points collide if they have
// the same series and timestamp (claims.go).
//
// # Layouts
//
// The [Layout] determines the lines of a data point from its [InstrumentSpec]: the suffixes
// of the metrics, and the labels that are added. The default layout is
//
//	Sum, Gauge             name
//	Histogram              name.bucket{le} cumulative up to +Inf = count, name.count, name.sum, name.min, name.max
//	ExponentialHistogram   name{quantile}, name.count, name.sum, name.min, name.max
//	Summary                name{quantile}, name.count, name.sum
//
// By option, histograms of both kinds have {le}, {quantile}, or both. Another package may
// define the [Shape] of instruments ([Layout.Custom]) and pass finished [Values] by suffix.
//
// Prefix, name and suffix are joined and then sanitized as one name. By the rules for
// Prometheus (see [Names]), prefix and name get a unit and _total, and the suffix is joined
// with "_". A sum, an extreme or a quantile that is NaN was not recorded and is skipped. So is
// a sum of 0 if the observations cannot add up to 0, see [Instrument.HasSum]. A number that is
// NaN is rejected, and so is any infinite value.
//
// # Times
//
// A series gets at most one value for each timestamp: if a data point is later than the last
// one of its series, but in the same unit of time, its timestamp is advanced (timestamp.go). A new
// cumulative monotonic series can get a start point (startpoint.go).
//
// # Memory
//
// Data points, instruments, scopes and resources are charged to a [Budget], and dropped if
// they were not used for [IdleTime]. If there is no room, new series are written but not
// kept.
//
// A Converter belongs to one goroutine. A [Pool] is safe for concurrent use.
package convert
