// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"time"

	"github.com/apptuitai/apptuit-go/integration/bench/export/sink"
)

// task is something that is sent again and again, always with other values.
type task interface {
	// next prepares what is sent next. It is not measured.
	next(ctx context.Context) error
	// send sends it.
	send(ctx context.Context) error
	// points returns how many data points it has.
	points() int
	// expected returns what the sink decodes of it.
	expected() (points int, sum float64)
	// close ends what next and send have started.
	close(ctx context.Context) error
}

// Work reads a [Job], then orders, and writes an answer to each, all as JSON. It
// ends when there are no more orders.
func Work(ctx context.Context, in io.Reader, out io.Writer) (err error) {
	orders, answers := json.NewDecoder(in), json.NewEncoder(out)
	var job Job
	if err := orders.Decode(&job); err != nil {
		return err
	}
	w := &worker{to: sink.NewClient(job.Sink), tasks: map[State]task{}}
	defer func() { err = errors.Join(err, w.close(ctx)) }()
	if job.Profile != "" {
		stop, err := profile(job.Profile)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, stop()) }()
	}
	failed := w.open(&job)
	for {
		var order Order
		if err := orders.Decode(&order); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		var answer Answer
		err := failed
		if err == nil {
			answer.Sample, err = w.do(ctx, order)
		}
		if err != nil {
			answer.Error = err.Error()
		}
		if err := answers.Encode(answer); err != nil {
			return err
		}
	}
}

// profile starts a profile of the processor, in which what is measured has the
// label state.
func profile(name string) (stop func() error, err error) {
	file, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return file.Close()
	}, nil
}

type worker struct {
	to    *sink.Client
	tasks map[State]task
	ends  []func() error // of what tasks share
}

func (w *worker) open(job *Job) error {
	if job.Sending != nil {
		return w.openSending(job)
	}
	return w.openExports(job)
}

func (w *worker) close(ctx context.Context) error {
	var errs []error
	for _, t := range w.tasks {
		errs = append(errs, t.close(ctx))
	}
	for _, end := range w.ends {
		errs = append(errs, end())
	}
	return errors.Join(errs...)
}

func (w *worker) do(ctx context.Context, order Order) (Sample, error) {
	t := w.tasks[order.State]
	switch {
	case t == nil:
		return Sample{}, fmt.Errorf("there is no state %q", order.State)
	case order.Check:
		return Sample{}, w.check(ctx, t)
	}
	before, err := w.to.Totals(ctx)
	if err != nil {
		return Sample{}, err
	}
	s := Sample{Exports: order.Exports}
	runtime.GC() // begins alike each time; what follows pays for what garbage it makes
	for range order.Exports {
		if err := s.add(ctx, t, pprof.Labels("state", string(order.State))); err != nil {
			return s, err
		}
	}
	after, err := w.to.Totals(ctx)
	s.Bytes = after.Bytes - before.Bytes
	return s, err
}

// add sends, and adds what that took.
func (s *Sample) add(ctx context.Context, t task, labels pprof.LabelSet) (err error) {
	if err := t.next(ctx); err != nil {
		return err
	}
	s.Points += t.points()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	pprof.Do(ctx, labels, func(ctx context.Context) {
		start, used := time.Now(), processorTime()
		err = t.send(ctx)
		s.Wall += time.Since(start)
		s.CPU += processorTime() - used
	})
	runtime.ReadMemStats(&after)
	s.Allocations += after.Mallocs - before.Mallocs
	return err
}

// check sends, and compares what the sink decodes: the number of points, and the
// sum of values as precisely as the sum to which it was added allows.
func (w *worker) check(ctx context.Context, t task) error {
	const precision = 1e-9
	if err := errors.Join(w.to.Decode(ctx, true), t.next(ctx)); err != nil {
		return err
	}
	before, err := w.to.Totals(ctx)
	if err != nil {
		return err
	}
	if err := t.send(ctx); err != nil {
		return err
	}
	after, err := w.to.Totals(ctx)
	if err != nil {
		return err
	}
	points, sum := t.expected()
	if n := after.Points - before.Points; n != int64(points) {
		return fmt.Errorf("the sink decoded %d points of %d", n, points)
	}
	got := after.Sum - before.Sum
	if abs(got-sum) > precision*(abs(after.Sum)+abs(sum)) {
		return fmt.Errorf("the values in the sink add up to %v, not %v", got, sum)
	}
	return w.to.Decode(ctx, false)
}

func abs(v float64) float64 { return max(v, -v) }
