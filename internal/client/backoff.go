// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"time"
)

// backoff returns the delay before the next attempt after a number of failures, with
// exponential back-off and full jitter: a random duration below a bound that starts at
// InitialInterval and doubles with each failure up to MaxInterval.
func (m *Machine) backoff(policy RetryPolicy, failures int) time.Duration {
	bound := policy.InitialInterval
	for range failures {
		if bound >= policy.MaxInterval/2 {
			bound = policy.MaxInterval
			break
		}
		bound *= 2
	}
	return m.random(min(bound, policy.MaxInterval)) + 1
}

// maxRetryAfter bounds the delay that a server can request with Retry-After.
const maxRetryAfter = time.Hour

// backoffOrRetryAfter returns the delay that the server has requested, plus jitter so that
// clients do not return at the same moment, or the back-off if it has requested none.
func (m *Machine) backoffOrRetryAfter(policy RetryPolicy, failures int, retryAfter time.Duration) time.Duration {
	if retryAfter > 0 {
		return min(retryAfter, maxRetryAfter) + m.backoff(policy, 0)
	}
	return m.backoff(policy, failures)
}
