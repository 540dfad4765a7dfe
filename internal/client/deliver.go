// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"time"

	"github.com/apptuitai/apptuit-go/internal/put"
)

// deliver sends a batch, through the spool if there is one, and returns the account of its
// points. It returns by the deadline of ctx; with a spool, it may take until graceEnd if
// that is not zero, and otherwise until gracePeriod after the deadline. It takes over the
// caller's reference to the batch.
func (c *Client) deliver(ctx context.Context, opts *WriterOptions, b *put.Batch, graceEnd time.Time) Report {
	s := c.newSender(opts)
	if spool := c.spooler(); spool != nil {
		return spool.deliver(ctx, s, b, graceEnd)
	}
	s.send(ctx, b)
	for _, u := range s.undelivered {
		s.tally.giveUp(u)
	}
	return s.tally.report()
}
