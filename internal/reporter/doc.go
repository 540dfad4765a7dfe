// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package reporter keeps the state of the reporter layout, which uses the metric names
// of apptuit-py's reporter. That layout sends counts and sums since the start, rates,
// and statistics of each interval, although a data point with delta temporality
// contains only the observations of one interval.
//
// An export passes over its data points twice. The first pass observes them: it updates
// the state of each series and computes its sample, the values to send. The second pass
// converts the samples. Nothing is sent before all data points are observed, so that a
// failure to send never loses a count.
//
//	store := reporter.NewStore[K](layout, bytes)  // of an exporter
//
//	o := store.Observer(resource, converter, now) // of an export
//	o.Observe(now, latest, func() {
//		o.Number(instrument, key, span, value)    // or Explicit or Exponential: for each data point
//	})
//	point.Values(timestamp, o.Next(), source)     // for each data point, in the same order
//	for point, at := range o.Idle {               // series without observations in the interval
//		point.Values(timestamp(at), o.Next(), 0)
//	}
//
// The state belongs to a resource and not to a converter, since exports of one resource
// that run at the same time have a converter each and must add to the same counts.
//
// A [Store] is safe for concurrent use. An [Observer] belongs to one goroutine.
package reporter
