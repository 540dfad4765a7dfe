// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"context"

	"github.com/apptuitai/apptuit-go/internal/client"
)

// DefaultEndpoint is where points go unless WithEndpoint or APPTUIT_ENDPOINT say
// otherwise.
const DefaultEndpoint = "https://api.apptuit.ai"

// Client sends points to one server. It is safe for concurrent use.
type Client struct{ holder }

// holder makes the client within known to the other packages of this module.
type holder = client.Holder

// New returns a client. Without options everything comes from the environment
// variables in the package comment. Its error names every fault of the
// configuration at once.
func New(opts ...Option) (*Client, error) {
	s := client.NewSettings()
	s.Errors = client.ErrorTypes{Status: newStatusError, Send: newSendError}
	s.Version, s.DefaultEndpoint = Version, DefaultEndpoint
	for _, o := range opts {
		if o != nil {
			o.apply(s)
		}
	}
	c, err := client.New(s)
	if err != nil {
		return nil, err
	}
	return &Client{client.Hold(c)}, nil
}

// Send sends points, in as many requests as they need, and returns when each
// point is accepted, refused or given up. Points that are invalid are left out
// and the rest is sent. If any point failed, the error is a *[SendError]. All
// of it ends at the deadline of ctx.
func (c *Client) Send(ctx context.Context, points []DataPoint) error {
	s := client.Of(c).NewSending(ctx)
	for i := range points {
		p := &points[i]
		s.Series(p.Metric, p.Tags)
		s.Add(p.Timestamp, p.Value)
	}
	return s.Close()
}

// SendTimeSeries sends the points of series as [Client.Send] sends points:
// sanitized, merged with the global tags, retried, and accounted for alike.
func (c *Client) SendTimeSeries(ctx context.Context, series []TimeSeries) error {
	s := client.Of(c).NewSending(ctx)
	for i := range series {
		s.Series(series[i].Metric, series[i].Tags)
		for _, v := range series[i].Samples {
			s.Add(v.Timestamp, v.Value)
		}
	}
	return s.Close()
}

// Endpoint returns the base URL of the server.
func (c *Client) Endpoint() string { return client.Of(c).Endpoint() }

// Close ends the requests and waits of the client: points that are on their way fail
// with [ErrClosed], and so does every later Send. With a spool, points that are on their
// way are spooled instead, which Close waits for, at most a second; without one it returns
// at once, or after up to 100 ms if the warning handler is running. The HTTP client of
// WithHTTPClient stays open. Close always returns nil, and can be called more than once.
func (c *Client) Close() error {
	client.Of(c).Close()
	return nil
}

// String names the server, and nothing that is secret. It is a method of the
// value, so that a copy does not print its fields.
func (c Client) String() string { return "apptuitclient.Client(" + c.Endpoint() + ")" }

// GoString is String.
func (c Client) GoString() string { return c.String() }
