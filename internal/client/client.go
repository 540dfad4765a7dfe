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

// Client sends points to one server, and asks it. It is safe for concurrent use.
type Client struct {
	settings *Settings
	base     string       // URL of the server
	put      string       // URL of puts
	headers  *http.Header // behind a pointer, so that fmt does not print secrets
	codec    *put.Codec
	names    *names // of Send; nil unless names may be encoded
	size     sizeLimit
	warnings *notify.Queue[error]

	opening  sync.Once
	opened   chan struct{} // closed when spool and spoolErr are there
	spool    atomic.Pointer[spooler]
	spoolErr error       // why it could not be opened
	warned   atomic.Bool // of spoolErr

	life context.Context // ends with Close
	end  context.CancelCauseFunc
}

// New returns a client. Its error names every fault of the configuration at once.
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
		c.names = newNames(settings.Points.Mode.Value, maxNames, maxNameBytes)
	}
	c.life, c.end = context.WithCancelCause(context.Background())
	if settings.Spool != nil && !settings.Spool.later {
		if err := c.Prepare(); err != nil {
			c.Close()
			return nil, err
		}
	}
	return c, nil
}

// Prepare opens the spool that APPTUIT_SPOOL_DIR names, which else the first Send
// does: a client that only asks leaves it alone. Exporters call it, so that its
// error is one of theirs; a Send that meets it passes it to the warning handler,
// once, and goes on without a spool. Further calls return the same.
func (c *Client) Prepare() error {
	c.open()
	<-c.opened
	return c.spoolErr
}

// open opens the spool, once. A folder with many files, or a slow disk, takes its time,
// which is not that of a Send.
func (c *Client) open() {
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
			if c.life.Err() != nil { // Close may have looked before
				s.close()
			}
		}()
	})
}

// spooler returns the spool, nil if there is none or it is not open.
func (c *Client) spooler() *spooler { return c.spool.Load() }

// SpoolStats returns what became of spooled points so far, and false without a
// spool, or before it is open (see Prepare). It is safe for concurrent use.
func (c *Client) SpoolStats() (SpoolStats, bool) {
	s := c.spooler()
	if s == nil {
		return SpoolStats{}, false
	}
	return s.statistics(), true
}

// prepareOnce prepares for a Send, as far as its context allows, and warns if that fails.
func (c *Client) prepareOnce(ctx context.Context) {
	c.open()
	select {
	case <-c.opened:
	case <-ctx.Done():
		return
	case <-c.life.Done():
		return
	}
	if c.spoolErr != nil && c.warned.CompareAndSwap(false, true) {
		c.warnings.Add(c.spoolErr)
	}
}

// Endpoint returns the base URL of the server.
func (c *Client) Endpoint() string { return c.base }

// SanitizeMode returns how the client makes names and tag keys valid.
func (c *Client) SanitizeMode() encoding.SanitizeMode { return c.settings.Points.Mode.Value }

// Tags returns the global tags of the options, as given.
func (c *Client) Tags() map[string]string { return maps.Clone(c.settings.Points.Tags) }

// EnvironmentTags returns the tags of APPTUIT_TAGS, nil if they are ignored.
func (c *Client) EnvironmentTags() map[string]string { return maps.Clone(c.settings.Points.envTags) }

// Milliseconds reports whether timestamps go out in milliseconds.
func (c *Client) Milliseconds() bool { return c.settings.Points.Milliseconds }

// Close ends the requests and waits of the client: the points that are on their way fail
// with [ErrClosed]. With a spool they are spooled instead, which Close waits for, at most
// a second. Close can be called more than once.
func (c *Client) Close() {
	c.end(ErrClosed)
	c.opening.Do(func() { close(c.opened) }) // not any more
	if s := c.spooler(); s != nil {
		s.close()
	}
	if c.settings.Connection.ownHTTP {
		c.settings.Connection.http.CloseIdleConnections()
	}
	c.warnings.Wait(context.Background(), handlerWait)
}

// handlerWait is how long Close waits for the warning handler. It is short: the handler
// may be the one who has called Close.
const handlerWait = 100 * time.Millisecond
