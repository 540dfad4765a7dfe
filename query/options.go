// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
)

// Option configures a [Client].
type Option interface{ apply(*Client) }

type optionFunc func(*Client)

func (f optionFunc) apply(c *Client) { f(c) }

// WithTimeout bounds one request, from its start to the end of the answer; by
// default 180 s, as in apptuit-py. What bounds all attempts together is the
// context and the client's RetryConfig.
func WithTimeout(d time.Duration) Option {
	return optionFunc(func(c *Client) {
		if d <= 0 {
			c.fault("WithTimeout: %v is not positive", d)
		}
		c.timeout = d
	})
}

// ErrAnswerTooLarge is the error of an answer that is larger than allowed.
var ErrAnswerTooLarge = client.ErrAnswerTooLarge

// WithMaxResponseBytes bounds the answer to a query, in bytes after
// decompression, all parts of a long range together; by default 256 MiB. A larger
// one is an error: [ErrAnswerTooLarge].
func WithMaxResponseBytes(n int64) Option {
	return optionFunc(func(c *Client) {
		if n < 1 {
			c.fault("WithMaxResponseBytes: %d is not positive", n)
		}
		c.maxBytes = n
	})
}

// WithPrometheusPath sets where the Prometheus-compatible API is below the
// endpoint, by default "/prometheus", as Apptuit and VictoriaMetrics have it.
// Prometheus itself has it at "".
func WithPrometheusPath(path string) Option {
	return optionFunc(func(c *Client) {
		path = strings.TrimRight(path, "/")
		_, err := url.Parse(path)
		if err != nil || path != "" && path[0] != '/' || strings.ContainsAny(path, "?#") {
			c.fault("WithPrometheusPath: %q is not a path", path)
		}
		c.prometheus = path
	})
}

// Client asks one server. It is safe for concurrent use.
type Client struct {
	core       *client.Client
	timeout    time.Duration
	maxBytes   int64
	prometheus string
	faults     []error
}

// New returns a client that asks with the connections, the token and the
// retries of c, which stays the caller's to close. A fault of an option is the
// error of every query.
func New(c *apptuitclient.Client, opts ...Option) *Client {
	q := &Client{timeout: 180 * time.Second, maxBytes: 256 << 20, prometheus: "/prometheus"}
	if c == nil {
		q.fault("New: the client is nil")
	} else {
		q.core = client.Of(c)
	}
	for _, o := range opts {
		if o != nil {
			o.apply(q)
		}
	}
	return q
}

func (c *Client) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf(format, args...))
}
