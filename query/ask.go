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

// request is a request to a Prometheus-compatible API.
type request struct {
	path   string // below /api/v1, URL-encoded
	form   url.Values
	most   int64 // bytes of the answer
	decode func(io.Reader) error

	onlyGet bool // the API does not accept POST for this path

	// evaluates says that the request evaluates an expression: VictoriaMetrics moves its
	// times, and answers from a cache, without nocache=1.
	evaluates bool
	// onGrid says that the start is a multiple of the step, so that VictoriaMetrics does not
	// move the times.
	onGrid bool
}

// errAskAgain ends the first request to a server that turns out to be VictoriaMetrics.
var errAskAgain = errors.New("the server is VictoriaMetrics")

// ask sends a request to the Prometheus-compatible API. nocache=1 is sent to VictoriaMetrics
// alone, because Google's managed service refuses unknown parameters. VictoriaMetrics is
// known by the server of the client, or by the header of its first answer.
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
				return errAskAgain
			}
		}
	}
	err := c.send(ctx, question, r)
	if errors.Is(err, errAskAgain) {
		r.form.Set("nocache", "1")
		question.CheckHeader = nil
		err = c.send(ctx, question, r)
	}
	return err
}

// send sends a request by POST, whose length is not limited by servers and proxies as that of
// a URL is, and by GET to servers that refuse POST. It remembers such a server.
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
	if answered := err == nil || errors.Is(err, errAskAgain); answered && !r.onlyGet && form != "" {
		c.refusesPost.Store(true)
	}
	return err
}

// isPostRefused reports whether an error is an answer by which a server refuses POST, or by
// which a proxy does that lets nobody but readers through.
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

// counted counts the bytes that are read.
type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
