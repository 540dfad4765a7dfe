// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"context"
	"fmt"

	"github.com/apptuitai/apptuit-go/internal/wire"
)

// persist sends a batch until every point of it is settled, or there is no
// time left, and releases it. It returns an outcome only if what is left of the
// batch is too large.
func (d *delivery) persist(b *wire.Batch) *outcome {
	status := 0
	for attempt := 0; ; attempt++ {
		out := d.c.exchange(d.ctx, b)
		d.settle(b, &out)
		if out.status != 0 {
			status = out.status
		}
		if out.left != b {
			b.Release()
		}
		if b = out.left; b == nil {
			return nil
		}
		switch out.next {
		case again:
			if err := d.patience.wait(attempt, &out); err != nil {
				d.drop(b, status, err, true)
				return nil
			}
		case smaller:
			return &out
		case newToken:
			if err := d.renew(&out); err != nil {
				d.refuse(b, status, err)
				return nil
			}
		case hopeless:
			d.drop(b, status, out.err, false)
			return nil
		}
	}
}

// renew gets another token, once a delivery. Its error says why there is none.
func (d *delivery) renew(out *outcome) error {
	if d.renewed {
		return out.err
	}
	d.renewed = true
	return d.c.renew(d.ctx, out)
}

// renew gets another token than the one that was refused.
func (c *Client) renew(ctx context.Context, out *outcome) error {
	ctx, cancel := c.bound(ctx, c.cfg.timeout)
	defer cancel()
	switch another, err := c.creds.refresh(ctx, out.token); {
	case err != nil:
		return fmt.Errorf("%w; %w", out.err, err)
	case !another:
		return out.err
	}
	return nil
}
