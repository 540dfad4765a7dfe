// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import "github.com/apptuitai/apptuit-go/internal/put"

// Failure says why points were rejected by the server, or dropped.
type Failure struct {
	// StatusCode is the HTTP status of the answer that refused the points, or of the last
	// answer to a request for their batch; 0 if there was none.
	StatusCode int
	// Err is the cause. It is nil if the server refused some points of a batch but not the
	// batch: each of these points has a reason of its own, in the error of the batch.
	Err error
	// Temporary says that the points were dropped, and may be accepted later.
	Temporary bool
}

// failure is a Failure with the sources of the points that it concerns.
type failure struct {
	Failure
	sources []uint32
}

// noteFailed records the sources of the points of a batch for which failed returns true, if the
// caller has set WriterOptions.Failed.
func (t *tally) noteFailed(b *put.Batch, why Failure, failed func(i int) bool) {
	if t.opts.Failed == nil {
		return
	}
	f := &failure{Failure: why}
	for i := range b.Points() {
		if source := b.Source(i); source != put.Uncounted && failed(i) {
			f.sources = append(f.sources, source)
		}
	}
	if len(f.sources) > 0 {
		t.counts.failures = append(t.counts.failures, f)
	}
}

func all(int) bool { return true }

// noteRefused records the points that an answer has refused: the points that it names, and
// as many others as it has counted without naming them.
func (t *tally) noteRefused(b *put.Batch, res *result, unnamed int) {
	if t.opts.Failed == nil {
		return
	}
	named := func(i int) bool { _, ok := res.refused[i]; return ok }
	if len(res.refused) > 0 {
		t.noteFailed(b, Failure{StatusCode: res.status}, named)
	}
	switch {
	case unnamed <= 0:
	case res.accepted == 0 && len(res.refused) == 0 && res.undecided == nil:
		t.noteFailed(b, Failure{StatusCode: res.status, Err: res.refusal}, all)
	default:
		t.noteFailed(b, Failure{StatusCode: res.status}, assumedRefused(b, res, named, unnamed))
	}
}

// assumedRefused returns a function that selects n points of a batch. It is used when the
// server has accepted some points of the batch and refused n others without naming them.
// Points that the server named or left undecided are not selected.
// The selected points belong to as many different sources as possible, so that no source
// with a refused point is taken for accepted. The function must be called for each counted
// point, in order.
func assumedRefused(b *put.Batch, res *result, named func(i int) bool, n int) func(i int) bool {
	left, last := 0, put.Uncounted
	return func(i int) bool {
		source := b.Source(i)
		if named(i) {
			return false
		}
		if res.undecided != nil {
			for left < res.undecided.Points() && res.undecided.Source(left) == put.Uncounted {
				left++
			}
			if left < res.undecided.Points() && res.undecided.Source(left) == source {
				left++
				return false
			}
		}
		if n == 0 || source == last {
			return false
		}
		last = source
		n--
		return true
	}
}
