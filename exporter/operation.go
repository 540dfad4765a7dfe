// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/semconv/v1.41.0/otelconv"

	"github.com/apptuitai/apptuit-go/internal/client"
)

// operation is one Export as it is observed. A nil one observes nothing.
type operation struct {
	t        *telemetry
	ctx      context.Context
	start    time.Time
	points   int64 // OpenTelemetry's, not wire points
	inflight bool  // they are counted in it
	complete bool

	failed  []uint64         // bits by source: points that are in reasons
	reasons map[string]int64 // how many points have failed for which
	last    *client.Failure
	reason  string // the one that last is
	first   string // of a delivery
	local   string // and of a rejection here
	spooled bool
	status  int
	settled bool // status is that of a batch that failed
}

// begin starts the operation of an Export. Without telemetry there is none.
func (t *telemetry) begin(ctx context.Context, rm *metricdata.ResourceMetrics) *operation {
	if t == nil || rm == nil {
		return nil
	}
	// Instruments may look at the context, and what is to be counted goes on when it
	// has ended.
	op := &operation{t: t, ctx: context.WithoutCancel(ctx), start: time.Now(), points: dataPoints(rm)}
	// A MeterProvider that comes later, as the global one does, may come in between:
	// then the end must not take back what the beginning has not counted.
	if op.inflight = t.inflight.Enabled(op.ctx); op.inflight {
		t.inflight.AddSet(op.ctx, op.points, t.set)
	}
	return op
}

// failure notes why points of a source were not accepted.
func (op *operation) failure(source uint32, why *client.Failure) {
	if why != op.last {
		op.last, op.reason = why, errorType(why)
	}
	if op.first == "" {
		op.first = op.reason
	}
	op.mark(source, op.reason)
}

// reject notes that a point of a source cannot be sent.
func (op *operation) reject(source uint32, collision bool) {
	reason := errorInvalid
	if collision {
		reason = errorCollision
	}
	if op.local == "" {
		op.local = reason
	}
	op.mark(source, reason)
}

// mark counts a data point once, by what has failed first of it. Source 0 is of
// points that are of no data point.
func (op *operation) mark(source uint32, reason string) {
	if source == 0 {
		return
	}
	if op.failed == nil {
		op.failed = make([]uint64, op.points/64+1) // sources begin with 1
		op.reasons = make(map[string]int64)
	}
	word, bit := source/64, uint64(1)<<(source%64)
	if op.failed[word]&bit == 0 {
		op.failed[word] |= bit
		op.reasons[reason]++
	}
}

// batch notes the status that the first batch with failures has got, or else the
// last one.
func (op *operation) batch(r *client.Report) {
	if op == nil || op.settled {
		return
	}
	if r.Accepted+r.Spooled+r.Dropped+r.StatusCode == 0 {
		return // of what was refused here
	}
	op.status = r.StatusCode
	op.settled = r.Rejected+r.Dropped > 0
	op.spooled = op.spooled || r.Spooled > 0
}

// refuse ends an operation that did not take place.
func (op *operation) refuse(reason string) {
	if op == nil {
		return
	}
	op.first, op.reasons, op.complete = reason, map[string]int64{reason: op.points}, true
	op.end()
}

// done says that the Export has come to its end.
func (op *operation) done() {
	if op != nil {
		op.complete = true
	}
}

// end records the operation. If it is not done, a filter or an instrument of the program
// has panicked: the fate of points without a reason is not known.
func (op *operation) end() {
	if op == nil {
		return
	}
	t := op.t
	if op.inflight {
		t.inflight.AddSet(op.ctx, -op.points, t.set)
	}
	fine := op.points
	for _, n := range op.reasons {
		fine -= n
	}
	if !op.complete {
		t.exported.AddSet(op.ctx, fine, t.with(t.exported.AttrErrorType(otelconv.ErrorTypeOther)))
		op.first, fine = string(otelconv.ErrorTypeOther), 0
	}
	t.exported.AddSet(op.ctx, fine, t.set) // also 0: the series is there from the first Export on
	for reason, n := range op.reasons {
		t.exported.AddSet(op.ctx, n, t.with(t.exported.AttrErrorType(otelconv.ErrorTypeAttr(reason))))
	}
	var outcome []attribute.KeyValue
	if reason := op.errorType(); reason != "" {
		outcome = append(outcome, t.duration.AttrErrorType(otelconv.ErrorTypeAttr(reason)))
	}
	if op.status != 0 {
		outcome = append(outcome, t.duration.AttrHTTPResponseStatusCode(op.status))
	}
	t.duration.RecordSet(op.ctx, time.Since(op.start).Seconds(), t.with(outcome...))
}

// errorType is why the operation was not a full success, empty if it was one.
func (op *operation) errorType() string {
	switch {
	case op.first != "":
		return op.first
	case op.spooled:
		return errorSpooled
	}
	return op.local
}

// dataPoints counts the data points that an Export walks over.
func dataPoints(rm *metricdata.ResourceMetrics) int64 {
	n := 0
	for i := range rm.ScopeMetrics {
		for j := range rm.ScopeMetrics[i].Metrics {
			if d, ok := describe(&rm.ScopeMetrics[i].Metrics[j]); ok {
				n += d.points
			}
		}
	}
	return int64(n)
}
