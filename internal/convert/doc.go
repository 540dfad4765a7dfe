// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package convert maps OpenTelemetry points to wire points: which series a
// point becomes, under which names and tags, with which values. It knows
// neither the SDK's nor the Collector's types: both are walked by thin layers
// that hand in plain scalars.
//
//	Converter ── Scope ── Instrument ── Point   (found by the identity K of its attributes)
//	                                      └── its wire series, rendered once
//
// A [Converter] belongs to one resource. For an export, call Begin, then for
// every point Lookup (Add, if it is new) and one of Number, Histogram,
// Exponential, Summary and Values, then Settle, and at last End. What comes out goes to the [Sink]:
// points that are valid and not yet sent in this export, and rejections. Attributes
// are filtered by whoever adds a point: it is known by all that it had. Target
// converts target_info, which is of the resource and of no instrument.
//
// # Layouts
//
// An [Instrument] is known by its [InstrumentSpec], from which the [Layout] makes its
// shape: the suffixes of its series, and the tags of ours that they have. In the
// default layout these are
//
//	Sum, Gauge             name
//	Histogram              name.bucket{le} cumulative up to +Inf, name.count, name.sum, name.min, name.max
//	ExponentialHistogram   name{quantile}, name.count, name.sum, name.min, name.max
//	Summary                name{quantile}, name.count, name.sum
//
// or both {le} and {quantile} of histograms. Another package may give instruments a
// [Shape] of its own ([Layout.Custom]) and hand in finished [Values] by suffix.
//
// Prefix, name and suffix are joined, then sanitized as one; or, by Prometheus'
// rules, a name with unit and _total is made of prefix and name, and the suffix
// is joined to it with "_" (see [Names]). NaN sums,
// extremes and quantiles are skipped, as values that were not recorded; a
// number that is NaN, and anything infinite, is rejected.
//
// # Order
//
// Series that are alike make small bodies if they come after each other. So the numbers
// of an instrument are held back until all of an export are there, and come to the sink
// in an order of their own: Settle sends what is held back. Two points of one series
// keep their order, and instruments theirs.
//
// New numbers wait on a stage (stage.go). If they are many, they are sorted by
// likeness (likeness.go) and become a run of the table, which keeps of each series only
// what it has other than the one before it; and each gets a slot (order.go), in which
// its values wait from then on. If they are few, each is kept for itself, until enough
// of them make a run.
//
// # Memory
//
// What is kept for points, instruments and scopes is charged to a [put.Budget];
// what has been reported has a bounded memory of its own. Points that have not been seen for
// [IdleTime] are evicted. When there is no room, new
// points are rendered at each export without being kept; two such points that
// render to one series are not noticed then.
//
// A Converter belongs to one goroutine at a time.
package convert
