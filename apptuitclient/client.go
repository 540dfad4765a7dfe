// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"context"

	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// DefaultEndpoint is the base URL of the server, unless [WithEndpoint] or APPTUIT_ENDPOINT
// sets another.
const DefaultEndpoint = "https://api.apptuit.ai"

// Client sends points to one server. Create it with [New], and close it when it is no
// longer needed. It is safe for concurrent use.
type Client struct{ holder }

// holder gives the other packages of this module access to the internal client. See
// client.Holder.
type holder = client.Holder

// New returns a client. The options override the environment variables listed in the
// package comment, which override the defaults. The error lists all faults of the
// configuration, one per line. New does not connect to the server. It reads the token file
// and opens the folder of [WithSpool], if these are configured.
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

// Send sends points, in as many requests as necessary, and returns when each point is
// accepted, rejected, spooled or given up, at the latest at the deadline of ctx; with a
// spool, up to 100 ms later. Invalid points are rejected, and the others are sent. Unless
// all points are accepted or spooled, the error is a *[SendError]. After Close it wraps
// [ErrClosed].
func (c *Client) Send(ctx context.Context, points []DataPoint) error {
	s := client.Of(c).NewSending(ctx, client.WriterOptions{})
	for i := range points {
		p := &points[i]
		s.Series(p.Metric, p.Tags)
		s.Add(p.Timestamp, model.Float(p.Value), 0)
	}
	return s.Close().Err
}

// SendTimeSeries sends the points of several series. It is like [Client.Send], but
// sanitizes and renders the metric and tags of each series once.
func (c *Client) SendTimeSeries(ctx context.Context, series []TimeSeries) error {
	s := client.Of(c).NewSending(ctx, client.WriterOptions{})
	for i := range series {
		s.Series(series[i].Metric, series[i].Tags)
		for _, v := range series[i].Samples {
			s.Add(v.Timestamp, model.Float(v.Value), 0)
		}
	}
	return s.Close().Err
}

// Endpoint returns the base URL of the server, without a trailing slash.
func (c *Client) Endpoint() string { return client.Of(c).Endpoint() }

// Close ends the requests and waits of the client. Points that are being sent fail with
// [ErrClosed], as do later calls of Send. With a spool, points that are being sent are
// spooled instead, for which Close waits up to one second; without one it returns at once.
// If the warning handler is running, Close waits up to 100 ms more. The HTTP client of
// [WithHTTPClient] stays open. Close always returns nil, and may be called more than once.
func (c *Client) Close() error {
	client.Of(c).Close()
	return nil
}

// String returns the type and the endpoint, and no secrets. It has a value receiver so that
// printing a copy of a Client does not print its fields.
func (c Client) String() string { return "apptuitclient.Client(" + c.Endpoint() + ")" }

// GoString returns the same text as String, for the verb %#v.
func (c Client) GoString() string { return c.String() }
