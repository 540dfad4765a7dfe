// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"net/url"
	"strings"
	"time"
)

// Option configures a [Client].
type Option interface{ apply(*Client) }

type optionFunc func(*Client)

func (f optionFunc) apply(c *Client) { f(c) }

// WithTimeout limits the duration of one request, from its start to the end of the answer. The
// default is 180 s, as in apptuit-py. The total time of all attempts is limited by the context
// and the RetryConfig of the apptuitclient.Client.
func WithTimeout(d time.Duration) Option {
	return optionFunc(func(c *Client) {
		if d <= 0 {
			c.fault("WithTimeout: %v is not positive", d)
		}
		c.timeout = d
	})
}

// WithMaxResponseBytes limits the size of the answer to a query, in bytes after decompression.
// The default is 256 MiB. If a long range is queried in several parts, the limit applies to the
// sum of their answers. If an answer is larger, the error wraps [ErrAnswerTooLarge].
func WithMaxResponseBytes(n int64) Option {
	return optionFunc(func(c *Client) {
		if n < 1 {
			c.fault("WithMaxResponseBytes: %d is not positive", n)
		}
		c.maxBytes = n
	})
}

// WithPrometheusPath sets the path of the Prometheus-compatible API below the endpoint. The
// default is "/prometheus", the path of Apptuit and VictoriaMetrics. For Prometheus itself, it
// must be "".
func WithPrometheusPath(path string) Option {
	return optionFunc(func(c *Client) {
		path = strings.TrimRight(path, "/")
		_, err := url.Parse(path)
		if err != nil || path != "" && path[0] != '/' || strings.ContainsAny(path, "?#") {
			c.fault("WithPrometheusPath: %q must be empty or a path that begins with /", path)
		}
		c.prometheus = path
	})
}

// WithAlignedStart makes [Client.QueryRange] and [Client.StreamRange] move the start of a range
// back to a multiple of the step since 1970 (UTC). For example, with a step of one minute,
// a range from 12:00:17 starts at 12:00:00. Queries with the same step then return points at
// the same times, so that [Join] puts them into the same rows. By default, the start is not
// moved.
func WithAlignedStart() Option {
	return optionFunc(func(c *Client) { c.aligned = true })
}
