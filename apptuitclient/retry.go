// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import "github.com/apptuitai/apptuit-go/internal/put"

// persist sends a batch until every point of it is settled, or there is no
// time left, and releases it. It returns an outcome only if the points that are left
// have to be sent in parts.
func (d *delivery) persist(b *put.Batch) *outcome {
	status := 0
	if _, suspected := d.c.size.get(); !suspected {
		d.patience.attempts, d.patience.answer = 0, nil
	}
	for {
		out := d.c.exchange(d.ctx, b)
		d.settle(b, &out)
		d.report.StatusCode = out.status
		if out.status != 0 {
			status = out.status
			d.patience.renewed = d.patience.renewed && out.next == refreshToken // any other answer is to a good token
		}
		switch {
		case out.left != b:
			d.c.size.passed(b.RawSize(), d.tooLarge)
			b.Release()
		case out.cutOff && b.Size() >= minSuspect && b.Points() > 1:
			d.c.size.cutOff(b.RawSize())
		}
		if b = out.left; b == nil {
			return nil
		}
		if out.next == split {
			return &out
		}
		end, err := d.patience.next(&out)
		if end != goOn {
			d.report.After = max(d.report.After, out.after)
			d.drop(b, status, err, end)
			return nil
		}
		if d.exceedsLimit(b) {
			return &out
		}
	}
}
