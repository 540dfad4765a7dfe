// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

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
			if err := d.wait(attempt, &out); err != nil {
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
	ctx, cancel := d.c.requestContext(d.ctx)
	defer cancel()
	switch another, err := d.c.creds.refresh(ctx, out.token); {
	case err != nil:
		return fmt.Errorf("%w; %w", out.err, err)
	case !another:
		return out.err
	}
	return nil
}

// wait waits before the next attempt. Its error says why there is none.
func (d *delivery) wait(attempt int, out *outcome) error {
	retry := d.c.cfg.retry
	if !retry.Enabled || d.ctx.Err() != nil {
		return out.err
	}
	pause := backoff(retry, attempt)
	if out.after > 0 {
		// The server's word, and a little more, so that not all come at once.
		pause = out.after + rand.N(retry.InitialInterval)
	}
	next := time.Now().Add(pause)
	deadline, bounded := d.ctx.Deadline()
	switch {
	case retry.MaxElapsedTime > 0 && next.Sub(d.start) > retry.MaxElapsedTime:
		return fmt.Errorf("gave up after %d attempts, %v being the most to retry for: %w", attempt+1, retry.MaxElapsedTime, out.err)
	case bounded && !next.Before(deadline):
		return fmt.Errorf("gave up after %d attempts, the next one would be past the deadline: %w", attempt+1, out.err)
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-d.stop:
		return fmt.Errorf("shut down after %d attempts: %w", attempt+1, out.err)
	case <-d.ctx.Done():
		return fmt.Errorf("%w after %d attempts: %w", context.Cause(d.ctx), attempt+1, out.err)
	}
}

// backoff is exponential with full jitter: uniform below a bound that doubles
// from InitialInterval to MaxInterval.
func backoff(retry RetryConfig, attempt int) time.Duration {
	bound := retry.InitialInterval
	for range attempt {
		if bound >= retry.MaxInterval/2 {
			bound = retry.MaxInterval
			break
		}
		bound *= 2
	}
	return rand.N(min(bound, retry.MaxInterval)) + 1
}
