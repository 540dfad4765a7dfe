// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"time"
)

// backoff is exponential with full jitter: uniform below a bound that doubles
// from InitialInterval to MaxInterval.
func (m *Machine) backoff(retry Retry, attempt int) time.Duration {
	bound := retry.InitialInterval
	for range attempt {
		if bound >= retry.MaxInterval/2 {
			bound = retry.MaxInterval
			break
		}
		bound *= 2
	}
	return m.random(min(bound, retry.MaxInterval)) + 1
}

// maxAsked bounds the time that a server can ask for with Retry-After.
const maxAsked = time.Hour

// pause returns how long to wait after a number of failures, of which the last may
// have asked for a time.
func (m *Machine) pause(retry Retry, failures int, asked time.Duration) time.Duration {
	if asked > 0 {
		return min(asked, maxAsked) + m.backoff(retry, 0)
	}
	return m.backoff(retry, failures)
}
