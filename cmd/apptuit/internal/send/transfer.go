// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package send

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"time"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/pointfile"
	"github.com/apptuitai/apptuit-go/internal/client"
)

const (
	// maxReasons bounds the faults that are reported with their lines.
	maxReasons = 10
	// sources is the number of values that the client can carry with a point, and report with a
	// rejection, to find its line in transfer.lines. put.Uncounted is not one of the values.
	sources = 1 << 31
)

// transfer sends points in their order. While a batch is being sent, only the next batch is read, so that
// a slow server slows the reading down.
type transfer struct {
	job      *job
	ctx      context.Context // ends when nothing more must be sent
	cancel   context.CancelFunc
	sending  *client.Sending
	out      *bufio.Writer // of a dry run
	line     []byte        // of out
	progress func(count)
	endpoint string

	n           count
	reasons     []reason
	moreReasons int
	writeErr    error // of out or of the checkpoint
	failed      bool  // a batch or a write has failed: nothing more is sent
	ended       bool  // the input was read to its end

	last    pointfile.Point // the point with the current series of sending
	now     time.Time       // the time of points without a time in this batch; zero until the first
	begun   time.Time
	added   int64 // number of points that sending got
	batch   int   // points that were added since the last mark
	marks   []mark
	marked  int64   // offset of the last mark, or -1
	saved   int64   // line of the last checkpoint
	lines   []int64 // line numbers of the points that were added and not settled, see settle
	settled int64   // number of points that were settled
}

// mark is a place in the input, with the number of points before it.
type mark struct {
	points int64
	pointfile.Position
	sum string
}

// reason is the fault of a line, of several lines (first to last), or of the run (first is 0).
type reason struct {
	first, last int64
	err         error
}

func (r reason) String() string {
	switch r.first {
	case 0:
		return r.err.Error()
	case r.last:
		return fmt.Sprintf("line %d: %v", r.first, r.err)
	}
	return fmt.Sprintf("lines %d to %d: %v", r.first, r.last, r.err)
}

func newTransfer(ctx context.Context, j *job, c *client.Client, out io.Writer) *transfer {
	t := &transfer{job: j, out: bufio.NewWriter(out), begun: time.Now(), marked: -1, progress: func(count) {}}
	t.ctx, t.cancel = context.WithCancel(ctx)
	t.sending = c.NewSending(t.ctx, client.WriterOptions{Batch: t.settle, Retain: true})
	return t
}

// copy sends the points of a reader. It returns an error of the input; faults of lines are noted. After a
// fault that ends the transfer, the points before the line are still sent.
func (t *transfer) copy(r *pointfile.Reader) error {
	t.mark(r)
	for t.ctx.Err() == nil {
		p, err := r.Next()
		line := p.Line
		var wrong *pointfile.LineError
		switch {
		case errors.Is(err, errIdle):
			t.mark(r)
			t.wait()
			continue
		case errors.Is(err, io.EOF):
			t.mark(r)
			t.ended = true
			return nil
		case errors.As(err, &wrong):
			line, err = wrong.Line, wrong.Err
			t.n.read++
		case err != nil:
			return err
		default:
			err = t.add(p)
		}
		if err != nil && !t.refuse(line, err) {
			return nil
		}
		if t.batch >= t.batchSize() {
			t.mark(r)
			t.sending.Flush()
			t.pace()
		}
	}
	if t.failed {
		return nil
	}
	return context.Cause(t.ctx)
}

// refuse counts a line that is not a point, and reports whether the transfer continues.
func (t *transfer) refuse(line int64, err error) bool {
	t.n.rejected++
	t.note(reason{line, line, err})
	return t.job.skipInvalid
}

func (t *transfer) note(r reason) {
	if len(t.reasons) == maxReasons {
		t.moreReasons++
		return
	}
	t.reasons = append(t.reasons, r)
}

// batchSize returns the number of points of a batch, at most those of a second of --rate.
func (t *transfer) batchSize() int {
	if t.job.rate > 0 {
		return int(max(1, min(float64(t.job.batch), t.job.rate)))
	}
	return t.job.batch
}

// pace waits until the points that were added are due according to --rate.
func (t *transfer) pace() {
	if t.job.rate == 0 {
		return
	}
	timer := time.NewTimer(time.Until(t.begun.Add(time.Duration(float64(t.added) / t.job.rate * float64(time.Second)))))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.ctx.Done():
	}
}

// mark remembers the place after the points that were added, for the checkpoint.
func (t *transfer) mark(r *pointfile.Reader) {
	t.batch, t.now = 0, time.Time{}
	if t.job.checkpoint == "" || t.job.dryRun {
		return
	}
	place := r.Position()
	if place.Offset == t.marked {
		return
	}
	t.marked = place.Offset
	t.marks = append(t.marks, mark{t.added, place, r.Sum()})
	if t.settled == t.added { // lines without points
		t.save()
	}
}

// add adds a point. It returns an error if the point cannot be sent.
func (t *transfer) add(p pointfile.Point) error {
	t.n.read++
	if p.Missing {
		t.n.missing++
		return nil
	}
	if p.Time.IsZero() {
		p.Time = t.present()
	}
	if t.last.Tags == nil || p.Metric != t.last.Metric || !maps.Equal(p.Tags, t.last.Tags) {
		t.sending.Series(p.Metric, p.Tags)
		t.last = p
	}
	if err := t.sending.Check(p.Time, p.Value); err != nil {
		return err
	}
	if t.job.dryRun {
		t.line = append(t.sending.AppendLine(t.line[:0], p.Time, p.Value), '\n')
		if _, err := t.out.Write(t.line); err != nil {
			t.fail(err)
		}
		t.n.accepted++
		return nil
	}
	t.lines = append(t.lines, p.Line)
	t.added++
	t.batch++
	t.sending.Add(p.Time, p.Value, uint32((t.added-1)%sources))
	return nil
}

// present returns the time of points without a time. It is the same for all points of a batch, and so for
// the samples of a scrape.
func (t *transfer) present() time.Time {
	switch {
	case !t.job.timestamp.IsZero():
		return t.job.timestamp
	case t.now.IsZero():
		t.now = time.Now()
	}
	return t.now
}

// fail ends the transfer because of an error of the output or of the checkpoint.
func (t *transfer) fail(err error) {
	t.writeErr, t.failed = err, true
	t.cancel()
}

// settle counts the points of a batch when its result is known. After a batch that was not accepted, it
// ends the context, so that the client does not send the next batch, which it already has.
func (t *transfer) settle(r client.Report) {
	n := r.Accepted + r.Rejected + r.Spooled + r.Dropped
	t.n.accepted += int64(r.Accepted)
	t.n.rejected += int64(r.Rejected)
	t.n.spooled += int64(r.Spooled)
	t.n.dropped += int64(r.Dropped)
	if !t.failed { // otherwise an earlier batch is the reason
		t.explain(&r, n)
	}
	t.settled += int64(n)
	t.lines = t.lines[n:]
	if r.Dropped > 0 || r.Rejected > 0 && !t.job.skipInvalid {
		t.failed = true
	}
	if t.failed {
		t.cancel()
		return
	}
	t.save()
	t.progress(t.n)
}

// explain notes the reasons why points of a batch of n points were not accepted.
func (t *transfer) explain(r *client.Report, n int) {
	points, causes := r.Failures()
	for _, p := range points {
		line := t.lines[(int64(p.Source)-t.settled%sources+sources)%sources]
		t.note(reason{line, line, errors.New(p.Reason)})
	}
	for _, cause := range causes {
		t.note(reason{t.lines[0], t.lines[n-1], cause})
	}
	if len(causes) == 0 {
		t.moreReasons += r.Rejected - len(points) // rejected points that the client does not list
	}
}

// save writes the last mark before which all points are settled to the checkpoint.
func (t *transfer) save() {
	passed := -1
	for passed+1 < len(t.marks) && t.marks[passed+1].points <= t.settled {
		passed++
	}
	if passed < 0 || t.writeErr != nil {
		return
	}
	m := t.marks[passed]
	t.marks = t.marks[passed+1:]
	c := checkpoint{checkpointVersion, t.endpoint, t.job.format, m.Offset, m.Line, m.sum}
	if err := c.write(t.job.checkpoint); err != nil {
		t.fail(fmt.Errorf("the checkpoint cannot be written: %w", err))
		return
	}
	t.saved = m.Line
}

// wait sends the points that were added, and waits for them.
func (t *transfer) wait() {
	t.sending.Wait()
	if err := t.out.Flush(); err != nil && t.writeErr == nil {
		t.fail(err)
	}
}

// close ends the transfer after the points that were added.
func (t *transfer) close() {
	t.wait()
	t.sending.Close()
	t.cancel()
}
