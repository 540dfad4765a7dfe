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
// longer needed. A Client is safe for concurrent use.
type Client struct{ holder }

// holder gives the other packages of this module access to the internal client. See
// client.Holder.
type holder = client.Holder

// New returns a client. Options override the environment variables that the package comment
// lists, and variables override the defaults. If the configuration is invalid, the error
// lists all faults, one per line. New does not connect to the server. It reads the token
// file and opens the folder of [WithSpool], if these are configured.
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

// Send sends points, in as many requests as necessary. It rejects invalid points and sends
// the others. Send returns when each point is accepted, rejected, spooled or dropped. It
// returns at the deadline of ctx at the latest, or up to 100 ms later with a spool. Unless
// all points are accepted or spooled, it returns a *[SendError]. After Close, the error wraps
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

// SendTimeSeries sends the points of several series, as [Client.Send] does. It takes less
// time, because it sanitizes and renders the metric and tags once for each series instead of
// once for each point.
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

// Close cancels all requests and retries of the client. Points that are being sent are
// spooled if there is a spool, for which Close waits up to one second. Otherwise they fail
// with [ErrClosed], as later calls of Send do. If the warning handler is running, Close waits
// for it for up to 100 ms. Idle connections of the HTTP client of [WithHTTPClient] remain
// open. Close always returns nil. It may be called more than once.
func (c *Client) Close() error {
	client.Of(c).Close()
	return nil
}

// String returns the type and the endpoint of the client, and no secrets. The receiver is
// a value, so that printing a copy of a Client does not print its fields.
func (c Client) String() string { return "apptuitclient.Client(" + c.Endpoint() + ")" }

// GoString returns the same text as String, for the verb %#v.
func (c Client) GoString() string { return c.String() }
