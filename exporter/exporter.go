// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"errors"
	"fmt"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/lifecycle"
	"github.com/apptuitai/apptuit-go/internal/notify"
)

// Exporter is an OpenTelemetry metrics exporter. It implements sdkmetric.Exporter and is
// safe for concurrent use.
type Exporter struct {
	cfg     *config
	own     bool // the client is ours to close
	origins *origins
	refused *client.Refusals
	life    *lifecycle.Lifecycle
	stats   counters
	usage   lastUsage
	failed  *notify.Queue[*apptuitclient.SendError] // for the error handler
}

var _ sdkmetric.Exporter = (*Exporter)(nil)

// New returns an exporter. The options override the environment variables listed in the
// package comment, which override the defaults. The error lists all faults of the
// configuration, including those of the client, one per line. The context is not used: New
// does not connect to the server. Unless WithClient is given, New creates a client, and
// Shutdown closes it.
func New(_ context.Context, opts ...Option) (*Exporter, error) {
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	return &Exporter{
		cfg:     cfg,
		own:     !cfg.clientGiven,
		origins: newOrigins(cfg),
		refused: client.NewRefusals(),
		life:    lifecycle.New(),
		failed:  notify.New(cfg.handler),
	}, nil
}

// Client returns the client that sends the points, for example for queries: that of
// [WithClient], or the one that New created, which Shutdown closes.
func (e *Exporter) Client() *apptuitclient.Client { return e.cfg.client }

// Temporality returns the temporality for a kind of instrument. See
// [WithTemporalitySelector].
func (e *Exporter) Temporality(kind sdkmetric.InstrumentKind) metricdata.Temporality {
	return e.cfg.temporality.Value(kind)
}

// Aggregation returns the default aggregation for a kind of instrument. See
// [WithAggregationSelector].
func (e *Exporter) Aggregation(kind sdkmetric.InstrumentKind) sdkmetric.Aggregation {
	return e.cfg.aggregation.Value(kind)
}

// Export sends metrics, and returns when each of their points is accepted, rejected,
// spooled or given up, at the latest at the deadline of ctx; with a spool, up to 100 ms
// later. A failed batch does not stop the following ones.
//
// The error is a *apptuitclient.SendError that describes all rejected and dropped points,
// except those that are refused at every Export for the same reason. These are reported
// once, and only counted afterwards. Export returns nil if points are spooled. If ctx has
// ended before the call and no point was spooled or failed, Export returns the error of
// ctx. After Shutdown it returns sdkmetric.ErrExporterShutdown.
func (e *Exporter) Export(ctx context.Context, rm *metricdata.ResourceMetrics) error {
	err := e.export(ctx, rm)
	e.failed.Wait(ctx, handlerWait)
	return err
}

// handlerWait bounds how long Export and Shutdown wait for the error handler. It is short,
// because the handler may itself be calling them.
const handlerWait = 100 * time.Millisecond

func (e *Exporter) export(ctx context.Context, rm *metricdata.ResourceMetrics) error {
	ended := ctx.Err()
	op := e.cfg.telemetry.begin(ctx, rm)
	ctx, leave, ok := e.life.Enter(ctx)
	if !ok {
		op.refuse(errorShutdown)
		return sdkmetric.ErrExporterShutdown
	}
	defer leave()
	if rm == nil {
		return ended
	}
	start := time.Now()
	res := rm.Resource
	if res == nil {
		res = resource.Empty()
	}
	defer op.end() // also when a filter panics
	out := e.cfg.core.NewWriter(ctx, e.writerOptions(op))
	conversion := e.origins.pool.Begin(out, start)
	defer conversion.Close()
	lease := conversion.Lease(res.Equivalent(), func() convert.Tags { return e.origins.tagsOf(res) })
	state := lease.State
	x := &export{
		conv:        lease.Converter,
		observer:    e.origins.observer(res, lease.Converter, start),
		resolution:  e.origins.resolution,
		startPoints: e.cfg.startPoints.Value,
		filter:      e.cfg.filter.Value,
	}
	x.find(rm.ScopeMetrics, false)
	if e.cfg.selfMetrics.Value {
		x.find(e.self(&state.selfMetrics, start), true)
	}
	if x.observer != nil {
		x.observe(start)
	}
	lease.Reserve(uint64(x.latestOf(true)))
	x.walk(false)
	if x.observer != nil {
		x.idle() // in the order of their samples
	}
	x.target(state)
	tally := lease.End()
	report := out.Close()
	e.account(conversion.Usage(), tally, report, out.Produced(), &state.selfMetrics, start)
	op.done()
	switch {
	case report.Err != nil:
		return report.Err
	case report.Spooled > 0:
		return nil
	}
	return ended
}

// account adds a finished Export to the statistics and passes its warnings on.
func (e *Exporter) account(usage []convert.Usage, tally convert.Tally, r client.Report, produced int, self *selfMetrics, start time.Time) {
	var largest []InstrumentUsage
	if e.cfg.usageMetrics.Value {
		largest = largestUsage(usage)
	}
	self.add(r, time.Since(start), tally, largest)
	e.stats.add(r, produced, tally)
	e.usage.set(usage)
	for _, w := range tally.Warnings {
		e.cfg.core.Warn(fmt.Errorf("apptuit: %w", w))
	}
}

func (e *Exporter) writerOptions(op *operation) client.WriterOptions {
	opts := client.WriterOptions{
		Stop:     e.life.Ending(),
		Batch:    func(r client.Report) { e.batchDone(op, r) },
		Reported: e.refused.Reported,

		Concurrent: true,
	}
	if op != nil {
		opts.Failed, opts.Rejected = op.failure, op.reject
	}
	return opts
}

// batchDone passes a failed batch to the error handler.
func (e *Exporter) batchDone(op *operation, r client.Report) {
	op.batch(&r)
	var failed *apptuitclient.SendError
	if errors.As(r.Err, &failed) {
		e.failed.Add(failed)
	}
}

// ForceFlush returns immediately: Export does not buffer points, and a spool is not
// flushed. After Shutdown it returns sdkmetric.ErrExporterShutdown.
func (e *Exporter) ForceFlush(ctx context.Context) error {
	if e.life.Ended() {
		return sdkmetric.ErrExporterShutdown
	}
	return ctx.Err()
}

// Shutdown ends the exporter. Requests in progress may finish until the deadline of ctx,
// but no retry is started. When ctx ends, the requests are canceled, their points are
// dropped, or with a spool spooled, which takes up to 100 ms more, and Shutdown returns the
// error of ctx. It closes the client unless it was given by [WithClient]. Further calls
// return sdkmetric.ErrExporterShutdown.
func (e *Exporter) Shutdown(ctx context.Context) error {
	last, cancel := e.lastMoment(ctx)
	defer cancel()
	err := e.end(ctx, last)
	if errors.Is(err, sdkmetric.ErrExporterShutdown) {
		return err
	}
	if e.own {
		err = errors.Join(err, e.closeClient(last))
	}
	e.origins.close()
	e.failed.Wait(ctx, handlerWait)
	return err
}

// end waits for the Exports in progress, and cancels them when ctx ends. It then waits
// until last ends for them to spool their points.
func (e *Exporter) end(ctx, last context.Context) error {
	if !e.life.End() {
		return sdkmetric.ErrExporterShutdown
	}
	select {
	case <-e.life.Idle():
	case <-ctx.Done():
		// They know when it returns, so that the end of the client is not the first that
		// they see.
		e.life.Cancel(sdkmetric.ErrExporterShutdown)
		select {
		case <-e.life.Idle():
		case <-last.Done():
		}
	}
	return ctx.Err()
}

// grace is how long after the deadline Shutdown may spool points.
const grace = 100 * time.Millisecond

// lastMoment returns a context that ends with ctx, or if there is a spool, grace later.
func (e *Exporter) lastMoment(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, spooling := e.cfg.client.SpoolStats(); !spooling {
		return context.WithCancel(ctx)
	}
	last, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	return last, func() {
		stop()
		cancel()
	}
}

// closeClient closes the client. With a spool, the client waits for the disk; closeClient
// returns when ctx ends.
func (e *Exporter) closeClient(ctx context.Context) error {
	if _, spooling := e.cfg.client.SpoolStats(); !spooling {
		return e.cfg.client.Close()
	}
	done := make(chan error, 1)
	go func() { done <- e.cfg.client.Close() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return nil // Close continues in the background, for at most a second
	}
}

// String returns the type and the endpoint, and no secrets.
func (e *Exporter) String() string { return "exporter.Exporter(" + e.cfg.client.Endpoint() + ")" }

// GoString returns the same text as String, for the verb %#v.
func (e *Exporter) GoString() string { return e.String() }

// MarshalLog describes the exporter in the internal log of the SDK.
func (e *Exporter) MarshalLog() any {
	return struct{ Type, Endpoint string }{"apptuit", e.cfg.client.Endpoint()}
}
