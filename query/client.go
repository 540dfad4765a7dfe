// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
)

// Client sends queries to one server. Create it with [New]. It is safe for concurrent use.
type Client struct {
	core       *client.Client
	timeout    time.Duration
	maxBytes   int64
	prometheus string
	aligned    bool
	faults     []error

	detects         bool        // the server may be VictoriaMetrics
	victoriaMetrics atomic.Bool // the server is VictoriaMetrics
	refusesPost     atomic.Bool // the Prometheus-compatible API refuses POST
}

// New returns a client that uses the endpoint, the connections, the token and the retries of
// c. The caller must close c when neither is needed any longer. If an option is invalid, or if
// the endpoint of c ends in the path of the Prometheus-compatible API instead of being the base
// URL, every query returns an error.
//
// Without the parameter nocache=1, VictoriaMetrics moves the start and end of a query to
// multiples of the step. The client sends the parameter if the server of c is
// VictoriaMetrics (apptuitclient.WithServer, APPTUIT_SERVER). For other servers it does not,
// because some refuse unknown parameters. If the server of c is not set, the client
// recognizes VictoriaMetrics by the header X-Server-Hostname of its first answer, and repeats
// the first query with the parameter if VictoriaMetrics may have moved its times.
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
		// apptuitclient.New has already rejected the paths of well-known APIs.
		if base, ok := strings.CutSuffix(q.core.Endpoint(), q.prometheus); ok && q.prometheus != "" {
			q.fault("New: the endpoint ends in %s, which the client adds: use the base URL %s", q.prometheus, base)
		}
		server := q.core.Server()
		q.victoriaMetrics.Store(server == client.VictoriaMetrics)
		q.detects = server == client.Generic || server == client.Apptuit
	}
	return q
}

// fault adds an error of the configuration, which every query returns.
func (c *Client) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf(format, args...))
}
