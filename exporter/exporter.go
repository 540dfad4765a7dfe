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
	"github.com/apptuitai/apptuit-go/internal/explain"
	"github.com/apptuitai/apptuit-go/internal/lifecycle"
	"github.com/apptuitai/apptuit-go/internal/notify"
)

// Exporter is an OpenTelemetry metrics exporter. It implements sdkmetric.Exporter and is
// safe for concurrent use.
type Exporter struct {
	holder
	cfg       *config
	own       bool // New has created the client, and Shutdown closes it
	resources *resources
	refused   *client.Refusals
	life      *lifecycle.Lifecycle
	stats     counters
	usage     lastUsage
	failed    *notify.Queue[*apptuitclient.SendError] // for the error handler
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
	e := &Exporter{
		cfg:       cfg,
		own:       !cfg.clientGiven,
		resources: newResources(cfg),
		refused:   client.NewRefusals(),
		life:      lifecycle.New(),
		failed:    notify.New(cfg.handler),
	}
	e.holder = explain.Hold(e.explain, cfg.choices())
	return e, nil
}

// Client returns the client that sends the points, for example to send queries with it: the
// client of [WithClient], or the client that New has created, which Shutdown closes.
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

// Export sends metrics. It returns when each of their points is accepted, rejected, spooled
// or dropped, at the latest at the deadline of ctx, or with a spool 100 ms later. A failed batch
// does not stop the following batches.
//
// The error is a *apptuitclient.SendError that describes all rejected and dropped points. Points
// that are refused at every Export for the same reason are described once, and only counted
// afterwards. If all points are accepted or spooled, the error is nil. If ctx has ended before the
// call, and no point was spooled or failed, Export returns the error of ctx. After Shutdown it
// returns sdkmetric.ErrExporterShutdown.
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
	defer op.end() // deferred, because an attribute filter may panic
	out := e.cfg.core.NewWriter(ctx, e.writerOptions(op))
	conversion := e.resources.pool.Begin(out, start)
	defer conversion.Close()
	state, tally := e.resources.convert(conversion, rm, res, start, func(s *selfMetrics) []metricdata.ScopeMetrics {
		if !e.cfg.selfMetrics.Value {
			return nil
		}
		return e.self(s, start)
	})
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
// but no retry is started. When ctx ends, Shutdown cancels the requests and returns the error
// of ctx. The points of these requests are dropped, or with a spool they are spooled, which takes
// up to 100 ms more. Shutdown closes the client, unless [WithClient] has set it. Further calls
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
	e.resources.close()
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
		// The Exports are canceled before the client is closed, so that their errors name the
		// shutdown of the exporter, and not the closed client.
		e.life.Cancel(sdkmetric.ErrExporterShutdown)
		select {
		case <-e.life.Idle():
		case <-last.Done():
		}
	}
	return ctx.Err()
}

// grace is the time after the deadline in which Shutdown may spool points.
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

// closeClient closes the client. With a spool, closing waits for the disk. When ctx ends,
// closeClient returns without waiting for it any longer.
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
		return nil // Close goes on in the background, for at most a second
	}
}

// String returns the type and the endpoint. It contains no secrets.
func (e *Exporter) String() string { return "exporter.Exporter(" + e.cfg.client.Endpoint() + ")" }

// GoString returns the same text as String, for the verb %#v.
func (e *Exporter) GoString() string { return e.String() }

// MarshalLog describes the exporter in the internal log of the SDK.
func (e *Exporter) MarshalLog() any {
	return struct{ Type, Endpoint string }{"apptuit", e.cfg.client.Endpoint()}
}
