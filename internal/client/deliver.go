// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"time"

	"github.com/apptuitai/apptuit-go/internal/put"
)

// deliver sends a batch, which it releases, and says where its points are. It
// returns by the context's deadline.
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
