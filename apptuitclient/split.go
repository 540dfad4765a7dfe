// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"fmt"

	"github.com/apptuitai/apptuit-go/internal/put"
)

const (
	// maxAlone bounds the single points that are tried on a server that takes none:
	// its limit is not about size.
	maxAlone = 16
	// minSuspect is the size, in compressed bytes, from which a batch may be too large
	// though nobody says so. The smallest limit known is OpenTSDB's max_chunk, 4,096.
	minSuspect = 2 << 10
)

// sendParts delivers a batch, in parts where it is too large for the server, down to
// single points. It releases the batch.
func (d *delivery) sendParts(b *put.Batch) {
	rest := []*put.Batch{b}
	alone, requests := 0, 0
	for len(rest) > 0 {
		b, rest = rest[len(rest)-1], rest[:len(rest)-1]
		if d.failure != nil && d.oneFailureIsEnough() {
			d.drop(b, d.failureStatus, d.failure, d.failureEnd)
			continue
		}
		if d.exceedsLimit(b) {
			rest = d.split(b, rest, 0)
			continue
		}
		if requests++; requests > 1 && d.between != nil {
			d.between()
		}
		out := d.persist(b)
		if out == nil {
			continue
		}
		b = out.left // b, or what was left of it
		switch {
		case out.next != split: // it is to be tried again, in parts
			rest = append(rest, b)
		case b.Points() == 1:
			d.refuseLarge(b, out)
			alone++
		case alone >= maxAlone && d.report.Accepted == 0:
			d.refuse(b, out.status, fmt.Errorf("%d points were too large one by one: %w", alone, out.err))
		default:
			d.tooLarge = b.RawSize()
			rest = d.split(b, rest, out.status)
		}
	}
}

// oneFailureIsEnough reports whether a part of a batch that failed for a reason that may
// pass keeps the other parts from being tried: there is a spool for them, or the part
// was an experiment with the size.
func (d *delivery) oneFailureIsEnough() bool {
	_, suspected := d.c.size.get()
	return d.keep != nil || suspected
}

// exceedsLimit reports whether a batch is to be sent in parts. A live batch that can be
// spooled is no experiment: the parts would be spooled as so many batches.
func (d *delivery) exceedsLimit(b *put.Batch) bool {
	limit, suspected := d.c.size.get()
	if suspected && (b.Size() < minSuspect || d.keep != nil && !d.replay) {
		return false
	}
	size := b.RawSize() - b.RawSize()/8 // halves of a batch are not quite equal
	return limit > 0 && size > limit && b.Points() > 1
}

// split puts the halves of a batch onto the stack of batches to send.
func (d *delivery) split(b *put.Batch, rest []*put.Batch, status int) []*put.Batch {
	first, second, err := b.Split(d.ctx)
	switch {
	case err == nil:
		b.Release()
		return append(rest, second, first)
	case d.ctx.Err() != nil:
		d.drop(b, status, ended(d.ctx), outOfTime)
	default:
		d.drop(b, status, err, unreadable)
	}
	return rest
}

func (d *delivery) refuseLarge(b *put.Batch, out *outcome) {
	if n := b.Counted(); n > 0 {
		d.report.Rejected += n
		d.status = out.status
		d.fail(b, Failure{StatusCode: out.status, Err: out.err}, all)
	}
	d.list(b, map[int]string{0: fmt.Sprintf("too large for the server by itself, with %d bytes: %v", b.RawSize(), out.err)}, oneLine)
	b.Release()
}
