// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
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

// WithAlignedStart makes [Client.QueryRange] and [Client.StreamRange] move the start of a
// range back to a multiple of the step since 1970 (UTC), also where the step is chosen. The
// answers to two queries with one step then have times in common, so that [Join] does not
// interleave them, and to ask again a little later gives the same times. By default the
// start is as given.
func WithAlignedStart() Option {
	return optionFunc(func(c *Client) { c.aligned = true })
}

// Client asks one server. It is safe for concurrent use.
type Client struct {
	core       *client.Client
	timeout    time.Duration
	maxBytes   int64
	prometheus string
	aligned    bool
	faults     []error

	detects         bool        // the server may be VictoriaMetrics
	victoriaMetrics atomic.Bool // it is
	refusesPost     atomic.Bool // by the Prometheus-compatible API
}

// New returns a client that asks with the connections, the token and the
// retries of c, which stays the caller's to close. A fault of an option is the
// error of every query, and so is an endpoint of c that contains the path of an
// API, such as https://api.apptuit.ai/api/query: it must be the base URL.
//
// The server of c (apptuitclient.WithServer, APPTUIT_SERVER) says whether
// VictoriaMetrics is asked, which needs the parameter nocache=1 not to move the
// times of a query. For any endpoint whose server is not set, the client knows
// VictoriaMetrics by the header X-Server-Hostname of its first answer, and asks
// once more where the times may have been moved.
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
	if q.core != nil {
		// The client has refused endpoints with the path of an API.
		if base, ok := strings.CutSuffix(q.core.Endpoint(), q.prometheus); ok && q.prometheus != "" {
			q.fault("New: the endpoint ends in %s, which the client adds: use the base URL %s", q.prometheus, base)
		}
		server := q.core.Server()
		q.victoriaMetrics.Store(server == client.VictoriaMetrics)
		q.detects = server == client.Generic || server == client.Apptuit
	}
	return q
}

func (c *Client) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf(format, args...))
}
