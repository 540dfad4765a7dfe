// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"maps"
	"net/http"
	"time"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/notify"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// Client sends points to one server, and queries it. It is safe for concurrent use.
type Client struct {
	settings *Settings
	base     string       // base URL of the server, without a trailing slash
	put      string       // URL of put requests
	headers  *http.Header // of all requests; a pointer, so that fmt does not print secrets
	codec    *put.Codec
	names    *nameCache // used by Send; nil unless WithEncodedNames is given
	size     sizeLimit
	warnings *notify.Queue[error]

	spool *spoolOpener

	life context.Context // ends with Close
	end  context.CancelCauseFunc
}

// New returns a client with the given settings, which it completes from the environment.
// Its error joins all faults of the configuration. New opens a spool of WithSpool. A spool of
// APPTUIT_SPOOL_DIR is opened later, see [Client.OpenSpool].
func New(settings *Settings) (*Client, error) {
	if err := settings.complete(); err != nil {
		return nil, err
	}
	c := &Client{
		settings: settings,
		base:     settings.Connection.endpoint.String(),
		put:      settings.putURL(),
		headers:  settings.allHeaders(),
		codec:    put.NewCodec(settings.Points.Compression.Value),
		size:     newSizeLimit(settings.Points.MaxBytes.Value, settings.profile.FirstBytes, settings.Points.Compression.Value),
		warnings: notify.New(settings.Warn),
	}
	c.spool = newSpoolOpener(c)
	if settings.Points.EncodedNames {
		c.names = newNameCache(settings.Points.tagRules(), maxNames, maxNameBytes)
	}
	c.life, c.end = context.WithCancelCause(context.Background())
	if t := settings.Connection.reloads; t != nil {
		t.warn, t.life = c.Warn, c.life
	}
	if settings.Spool != nil && !settings.Spool.openOnFirstSend {
		if err := c.OpenSpool(); err != nil {
			c.Close()
			return nil, err
		}
	}
	return c, nil
}

// Endpoint returns the base URL of the server.
func (c *Client) Endpoint() string { return c.base }

// Server returns the server whose profile is in effect.
func (c *Client) Server() Server { return c.settings.Server.Value }

// SanitizeMode returns how the client replaces invalid characters in names and tag keys.
func (c *Client) SanitizeMode() encoding.SanitizeMode { return c.settings.Points.Mode.Value }

// Tags returns a copy of the global tags of WithTags, as given.
func (c *Client) Tags() map[string]string { return maps.Clone(c.settings.Points.Tags) }

// IgnoresEnvironment reports whether the client ignores the variables that begin with APPTUIT_.
func (c *Client) IgnoresEnvironment() bool { return c.settings.Ignore.All }

// EnvironmentTags returns a copy of the tags of APPTUIT_TAGS, nil if the client ignores
// them.
func (c *Client) EnvironmentTags() map[string]string { return maps.Clone(c.settings.Points.envTags) }

// Milliseconds reports whether timestamps are sent in milliseconds rather than seconds.
func (c *Client) Milliseconds() bool { return c.settings.Points.milliseconds() }

// TagValues returns the rule for tag values.
func (c *Client) TagValues() encoding.TagValueRule { return c.settings.Points.TagValues.Value }

// MaxTags returns the limit of the tags of a point.
func (c *Client) MaxTags() int { return c.settings.Points.MaxTags.Value }

// Close ends the requests and delays of the client. Points that are being sent fail with
// [ErrClosed]. With a spool they are spooled instead, and Close waits up to one second for
// this. It then waits up to 100 ms for the warning handler. Close also closes the client's
// connections, except those of a transport that the program has given; an HTTP/2 connection
// may stay open for one more second. Further calls of Close have no effect.
func (c *Client) Close() {
	c.end(ErrClosed)
	c.spool.close()
	if c.settings.Connection.ownHTTP {
		closeIdle(c.settings.Connection.http)
	}
	c.warnings.Wait(context.Background(), handlerWait)
}

// Warn passes a warning to the warning handler.
func (c *Client) Warn(err error) { c.warnings.Add(err) }

// WarnDuringNew calls the warning handler before it returns, as the client's own warnings about
// settings do.
func (c *Client) WarnDuringNew(err error) { notify.Call(c.settings.Warn, err) }

// handlerWait bounds how long Close waits for the warning handler. It is short, because the
// handler may itself be calling Close.
const handlerWait = 100 * time.Millisecond

// Holder gives the packages of this module access to the client inside a public type,
// without exporting a method or field to users. The public type embeds it:
//
//	// package apptuitclient
//	type holder = client.Holder
//	type Client struct{ holder }
//
//	func New() *Client { return &Client{client.Hold(c)} }
//
//	// package exporter
//	core := client.Of(publicClient) // the *client.Client
//
// The alias keeps the embedded field unexported, and the method of Holder can only be
// called in this package.
type Holder struct{ c *Client }

// Hold returns a holder of c, to be embedded in a public type.
func Hold(c *Client) Holder { return Holder{c} }

func (h Holder) client() *Client { return h.c }

// Of returns the client in a public type that embeds a [Holder].
func Of(public interface{ client() *Client }) *Client { return public.client() }
