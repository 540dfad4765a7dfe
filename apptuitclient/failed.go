// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

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
func (d *delivery) fail(b *put.Batch, why Failure, failed func(i int) bool) {
	if d.opts.Failed == nil {
		return
	}
	f := &failure{Failure: why}
	for i := range b.Points() {
		if source := b.Source(i); source != put.Uncounted && failed(i) {
			f.sources = append(f.sources, source)
		}
	}
	if len(f.sources) > 0 {
		d.report.failures = append(d.report.failures, f)
	}
}

func all(int) bool { return true }

// failRefused notes the points that a request has had refused: those that the
// server named, and so many that it did not.
func (d *delivery) failRefused(b *put.Batch, out *outcome, unnamed int) {
	if d.opts.Failed == nil {
		return
	}
	named := func(i int) bool { _, ok := out.refused[i]; return ok }
	d.fail(b, Failure{StatusCode: out.status}, named)
	switch {
	case unnamed <= 0:
	case out.accepted == 0 && len(out.refused) == 0 && out.left == nil:
		d.fail(b, Failure{StatusCode: out.status, Err: out.refusal}, all)
	default:
		d.fail(b, Failure{StatusCode: out.status}, suspects(b, out, named, unnamed))
	}
}

// suspects chooses n points from those that the server has neither named nor left
// undecided, of which it has accepted the others. Which ones, nobody knows: they
// are of as many sources as they can be, so that none passes for accepted by
// mistake. It is to be asked about each point that counts, in their order.
func suspects(b *put.Batch, out *outcome, named func(i int) bool, n int) func(i int) bool {
	left, last := 0, put.Uncounted
	return func(i int) bool {
		source := b.Source(i)
		if named(i) {
			return false
		}
		if out.left != nil {
			for left < out.left.Points() && out.left.Source(left) == put.Uncounted {
				left++
			}
			if left < out.left.Points() && out.left.Source(left) == source {
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
