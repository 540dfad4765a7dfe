// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/semconv/v1.43.0/otelconv"

	"github.com/apptuitai/apptuit-go/internal/client"
)

// operation collects the telemetry of one Export (OpenTelemetry semantic conventions, SDK
// exporter metrics). A nil operation collects nothing.
type operation struct {
	t        *telemetry
	ctx      context.Context
	start    time.Time
	points   int64 // number of data points, not of wire points
	inflight bool  // the points were added to the metric inflight
	complete bool  // the Export did not end with a panic

	failed  []uint64         // a bit for the source of each data point that is in reasons
	reasons map[string]int64 // number of failed data points by error type
	last    *client.Failure  // the failure that was noted last
	reason  string           // error type of last
	first   string           // error type of the first failed delivery; empty if none failed
	local   string           // error type of the first point that was rejected before it was sent
	spooled bool             // a batch was spooled
	status  int              // HTTP status for the duration metric
	settled bool             // status belongs to a batch that failed, and is final
}

// begin starts the operation of an Export. It returns nil without telemetry.
func (t *telemetry) begin(ctx context.Context, rm *metricdata.ResourceMetrics) *operation {
	if t == nil || rm == nil {
		return nil
	}
	// Instruments may use values of the context. They must record even if the context has ended.
	op := &operation{t: t, ctx: context.WithoutCancel(ctx), start: time.Now(), points: dataPoints(rm)}
	// If the global MeterProvider is set while the Export runs, the instrument is enabled in end,
	// which must not subtract points that begin has not added.
	if op.inflight = t.inflight.Enabled(op.ctx); op.inflight {
		t.inflight.AddSet(op.ctx, op.points, t.set)
	}
	return op
}

// failure notes why a point of a data point was not accepted.
func (op *operation) failure(source uint32, why *client.Failure) {
	if why != op.last {
		op.last, op.reason = why, errorType(why)
	}
	if op.first == "" {
		op.first = op.reason
	}
	op.mark(source, op.reason)
}

// reject notes that a point of a data point cannot be sent.
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

// mark counts a data point once, with the reason of its first failed wire point. Points
// with source 0 belong to no data point and are not counted.
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

// batch notes the status of the first batch with failures, or of the last batch if none
// failed.
func (op *operation) batch(r *client.Report) {
	if op == nil || op.settled {
		return
	}
	if r.Accepted+r.Spooled+r.Dropped+r.StatusCode == 0 {
		return // the report is about points that were never sent
	}
	op.status = r.StatusCode
	op.settled = r.Rejected+r.Dropped > 0
	op.spooled = op.spooled || r.Spooled > 0
}

// refuse ends the operation of an Export that was refused as a whole.
func (op *operation) refuse(reason string) {
	if op == nil {
		return
	}
	op.first, op.reasons, op.complete = reason, map[string]int64{reason: op.points}, true
	op.end()
}

// done notes that the Export did not end with a panic.
func (op *operation) done() {
	if op != nil {
		op.complete = true
	}
}

// end records the operation. If the Export ended with a panic, for example of an attribute filter,
// data points that have no reason yet count as failed, with _OTHER.
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
	t.exported.AddSet(op.ctx, fine, t.set) // even 0, so that the series exists from the first Export on
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

// errorType returns the error type of the operation. It is empty if all points were accepted.
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
