// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/spool"
	"github.com/apptuitai/apptuit-go/internal/spool/memdisk"
)

const headerSecret = "header-secret-Zq81"

// process is a simulated process with a client and an exporter.
type process struct {
	w         *world
	number    int
	name      string
	disk      *memdisk.Process
	client    *apptuitclient.Client
	exporter  *exporter.Exporter
	transport *http.Transport

	mu       sync.Mutex
	conns    []net.Conn
	dead     bool // the process was killed, and its further results are ignored
	stopped  bool // the exporter is shut down
	closed   bool // the client is closed
	active   int  // calls in progress
	started  int  // number of calls so far
	units    []*unit
	released bool // Close has returned in time, so that another process may use the folder now
	lacked   bool // the process was without a spool for some time, because another client used the folder
	emptied  bool // its last message about the spool was that the spool is empty

	atDeath struct { // the statistics when it was killed
		stats exporter.Stats
		spool apptuitclient.SpoolStats
	}
}

// open starts a process. It returns an error if the client or the exporter cannot be created.
func (w *world) open() (*process, error) {
	w.processes++
	p := &process{w: w, number: w.processes, name: fmt.Sprintf("process %d", w.processes)}
	p.transport = &http.Transport{DialContext: p.dial, IdleConnTimeout: 90 * time.Second}
	if w.config.spool {
		p.disk = w.drive.Process()
		w.mu.Lock()
		w.byDisk[p.disk] = p
		w.mu.Unlock()
	}
	c := &w.config
	options := []apptuitclient.Option{
		apptuitclient.WithoutEnvironment(), apptuitclient.WithEndpoint("http://ingest.test"), apptuitclient.WithHTTPClient(&http.Client{Transport: p.transport}),
		apptuitclient.WithTokenSource(w.token), apptuitclient.WithTimeout(c.timeout), apptuitclient.WithRetry(c.retry),
		apptuitclient.WithCompression(c.compression), apptuitclient.WithMaxBatchPoints(c.batch), apptuitclient.WithMaxInFlight(c.inFlight),
		apptuitclient.WithHeaders(map[string]string{"X-Secret": headerSecret}),
		apptuitclient.WithWarningHandler(func(err error) { w.warn(p, err) }),
	}
	if c.user != "" {
		options = append(options, apptuitclient.WithUserID(c.user))
	}
	made, err := apptuitclient.New(options...)
	if err != nil {
		return nil, err
	}
	p.client = made
	var settings *client.SpoolSettings
	if c.spool {
		settings = client.NewSpoolSettings("/spool")
		settings.Bytes.Set("WithSpoolMaxBytes", c.bytes)
		settings.Age.Set("WithSpoolMaxAge", c.age)
		settings.Instances = c.instances
		settings.ReplayInterval = time.Duration(float64(time.Second) / c.rate)
	}
	client.Of(made).Simulate(client.Machine{
		Disk:   func(string) (spool.Disk, error) { return p.disk, nil },
		Random: w.int64n,
	}, settings)
	sending := exporter.WithClient(made)
	if c.owner {
		sending = exporter.WithClientOptions(options...)
	}
	more := []exporter.Option{exporter.WithoutHostTag(), exporter.WithErrorHandler(func(err *apptuitclient.SendError) { w.read("the error handler", err) })}
	if !c.self {
		more = append(more, exporter.WithoutSelfMetrics())
	}
	p.exporter, err = exporter.New(context.Background(), append(more, sending)...)
	if err != nil {
		_ = made.Close()
		w.read("exporter.New", err)
		return nil, err
	}
	return p, nil
}

// dial makes a connection to the server.
func (p *process) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	s := p.w.server
	s.mu.Lock()
	refuse := s.refuse
	s.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if refuse || p.dead || ctx.Err() != nil {
		return nil, &net.OpError{Op: "dial", Net: "pipe", Err: syscall.ECONNREFUSED}
	}
	ours, theirs := net.Pipe()
	p.conns = append(p.conns, ours)
	go s.serve(theirs)
	return ours, nil
}

// die ends the process as SIGKILL does: from now on it reaches neither the disk nor the
// server, and the results of its goroutines are ignored.
func (p *process) die() {
	if p.disk != nil {
		p.disk.Kill()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return
	}
	p.dead = true
	p.atDeath.stats = p.exporter.Stats()
	for _, conn := range p.conns {
		_ = conn.Close()
	}
	go p.bury()
}

// hasSpool reports whether the process has a spool now. If not, it sets lacked.
func (p *process) hasSpool() bool {
	_, ok := p.client.SpoolStats()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lacked = p.lacked || !ok
	return ok
}

// killed reports whether the process was killed.
func (p *process) killed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dead
}

// bury saves the statistics of a killed process, and ends its goroutines.
func (p *process) bury() {
	p.atDeath.spool, _ = p.client.SpoolStats()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = p.exporter.Shutdown(ctx)
	_ = p.client.Close()
	p.transport.CloseIdleConnections()
}

// begin adds a unit to the process. It returns a context with the deadline d, if d is not 0.
func (p *process) begin(name string, d time.Duration) (*unit, context.Context, context.CancelFunc) {
	u := &unit{name: fmt.Sprintf("%s %d of %s", name, p.started+1, p.name), p: p, began: time.Now()}
	ctx, cancel := context.Background(), context.CancelFunc(func() {})
	if d > 0 {
		ctx, cancel = context.WithTimeout(ctx, d)
		u.limit = u.began.Add(d)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.started++
	p.active++
	u.alone = p.active == 1
	p.units = append(p.units, u)
	return u, ctx, cancel
}

// end records that a unit has returned, sets its counts by account, and checks them. It ignores
// units of a killed process.
func (p *process) end(u *unit, started int, account func()) {
	now := time.Now()
	p.hasSpool()
	p.mu.Lock()
	p.active--
	u.alone = u.alone && p.started == started
	dead := p.dead
	p.mu.Unlock()
	if dead {
		return
	}
	account()
	u.returned = true
	p.w.checkDeadline(u.name, now, u.limit, p.w.config.spool)
	p.w.checkReturned(u)
}

// export starts an Export in a goroutine.
func (p *process) export(s step) {
	if p.exporter == nil {
		return
	}
	p.thin()
	u, ctx, cancel := p.begin("Export", s.d)
	started := p.started
	stopped := p.stopped
	rm := p.w.metrics(u, s)
	before := p.exporter.Stats()
	go func() {
		defer cancel()
		err := p.exporter.Export(ctx, rm)
		p.w.read(u.name, err)
		p.end(u, started, func() {
			if u.refused = errors.Is(err, sdkmetric.ErrExporterShutdown) && !isSendError(err); u.refused {
				return
			}
			if stopped {
				p.w.ledger.fail("lifecycle", "%s after Shutdown: %v", u.name, err)
			}
			after := p.exporter.Stats()
			u.exact = u.alone
			u.counts = counts{
				accepted: int(after.Accepted - before.Accepted), rejected: int(after.Rejected - before.Rejected),
				spooled: int(after.Spooled - before.Spooled), dropped: int(after.Dropped - before.Dropped),
			}
			u.counts.failed = u.counts.rejected + u.counts.dropped
			if produced := int(after.Produced - before.Produced); u.exact && produced != len(u.points)+u.invalid {
				p.w.ledger.fail("produced", "%s: %d points produced, want %d valid and %d invalid points", u.name, produced, len(u.points), u.invalid)
			}
		})
	}()
}

// thin waits if the process has made so many Exports in the last seconds that the exporter would
// have to advance the timestamps of another Export by more than maxAdvance.
func (p *process) thin() {
	const recent = (maxAdvance + 1) * time.Second
	p.mu.Lock()
	n := 0
	for _, u := range p.units {
		if !u.isSend() && time.Since(u.began) < recent {
			n++
		}
	}
	p.mu.Unlock()
	if n >= maxAdvance {
		time.Sleep(recent)
	}
}

func isSendError(err error) bool {
	var failed *apptuitclient.SendError
	return errors.As(err, &failed)
}

// send starts a Send in a goroutine.
func (p *process) send(s step) {
	u, ctx, cancel := p.begin("Send", s.d)
	started := p.started
	var points []apptuitclient.DataPoint
	now := time.Now()
	for i := range s.n {
		id, k := p.w.ledger.id(), fmt.Sprint(i%5)
		p.w.ledger.expect(u, fmt.Sprintf("sim_send||%d.0", id), k, now)
		points = append(points, apptuitclient.DataPoint{Metric: "sim.send", Tags: map[string]string{"k": k}, Timestamp: now, Value: float64(id)})
	}
	if s.m == 2 {
		u.invalid++
		points = append(points, apptuitclient.DataPoint{Metric: "sim.send", Tags: map[string]string{"k": "nan"}, Timestamp: now, Value: math.NaN()})
	}
	go func() {
		defer cancel()
		err := p.client.Send(ctx, points)
		p.w.read(u.name, err)
		p.end(u, started, func() {
			var failed *apptuitclient.SendError
			switch {
			case errors.As(err, &failed):
				u.counts = counts{accepted: failed.Successful, spooled: failed.Spooled, failed: failed.Failed}
				if sum := failed.Successful + failed.Spooled + failed.Failed; sum != len(points) {
					p.w.ledger.fail("accounts", "%s: %d + %d + %d, want %d: %v", u.name, failed.Successful, failed.Spooled, failed.Failed, len(points), err)
				}
			case err != nil:
				p.w.ledger.fail("error", "%s: %v", u.name, err)
			}
		})
	}()
}

// metrics returns the metrics of an Export: sums, gauges, and if s.m is 1, a histogram.
func (w *world) metrics(u *unit, s step) *metricdata.ResourceMetrics {
	now := time.Now().Add(time.Duration(w.ledger.id())) // each Export has its own time, although the simulated clock may not have moved
	var sums []metricdata.DataPoint[int64]
	var gauges []metricdata.DataPoint[float64]
	for i := range s.n {
		id, k := w.ledger.id(), fmt.Sprint(i)
		set := attribute.NewSet(attribute.String("k", k))
		if i%3 == 2 {
			gauges = append(gauges, metricdata.DataPoint[float64]{Attributes: set, Time: now, Value: float64(id) + 0.5})
			w.ledger.expect(u, fmt.Sprintf("sim_gauge||%d.5", id), k, now)
			continue
		}
		sums = append(sums, metricdata.DataPoint[int64]{Attributes: set, Time: now, Value: int64(id)})
		w.ledger.expect(u, fmt.Sprintf("sim_sum||%d", id), k, now)
	}
	if s.m == 2 {
		u.invalid++
		gauges = append(gauges, metricdata.DataPoint[float64]{Attributes: attribute.NewSet(attribute.String("k", "nan")), Time: now, Value: math.Inf(1)})
	}
	metrics := []metricdata.Metrics{
		{Name: "sim.sum", Data: metricdata.Sum[int64]{Temporality: metricdata.CumulativeTemporality, IsMonotonic: true, DataPoints: sums}},
		{Name: "sim.gauge", Data: metricdata.Gauge[float64]{DataPoints: gauges}},
	}
	if s.m == 1 {
		id := fmt.Sprint(w.ledger.id())
		metrics = append(metrics, metricdata.Metrics{Name: "sim.hist", Data: metricdata.Histogram[float64]{
			Temporality: metricdata.CumulativeTemporality,
			DataPoints: []metricdata.HistogramDataPoint[float64]{{
				Attributes: attribute.NewSet(attribute.String("k", "h"), attribute.String("id", id)), Time: now,
				Count: 6, Sum: 7.5, Bounds: []float64{1, 2.5}, BucketCounts: []uint64{1, 2, 3},
			}},
		}})
		for _, key := range []string{"sim_hist_bucket|1|", "sim_hist_bucket|2.5|", "sim_hist_bucket|+Inf|", "sim_hist_count||", "sim_hist_sum||"} {
			w.ledger.expect(u, key+id, "h", now)
		}
	}
	return &metricdata.ResourceMetrics{
		Resource:     resource.NewSchemaless(attribute.String("service.name", "sim")),
		ScopeMetrics: []metricdata.ScopeMetrics{{Metrics: metrics}},
	}
}

// shutdown starts Shutdown of the exporter in a goroutine.
func (p *process) shutdown(d time.Duration) {
	if p.stopped {
		return
	}
	p.stopped = true
	ctx, cancel := context.Background(), context.CancelFunc(func() {})
	var limit time.Time
	if d > 0 {
		ctx, cancel = context.WithTimeout(ctx, d)
		limit = time.Now().Add(d)
	}
	p.mu.Lock()
	p.active++
	p.started++
	p.mu.Unlock()
	go func() {
		defer cancel()
		err := p.exporter.Shutdown(ctx)
		now := time.Now()
		p.w.read("Shutdown", err)
		p.mu.Lock()
		p.active--
		dead := p.dead
		p.mu.Unlock()
		if !dead {
			p.w.checkDeadline("Shutdown of "+p.name, now, limit, p.w.config.spool)
		}
	}()
}

// close starts Close of the client in a goroutine.
func (p *process) close() {
	if p.closed {
		return
	}
	p.closed = true
	p.mu.Lock()
	p.active++
	p.started++
	p.mu.Unlock()
	start := time.Now()
	limit := start
	if p.w.config.spool {
		limit = limit.Add(time.Second) // Close waits up to a second for the spool; the warning handler returns immediately
	}
	go func() {
		_ = p.client.Close()
		now := time.Now()
		p.mu.Lock()
		p.active--
		dead := p.dead
		p.released = now.Sub(start) < time.Second
		p.mu.Unlock()
		if !dead {
			p.w.checkDeadline("Close of "+p.name, now, limit, false)
		}
	}()
}

// stop shuts the exporter down, closes the client, and checks that all calls have returned.
func (p *process) stop(within time.Duration) {
	p.shutdown(within)
	time.Sleep(within + 100*time.Millisecond)
	p.close()
	time.Sleep(2 * time.Second)
	if p.w.slow {
		time.Sleep(5 * time.Minute) // until a write has ended for which Close did not wait
	}
	p.mu.Lock()
	active := p.active
	p.mu.Unlock()
	if active > 0 && !p.killed() {
		p.w.ledger.fail("lifecycle", "%d calls of %s have not returned after Close", active, p.name)
	}
	p.transport.CloseIdleConnections()
	p.w.checkClosed(p)
	p.w.read(p.name, fmt.Errorf("%v %+v %#v %v %+v", p.client, p.client, p.client, p.exporter, p.exporter))
}
