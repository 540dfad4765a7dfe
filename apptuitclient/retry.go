// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import "github.com/apptuitai/apptuit-go/internal/wire"

// persist sends a batch until every point of it is settled, or there is no
// time left, and releases it. It returns an outcome only if what is left of the
// batch is too large.
func (d *delivery) persist(b *wire.Batch) *outcome {
	status := 0
	d.patience.attempts, d.patience.answer = 0, nil
	for {
		out := d.c.exchange(d.ctx, b)
		d.settle(b, &out)
		d.report.StatusCode = out.status
		if out.status != 0 {
			status = out.status
			d.patience.renewed = d.patience.renewed && out.next == newToken // any other answer is to a good token
		}
		if out.left != b {
			b.Release()
		}
		if b = out.left; b == nil {
			return nil
		}
		if out.next == smaller {
			return &out
		}
		switch end, err := d.patience.next(&out); end {
		case goOn:
		case refused:
			if d.keep != nil { // another token may help
				d.drop(b, status, err, true)
				return nil
			}
			d.refuse(b, status, err)
			return nil
		case undelivered, outOfTime:
			d.report.After = max(d.report.After, out.after)
			d.drop(b, status, err, end == outOfTime || d.replay)
			return nil
		}
	}
}
