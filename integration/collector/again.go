// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import "go.opentelemetry.io/collector/pdata/pmetric"

// again is the set of data points that exporterhelper should push again. A data point is
// identified by its number in the order of the walk, from 1.
type again struct {
	bits  []uint64
	count int
}

func (a *again) add(source uint32) {
	word, bit := int(source/64), uint64(1)<<(source%64)
	for len(a.bits) <= word {
		a.bits = append(a.bits, 0)
	}
	if a.bits[word]&bit == 0 {
		a.bits[word] |= bit
		a.count++
	}
}

func (a *again) has(source uint32) bool {
	word := int(source / 64)
	return word < len(a.bits) && a.bits[word]&(1<<(source%64)) != 0
}

// of returns a copy of md with these data points only, or md itself if it has no others.
func (a *again) of(md pmetric.Metrics) pmetric.Metrics {
	if a.count == md.DataPointCount() {
		return md
	}
	part := pmetric.NewMetrics()
	md.CopyTo(part)
	next := uint32(0)
	part.ResourceMetrics().RemoveIf(func(rm pmetric.ResourceMetrics) bool {
		rm.ScopeMetrics().RemoveIf(func(sm pmetric.ScopeMetrics) bool {
			sm.Metrics().RemoveIf(func(m pmetric.Metric) bool { return a.prune(m, &next) })
			return sm.Metrics().Len() == 0
		})
		return rm.ScopeMetrics().Len() == 0
	})
	return part
}

// prune removes the data points that are not in the set, and reports whether none is left.
func (a *again) prune(m pmetric.Metric, next *uint32) bool {
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		return prune(a, next, m.Gauge().DataPoints())
	case pmetric.MetricTypeSum:
		return prune(a, next, m.Sum().DataPoints())
	case pmetric.MetricTypeHistogram:
		return prune(a, next, m.Histogram().DataPoints())
	case pmetric.MetricTypeExponentialHistogram:
		return prune(a, next, m.ExponentialHistogram().DataPoints())
	case pmetric.MetricTypeSummary:
		return prune(a, next, m.Summary().DataPoints())
	}
	return true
}

func prune[P any](a *again, next *uint32, points interface {
	Len() int
	RemoveIf(remove func(P) bool)
},
) bool {
	points.RemoveIf(func(P) bool {
		*next++
		return !a.has(*next)
	})
	return points.Len() == 0
}
