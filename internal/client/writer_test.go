// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// seriesOf is the series of test point i.
func seriesOf(i int) []byte {
	return put.AppendPrefix(nil, "m", []model.Tag{{Key: "i", Value: fmt.Sprint(i)}})
}

// fill adds test points. The points of own are uncounted.
func fill(o *client.Writer, n int, own ...int) {
	uncounted := map[int]bool{}
	for _, i := range own {
		uncounted[i] = true
	}
	for i := range n {
		source := uint32(i)
		if uncounted[i] {
			source = put.Uncounted
		}
		o.AppendPrefix(seriesOf(i), int64(1700000000+i), model.Float(float64(i)), source)
	}
}

// tally is a report without its error.
type tally struct{ Accepted, Rejected, Dropped int }

func tallyOf(r client.Report) tally { return tally{r.Accepted, r.Rejected, r.Dropped} }

// Points 0 and 3 of five are the exporter's own metrics, which are never counted.
func TestWriter_IgnoresUncountedPointsInCounts(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answers []answer
		want    tally
		listed  int
		silent  bool // no error: no point that counts has failed
	}{
		{"accepted", []answer{status(204)}, tally{3, 0, 0}, 0, true},
		{"refused", []answer{text(400, "no")}, tally{0, 3, 0}, 0, false},
		{"one refused by name", []answer{text(400, details(4, 1, 0, pointFault{echo(0), "bad"}))}, tally{3, 0, 0}, 0, true},
		{"another refused by name", []answer{text(400, details(4, 1, 0, pointFault{echo(1), "bad"}))}, tally{2, 1, 0}, 1, false},
		{"both", []answer{text(400, details(3, 2, 0, pointFault{echo(1), "bad"}, pointFault{echo(3), "bad"}))}, tally{2, 1, 0}, 1, false},
		{"one unnamed refusal of a counted point", []answer{text(400, details(4, 1, 0))}, tally{2, 1, 0}, 0, false},
		{"more without a name than count", []answer{text(400, details(1, 4, 0))}, tally{0, 3, 0}, 0, false},
		{"all without a name", []answer{text(400, details(0, 5, 0))}, tally{0, 3, 0}, 0, false},
		{"one by name, one without", []answer{text(400, details(3, 2, 0, pointFault{echo(3), "bad"}))}, tally{2, 1, 0}, 0, false},
		{"dropped", []answer{status(503)}, tally{0, 0, 3}, 0, false},
		{"one dropped", []answer{text(400, details(4, 1, 0, pointFault{echo(0), "Please throttle"})), status(503)}, tally{3, 0, 0}, 0, true},
		{"another dropped", []answer{text(400, details(4, 1, 0, pointFault{echo(1), "Please throttle"})), status(503)}, tally{2, 0, 1}, 0, false},
		{"a transient error, then a refusal", []answer{text(400, details(4, 1, 0, pointFault{echo(0), "Please throttle"})), text(400, "no")}, tally{3, 0, 0}, 0, true},
		{"one too large", []answer{text(400, details(4, 1, 0, pointFault{echo(0), "Please throttle"})), status(413)}, tally{3, 0, 0}, 0, true},
		{"one unauthorized", []answer{text(400, details(4, 1, 0, pointFault{echo(0), "Please throttle"})), status(401)}, tally{3, 0, 0}, 0, true},
		{"all too large", []answer{status(413)}, tally{0, 3, 0}, 3, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := newFake(t, tt.answers...).client()
			var batches []tally
			o := client.Of(c).NewWriter(t.Context(), client.WriterOptions{Batch: func(r client.Report) { batches = append(batches, tallyOf(r)) }})
			fill(o, 5, 0, 3)
			r := o.Close()
			if diff := cmp.Diff(tt.want, tallyOf(r)); diff != "" {
				t.Errorf("%s: %s", tt.name, diff)
			}
			if diff := cmp.Diff([]tally{tt.want}, batches); diff != "" {
				t.Errorf("%s: the batch: %s", tt.name, diff)
			}
			if (r.Err == nil) != tt.silent {
				t.Errorf("%s: %v", tt.name, r.Err)
			}
			if r.Err != nil {
				counted(t, r.Err, tt.want.Accepted, tt.want.Rejected+tt.want.Dropped)
				if sendErrorOf(t, r.Err).StatusCode == 0 || len(sendErrorOf(t, r.Err).Errors) != tt.listed {
					t.Errorf("%s: status %d, %d listed", tt.name, sendErrorOf(t, r.Err).StatusCode, len(sendErrorOf(t, r.Err).Errors))
				}
			}
		})
	}
}

func TestWriter_ReportsBatches(t *testing.T) {
	f := newFake(t, status(204), text(400, details(1, 1, 0, pointFault{echo(2), "bad"})), text(404, "gone"), status(204))
	c := f.client(apptuitclient.WithMaxBatchPoints(2))
	var batches []tally
	o := client.Of(c).NewWriter(t.Context(), client.WriterOptions{Batch: func(r client.Report) {
		batches = append(batches, tallyOf(r))
		if (r.Err != nil) != (r.Rejected+r.Dropped > 0) {
			t.Errorf("batch %d: %v", len(batches), r.Err)
		}
	}})
	invalid := errors.New("this is new")
	o.Reject(put.Rejection{Metric: "m", Err: invalid})
	o.Reject(put.Rejection{Reported: true})
	fill(o, 7)
	r := o.Close()
	if diff := cmp.Diff([]tally{{2, 0, 0}, {1, 1, 0}, {0, 2, 0}, {1, 0, 0}, {0, 1, 0}}, batches); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(tally{4, 5, 0}, tallyOf(r)); diff != "" {
		t.Error(diff)
	}
	counted(t, r.Err, 4, 5)
	if !errors.Is(r.Err, invalid) || sendErrorOf(t, r.Err).StatusCode != 400 || len(sendErrorOf(t, r.Err).Errors) != 2 {
		t.Errorf("status %d, %d listed: %v", sendErrorOf(t, r.Err).StatusCode, len(sendErrorOf(t, r.Err).Errors), r.Err)
	}
}

// A refusal that was reported before is counted, and is not part of the error.
func TestWriter_CountsReportedRefusalsWithoutListingThem(t *testing.T) {
	refusal := text(400, details(3, 2, 0, pointFault{echo(1), "bad"}, pointFault{echo(2), "bad"}))
	for _, tt := range []struct {
		name  string
		known func(*client.PointError) bool
		want  int // points listed, -1 for no error at all
	}{
		{"none", func(*client.PointError) bool { return false }, 2},
		{"one", func(p *client.PointError) bool { return p.Point.Tags["i"] == "1" }, 1},
		{"all", func(*client.PointError) bool { return true }, -1},
	} {
		c := newFake(t, refusal).client()
		var batch *apptuitclient.SendError
		o := client.Of(c).NewWriter(t.Context(), client.WriterOptions{
			Reported: tt.known,
			Batch:    func(r client.Report) { batch = sendErrorOf(t, r.Err) },
		})
		fill(o, 5)
		r := o.Close()
		if diff := cmp.Diff(tally{3, 2, 0}, tallyOf(r)); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
		switch {
		case tt.want < 0 && r.Err != nil:
			t.Errorf("%s: %v", tt.name, r.Err)
		case tt.want >= 0 && len(counted(t, r.Err, 3, 2).Errors) != tt.want:
			t.Errorf("%s: %v", tt.name, r.Err)
		}
		if len(batch.Errors) != 2 { // the error handler's
			t.Errorf("%s: the batch lists %d", tt.name, len(batch.Errors))
		}
	}
}

func TestWriter_ReportedRefusalsDoNotHideOtherFailures(t *testing.T) {
	c := newFake(t, text(400, details(2, 3, 0, pointFault{echo(1), "bad"}))).client()
	o := client.Of(c).NewWriter(t.Context(), client.WriterOptions{Reported: func(*client.PointError) bool { return true }})
	o.Reject(put.Rejection{Metric: "m", Err: errors.New("refused here")})
	fill(o, 5)
	e := counted(t, o.Close().Err, 2, 4)
	contains(t, e, "2 not named", "refused here")
}

// After the context has ended, no request is made, and further points are dropped.
func TestWriter_DropsPointsAfterTheContextEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		f := &fake{t: t, answer: func(c *call) (answer, error) {
			if c.n == 0 {
				return status(http.StatusNoContent), nil
			}
			return hang(c)
		}}
		var batches []tally
		o := client.Of(f.client(apptuitclient.WithMaxBatchPoints(2))).NewWriter(ctx, client.WriterOptions{
			Batch: func(r client.Report) { batches = append(batches, tallyOf(r)) },
		})
		fill(o, 12, 8, 9)
		r := o.Close()
		if diff := cmp.Diff(tally{2, 0, 8}, tallyOf(r)); diff != "" {
			t.Error(diff)
		}
		if n := len(f.all()); n != 2 {
			t.Errorf("%d requests", n)
		}
		sum := tally{}
		for _, b := range batches {
			sum = tally{sum.Accepted + b.Accepted, sum.Rejected + b.Rejected, sum.Dropped + b.Dropped}
		}
		if len(batches) != 4 { // sent, cut off, one begun before the end was known, and what came too late for one
			t.Errorf("%d batches", len(batches))
		}
		if sum != tallyOf(r) {
			t.Errorf("the batches add up to %v", sum)
		}
		if !errors.Is(r.Err, context.DeadlineExceeded) || !apptuitclient.Retryable(r.Err) {
			t.Error(r.Err)
		}

		f.calls = nil
		o = client.Of(f.client()).NewWriter(ctx, client.WriterOptions{})
		fill(o, 3, 0)
		if diff := cmp.Diff(tally{0, 0, 2}, tallyOf(o.Close())); diff != "" || len(f.all()) != 0 {
			t.Errorf("too late from the beginning, %d requests: %s", len(f.all()), diff)
		}
	})
}

// Stop ends the wait for a retry, not the request.
func TestWriter_StopEndsDelaysNotRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		f := &fake{t: t, answer: func(c *call) (answer, error) {
			time.Sleep(10 * time.Second)
			return status(http.StatusServiceUnavailable, "Retry-After", "30"), nil
		}}
		o := client.Of(f.client()).NewWriter(context.Background(), client.WriterOptions{Stop: stop})
		time.AfterFunc(5*time.Second, func() { close(stop) })
		start := time.Now()
		fill(o, 3)
		r := o.Close()
		if diff := cmp.Diff(tally{0, 0, 3}, tallyOf(r)); diff != "" {
			t.Error(diff)
		}
		if took := time.Since(start); took != 10*time.Second || len(f.all()) != 1 {
			t.Errorf("%d requests, it took %v", len(f.all()), took)
		}
		contains(t, r.Err, "shut down after 1 attempt", "503")
		if !apptuitclient.Retryable(r.Err) {
			t.Error("may not be sent again")
		}
	})
}

// A full batch is sent before the next point is added, whichever method adds the point.
func TestWriter_SendsAFullBatchBeforeTheNextPoint(t *testing.T) {
	for _, most := range []int{1, 3, 4} {
		f := newFake(t, status(204))
		o := client.Of(f.client(apptuitclient.WithMaxBatchPoints(most))).NewWriter(t.Context(), client.WriterOptions{})
		fill(o, 10)
		if r := o.Close(); r.Err != nil || r.Accepted != 10 {
			t.Errorf("%+v", r)
		}
		next := 0
		for _, c := range f.all() {
			numbers := c.numbers(t)
			if len(numbers) > most {
				t.Errorf("%d points in a batch of %d", len(numbers), most)
			}
			for _, n := range numbers {
				if n != next {
					t.Errorf("point %d comes after %d", n, next-1)
				}
				next++
			}
		}
		if next != 10 {
			t.Errorf("%d points arrived", next)
		}
	}
}

func TestWriter_Close_WithoutPoints(t *testing.T) {
	f := newFake(t, status(204))
	o := client.Of(f.client()).NewWriter(t.Context(), client.WriterOptions{Batch: func(client.Report) { t.Error("a report of nothing") }})
	o.Flush()
	if r := o.Close(); r.Err != nil || tallyOf(r) != (tally{}) || len(f.all()) != 0 {
		t.Errorf("%+v, %d requests", r, len(f.all()))
	}
}

func TestWriter_ListsABoundedNumberOfPoints(t *testing.T) {
	o := client.Of(newFake(t, status(204)).client()).NewWriter(t.Context(), client.WriterOptions{})
	for i := range 2000 {
		o.Reject(put.Rejection{Metric: "m", Timestamp: int64(1700000000 + i), Err: errors.New("bad")})
	}
	if e := counted(t, o.Close().Err, 0, 2000); len(e.Errors) != 1000 {
		t.Errorf("%d points are listed", len(e.Errors))
	}
}
