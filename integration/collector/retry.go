// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/apptuitai/apptuit-go/internal/client"
)

// errReported is the cause of a failed push whose failures were all reported before.
var errReported = errors.New("points were rejected for reasons that were reported before")

// maxThrottle is the limit of the delay that a server can request before a retry.
const maxThrottle = time.Hour

// pushError returns the error of a push, from which exporterhelper decides whether to retry.
// returned is the number of wire points of the data points in retries.
func (e *metricsExporter) pushError(md pmetric.Metrics, r client.Report, retries *retrySet, returned int) error {
	err := errReported
	if r.Err != nil {
		err = r.Err
	}
	lost := r.Rejected + r.Dropped - returned
	switch {
	case returned == 0 && lost == 0:
		return nil
	case returned == 0 && r.Accepted == 0:
		return consumererror.NewPermanent(fmt.Errorf("no point was accepted (%d rejected or dropped): %w", lost, client.WithoutPrefix(err)))
	case lost > 0 && r.Err != nil:
		e.telemetry.Logger.Warn("Some points were rejected or dropped. They will not be sent again.",
			zap.Int("points", lost), zap.Int("accepted", r.Accepted), zap.Int("to_be_sent_again", returned), zap.Error(err))
	}
	if returned == 0 {
		return nil
	}
	return retryable(err, r, retries.selectFrom(md))
}

// retryable returns an error that makes exporterhelper push data again. A delay that the
// server requests applies if it is longer than that of exporterhelper.
func retryable(err error, r client.Report, data pmetric.Metrics) error {
	if consumererror.IsPermanent(err) {
		// An authenticator has marked one of the failures as permanent. Keep only its text:
		// otherwise exporterhelper would drop all data.
		err = errors.New(err.Error())
	}
	if r.RetryAfter > 0 {
		err = exporterhelper.NewThrottleRetry(err, min(r.RetryAfter, maxThrottle))
	}
	return consumererror.NewMetrics(err, data)
}

// retrySet is the set of data points that exporterhelper should push again. A data point is
// identified by its number in the order of the walk, from 1.
type retrySet struct {
	bits  []uint64
	count int
}

func (s *retrySet) add(source uint32) {
	word, bit := int(source/64), uint64(1)<<(source%64)
	for len(s.bits) <= word {
		s.bits = append(s.bits, 0)
	}
	if s.bits[word]&bit == 0 {
		s.bits[word] |= bit
		s.count++
	}
}

func (s *retrySet) has(source uint32) bool {
	word := int(source / 64)
	return word < len(s.bits) && s.bits[word]&(1<<(source%64)) != 0
}

// selectFrom returns a copy of md with the data points of the set only, or md itself if all of
// its data points are in the set.
func (s *retrySet) selectFrom(md pmetric.Metrics) pmetric.Metrics {
	if s.count == md.DataPointCount() {
		return md
	}
	part := pmetric.NewMetrics()
	md.CopyTo(part)
	next := uint32(0)
	part.ResourceMetrics().RemoveIf(func(rm pmetric.ResourceMetrics) bool {
		rm.ScopeMetrics().RemoveIf(func(sm pmetric.ScopeMetrics) bool {
			sm.Metrics().RemoveIf(func(m pmetric.Metric) bool { return s.prune(m, &next) })
			return sm.Metrics().Len() == 0
		})
		return rm.ScopeMetrics().Len() == 0
	})
	return part
}

// prune removes the data points of a metric that are not in the set, and reports whether none
// is left. next is the number of the last data point before the metric.
func (s *retrySet) prune(m pmetric.Metric, next *uint32) bool {
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		return prune(s, next, m.Gauge().DataPoints())
	case pmetric.MetricTypeSum:
		return prune(s, next, m.Sum().DataPoints())
	case pmetric.MetricTypeHistogram:
		return prune(s, next, m.Histogram().DataPoints())
	case pmetric.MetricTypeExponentialHistogram:
		return prune(s, next, m.ExponentialHistogram().DataPoints())
	case pmetric.MetricTypeSummary:
		return prune(s, next, m.Summary().DataPoints())
	}
	return true
}

func prune[P any](s *retrySet, next *uint32, points interface {
	Len() int
	RemoveIf(remove func(P) bool)
},
) bool {
	points.RemoveIf(func(P) bool {
		*next++
		return !s.has(*next)
	})
	return points.Len() == 0
}
