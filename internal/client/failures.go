// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import "github.com/apptuitai/apptuit-go/internal/put"

// Failure is why points were rejected by the server, or dropped.
type Failure struct {
	// StatusCode is the status of the answer that refused the points, or of the last
	// one that their batch got, or 0 if it got none.
	StatusCode int
	// Err says why. It is nil where the server refused some points of a batch and not
	// the batch: each has a reason of its own then.
	Err error
	// MayPass says that the points were dropped, and may be accepted later.
	MayPass bool
}

// failure is why points failed, and the sources of these.
type failure struct {
	Failure
	sources []uint32
}

// fail notes those points of a batch that failed, if anybody wants to know.
func (t *tally) fail(b *put.Batch, why Failure, failed func(i int) bool) {
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

// failRefused notes the points that a request has had refused: those that the
// server named, and so many that it did not.
func (t *tally) failRefused(b *put.Batch, res *result, unnamed int) {
	if t.opts.Failed == nil {
		return
	}
	named := func(i int) bool { _, ok := res.refused[i]; return ok }
	if len(res.refused) > 0 {
		t.fail(b, Failure{StatusCode: res.status}, named)
	}
	switch {
	case unnamed <= 0:
	case res.accepted == 0 && len(res.refused) == 0 && res.left == nil:
		t.fail(b, Failure{StatusCode: res.status, Err: res.refusal}, all)
	default:
		t.fail(b, Failure{StatusCode: res.status}, suspects(b, res, named, unnamed))
	}
}

// suspects chooses n points from those that the server has neither named nor left
// undecided, of which it has accepted the others. Which ones, nobody knows: they
// are of as many sources as they can be, so that none passes for accepted by
// mistake. It is to be asked about each point that counts, in their order.
func suspects(b *put.Batch, res *result, named func(i int) bool, n int) func(i int) bool {
	left, last := 0, put.Uncounted
	return func(i int) bool {
		source := b.Source(i)
		if named(i) {
			return false
		}
		if res.left != nil {
			for left < res.left.Points() && res.left.Source(left) == put.Uncounted {
				left++
			}
			if left < res.left.Points() && res.left.Source(left) == source {
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
