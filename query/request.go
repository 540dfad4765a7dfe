// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
)

// request is a request to the Prometheus-compatible API.
type request struct {
	path   string // path below /api/v1, URL-encoded
	form   url.Values
	most   int64 // limit of the answer in bytes
	decode func(io.Reader) error

	onlyGet bool // the API does not accept POST for this path

	// evaluates reports whether the request evaluates an expression. Without nocache=1,
	// VictoriaMetrics moves the times of such a request, and answers from a cache.
	evaluates bool
	// onGrid reports whether the start is a multiple of the step. VictoriaMetrics does not
	// move such times.
	onGrid bool
}

// errRepeat ends the first request to a server that turns out to be VictoriaMetrics, so that it
// is repeated with nocache=1.
var errRepeat = errors.New("the server is VictoriaMetrics")

// ask sends a request to the Prometheus-compatible API. It adds nocache=1 only if the server is
// VictoriaMetrics, because Google's managed service rejects unknown parameters. It knows
// VictoriaMetrics by the server of the client, or by a header of the first answer.
func (c *Client) ask(ctx context.Context, r request) error {
	question := client.Question{Path: c.prometheus + "/api/v1" + r.path, Timeout: c.timeout, MaxBytes: r.most}
	if r.evaluates {
		if c.victoriaMetrics.Load() {
			r.form.Set("nocache", "1")
		} else {
			question.CheckHeader = func(h http.Header) error {
				if !c.detects || h.Get("X-Server-Hostname") == "" {
					return nil
				}
				c.victoriaMetrics.Store(true)
				if r.onGrid {
					return nil
				}
				return errRepeat
			}
		}
	}
	err := c.send(ctx, question, r)
	if errors.Is(err, errRepeat) {
		r.form.Set("nocache", "1")
		question.CheckHeader = nil
		err = c.send(ctx, question, r)
	}
	return err
}

// send sends a request by POST, because servers and proxies limit the length of URLs. If the
// server refuses POST and answers GET, send uses GET from then on.
func (c *Client) send(ctx context.Context, question client.Question, r request) error {
	form := r.form.Encode()
	if !r.onlyGet && !c.refusesPost.Load() && form != "" {
		question.Form = form
		err := c.core.Read(ctx, question, r.decode)
		if !isPostRefused(err) {
			return err
		}
		question.Form = ""
	}
	question.Query = form
	err := c.core.Read(ctx, question, r.decode)
	if answered := err == nil || errors.Is(err, errRepeat); answered && !r.onlyGet && form != "" {
		c.refusesPost.Store(true)
	}
	return err
}

// isPostRefused reports whether err is an answer with which a server, or a proxy that allows
// reading only, refuses POST.
func isPostRefused(err error) bool {
	var status *apptuitclient.StatusError
	if !errors.As(err, &status) {
		return false
	}
	switch status.StatusCode {
	case http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return true
	}
	return false
}

// counted is a reader that counts the bytes.
type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
