// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/notify"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// Client sends points to one server. It is safe for concurrent use.
type Client struct{ *core }

// core is what a client is made of. It is behind a pointer of its own, because
// fmt, which calls no method of an unexported field, follows one pointer with
// some verbs: there it finds only others.
type core struct {
	put     string
	base    string
	http    *http.Client
	ownHTTP bool
	creds   *credentials
	headers *http.Header
	codec   *put.Codec
	cfg     *config
	global  []model.Tag // of Send: sanitized, sorted
	names   *names      // of Send; nil unless names may be encoded
	size    sizeLimit

	warnings *notify.Queue[error]

	spoolOnce sync.Once // opens the spool
	spoolErr  error     // why it could not be opened
	spoolMu   sync.Mutex
	spool     *spooler    // nil without one, or before it is open
	warned    atomic.Bool // of spoolErr

	life context.Context // ends with Close
	end  context.CancelCauseFunc
}

// New returns a client. Without options everything comes from the environment
// variables in the package comment. Its error names every fault of the
// configuration at once.
func New(opts ...Option) (*Client, error) {
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	c := &Client{&core{
		base:    cfg.endpoint.String(),
		put:     putURL(cfg),
		http:    cfg.client,
		ownHTTP: cfg.ownClient,
		creds:   cfg.creds,
		headers: headersOf(cfg),
		codec:   put.NewCodec(put.Encoding(cfg.compression)),
		cfg:     cfg,
		global:  cfg.global,
		size:    sizeLimit{most: cfg.limits.Bytes},

		warnings: notify.New(cfg.warn),
	}}
	if cfg.encodedNames {
		c.names = newNames(cfg.mode, maxNames, maxNameBytes)
	}
	c.life, c.end = context.WithCancelCause(context.Background())
	if cfg.spool != nil && !cfg.spool.later {
		if err := c.Prepare(); err != nil {
			_ = c.Close()
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
	c.spoolOnce.Do(func() {
		if c.cfg.spool == nil || c.life.Err() != nil {
			return
		}
		s, err := openSpool(c, c.cfg.spool)
		if err != nil {
			c.spoolErr = fmt.Errorf("apptuit: %w", err)
			return
		}
		c.spoolMu.Lock()
		c.spool = s
		c.spoolMu.Unlock()
	})
	return c.spoolErr
}

// keeper returns the spool, if there is one and it is open.
func (c *Client) keeper() *spooler {
	c.spoolMu.Lock()
	defer c.spoolMu.Unlock()
	return c.spool
}

func putURL(cfg *config) string {
	u := *cfg.endpoint
	u.Path += "/api/put"
	if u.RawPath != "" {
		u.RawPath += "/api/put"
	}
	u.RawQuery = "details"
	if cfg.sync > 0 {
		u.RawQuery += "&sync&sync_timeout=" + strconv.FormatInt(cfg.sync.Milliseconds(), 10)
	}
	return u.String()
}

// Endpoint returns the base URL of the server.
func (c *Client) Endpoint() string { return c.base }

// SanitizeMode returns how the client makes names and tag keys valid.
func (c *Client) SanitizeMode() encoding.SanitizeMode { return c.cfg.mode }

// Tags returns the tags of WithTags, as given.
func (c *Client) Tags() map[string]string { return maps.Clone(c.cfg.tags) }

// EnvironmentTags returns the tags of APPTUIT_TAGS, nil with
// WithoutEnvironmentTags.
func (c *Client) EnvironmentTags() map[string]string { return maps.Clone(c.cfg.envTags) }

// MillisecondTimestamps reports whether timestamps go out in milliseconds.
func (c *Client) MillisecondTimestamps() bool { return c.cfg.milliseconds }

// Close ends what the client is doing, requests and waits alike: the points
// that are on their way fail with [ErrClosed]. After it every Send fails so.
// An HTTP client that was given by WithHTTPClient stays open. With a spool, points
// that are on their way are spooled instead, which Close waits for, at most a
// second; without one it returns at once. It always returns nil, and can be
// called more than once.
func (c *Client) Close() error {
	c.end(ErrClosed)
	c.spoolOnce.Do(func() {}) // not any more
	if s := c.keeper(); s != nil {
		s.close()
	}
	if c.ownHTTP {
		c.http.CloseIdleConnections()
	}
	c.warnings.Wait(context.Background(), handlerWait)
	return nil
}

// handlerWait is how long Close waits for the warning handler. It is short: the handler
// may be the one who has called Close.
const handlerWait = 100 * time.Millisecond

// whileOpen returns a context that ends with the client too.
func (c *Client) whileOpen(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	if c.life.Err() != nil { // now, while AfterFunc would do it soon
		cancel(ErrClosed)
	}
	stop := context.AfterFunc(c.life, func() { cancel(ErrClosed) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}

// String names the server, and nothing that is secret. It is a method of the
// value, so that a copy does not print its fields.
func (c Client) String() string {
	return "apptuitclient.Client(" + c.base + ")"
}

// GoString is String.
func (c Client) GoString() string { return c.String() }
