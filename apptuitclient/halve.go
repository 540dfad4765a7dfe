// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"fmt"

	"github.com/apptuitai/apptuit-go/internal/wire"
)

// maxAlone bounds the single points that are tried on a server that takes none:
// its limit is not about size.
const maxAlone = 16

// halve delivers a batch, in halves where the server finds it too large, down
// to single points. It releases the batch.
func (d *delivery) halve(b *wire.Batch) {
	rest := []*wire.Batch{b}
	alone, requests := 0, 0
	for len(rest) > 0 {
		b, rest = rest[len(rest)-1], rest[:len(rest)-1]
		if d.keep != nil && d.failure != nil { // one attempt is enough
			d.drop(b, d.failureStatus, d.failure, true)
			continue
		}
		if requests++; requests > 1 && d.between != nil {
			d.between()
		}
		out := d.persist(b)
		if out == nil {
			continue
		}
		b = out.left // what was too large: b, or what was left of it
		if b.Points() == 1 {
			d.refuseLarge(b, out)
			alone++
			continue
		}
		if alone >= maxAlone && d.report.Accepted == 0 {
			d.refuse(b, out.status, fmt.Errorf("%d points were too large one by one: %w", alone, out.err))
			continue
		}
		first, second, err := b.Split()
		if err != nil {
			d.drop(b, out.status, err, false)
			continue
		}
		b.Release()
		rest = append(rest, second, first)
	}
}

func (d *delivery) refuseLarge(b *wire.Batch, out *outcome) {
	if n := b.Counted(); n > 0 {
		d.report.Rejected += n
		d.status = out.status
		d.fail(b, Failure{StatusCode: out.status, Err: out.err}, all)
	}
	d.list(b, map[int]string{0: fmt.Sprintf("too large for the server by itself, with %d bytes: %v", b.RawSize(), out.err)})
	b.Release()
}
