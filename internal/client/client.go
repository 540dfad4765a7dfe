// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/notify"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// Client sends points to one server, and queries it. It is safe for concurrent use.
type Client struct {
	settings *Settings
	base     string       // URL of the server, without a trailing slash
	put      string       // URL of put requests
	headers  *http.Header // of all requests; a pointer, so that fmt does not print secrets
	codec    *put.Codec
	names    *nameCache // used by Send; nil unless WithEncodedNames is given
	size     sizeLimit
	warnings *notify.Queue[error]

	opening  sync.Once     // guards the start of opening the spool
	opened   chan struct{} // closed when spool and spoolErr are set
	spool    atomic.Pointer[spooler]
	spoolErr error     // why the spool could not be opened
	warnOnce sync.Once // guards the warning about spoolErr

	life context.Context // ends with Close
	end  context.CancelCauseFunc
}

// New returns a client with the given settings, which it completes from the environment.
// Its error joins all faults of the configuration. It opens the spool of WithSpool; for
// that of APPTUIT_SPOOL_DIR see OpenSpool.
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
		size:     newSizeLimit(settings.Points.Batch.Bytes, settings.Points.Compression.Value),
		warnings: notify.New(settings.Warn),
		opened:   make(chan struct{}),
	}
	if settings.Points.EncodedNames {
		c.names = newNameCache(settings.Points.Mode.Value, maxNames, maxNameBytes)
	}
	c.life, c.end = context.WithCancelCause(context.Background())
	if settings.Spool != nil && !settings.Spool.openOnFirstSend {
		if err := c.OpenSpool(); err != nil {
			c.Close()
			return nil, err
		}
	}
	return c, nil
}

// OpenSpool opens the spool of APPTUIT_SPOOL_DIR, if it is not open. Exporters call it when
// they are created, to return its error. Otherwise the first Send opens the spool, so that
// a client that is only used for queries does not occupy the folder; if that fails, Send
// warns once and continues without a spool. Further calls return the result of the first
// one.
func (c *Client) OpenSpool() error {
	c.startOpeningSpool()
	<-c.opened
	return c.spoolErr
}

// startOpeningSpool starts opening the spool, once. It does not wait: a slow disk or a folder
// with many files must not delay a Send beyond its deadline.
func (c *Client) startOpeningSpool() {
	c.opening.Do(func() {
		if c.settings.Spool == nil || c.life.Err() != nil {
			close(c.opened)
			return
		}
		go func() {
			defer close(c.opened)
			s, err := openSpool(c, c.settings.Spool)
			if err != nil {
				c.spoolErr = fmt.Errorf("apptuit: %w", err)
				return
			}
			c.spool.Store(s)
			if c.life.Err() != nil { // Close was called meanwhile, and found no spool to close
				s.close()
			}
		}()
	})
}

// spooler returns the spool, nil if there is none or it is not open.
func (c *Client) spooler() *spooler { return c.spool.Load() }

// SpoolStats returns the statistics of the spool. It returns false without a spool, or
// before the spool is open (see OpenSpool).
func (c *Client) SpoolStats() (SpoolStats, bool) {
	s := c.spooler()
	if s == nil {
		return SpoolStats{}, false
	}
	return s.statistics(), true
}

// openOnce waits until the spool is open or ctx ends, and warns once if the spool cannot
// be opened.
func (c *Client) openOnce(ctx context.Context) {
	c.startOpeningSpool()
	select {
	case <-c.opened:
	case <-ctx.Done():
		return
	case <-c.life.Done():
		return
	}
	if c.spoolErr != nil {
		c.warnOnce.Do(func() { c.warnings.Add(c.spoolErr) })
	}
}

// Endpoint returns the base URL of the server.
func (c *Client) Endpoint() string { return c.base }

// SanitizeMode returns how the client replaces invalid characters in names and tag keys.
func (c *Client) SanitizeMode() encoding.SanitizeMode { return c.settings.Points.Mode.Value }

// Tags returns a copy of the global tags of WithTags, as given.
func (c *Client) Tags() map[string]string { return maps.Clone(c.settings.Points.Tags) }

// EnvironmentTags returns a copy of the tags of APPTUIT_TAGS, nil if the client ignores
// them.
func (c *Client) EnvironmentTags() map[string]string { return maps.Clone(c.settings.Points.envTags) }

// Milliseconds reports whether timestamps are sent in milliseconds rather than seconds.
func (c *Client) Milliseconds() bool { return c.settings.Points.Milliseconds }

// Close ends the requests and waits of the client. Points that are being sent fail with
// [ErrClosed]. With a spool they are spooled instead; Close waits up to one second for
// this. It then waits up to 100 ms for the warning handler. Further calls of Close have no
// effect.
func (c *Client) Close() {
	c.end(ErrClosed)
	c.opening.Do(func() { close(c.opened) }) // a Send after Close must not open the spool
	if s := c.spooler(); s != nil {
		s.close()
	}
	if c.settings.Connection.ownHTTP {
		c.settings.Connection.http.CloseIdleConnections()
	}
	c.warnings.Wait(context.Background(), handlerWait)
}

// handlerWait bounds how long Close waits for the warning handler. It is short, because the
// handler may itself be calling Close.
const handlerWait = 100 * time.Millisecond
