// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/apptuitai/apptuit-go/internal/put"
)

// outcome is what one request did to a batch: each of its points is accepted,
// refused, or left. What follows for those is for the policies to say.
type outcome struct {
	status   int            // 0: no answer
	accepted int            // points, by the server's word
	refused  map[int]string // points that the server named, with its reason
	unnamed  int            // points that the server refused without a name
	left     *put.Batch     // undecided: the batch itself, a part of it, or nil
	next     decision       // on the points that are left
	after    time.Duration  // not before this, says the server
	cutOff   bool           // the connection broke, or a proxy answered 502: the batch may have been too large
	token    string         // that the request had
	refusal  error          // why points are unnamed
	err      error          // why points are left
}

// exchange makes exactly one HTTP request (and what redirects to the same
// server, and a connection that had been closed, add). The batch stays the caller's.
func (c *Client) exchange(ctx context.Context, b *put.Batch) outcome {
	if ctx.Err() != nil {
		return outcome{left: b, err: ended(ctx)}
	}
	requestCtx, cancel := c.bound(ctx, c.cfg.timeout)
	defer cancel()
	request, token, err := c.newRequest(requestCtx, http.MethodPost, c.put)
	if err != nil {
		return outcome{left: b, err: err}
	}
	request.Header.Set("Content-Type", "application/json")
	if e := b.Encoding().ContentEncoding(); e != "" {
		request.Header.Set("Content-Encoding", e)
	}
	request.ContentLength = int64(b.Size())
	request.GetBody = func() (io.ReadCloser, error) { return b.Open(), nil }
	response, err := c.do(request)
	if err != nil {
		return c.unanswered(requestCtx, b, err)
	}
	out := c.judge(requestCtx, response, b)
	_ = response.Body.Close()
	if out.status == http.StatusMisdirectedRequest {
		c.http.CloseIdleConnections() // the next attempt needs a new connection
	}
	out.token = token
	return out
}

// unanswered is the outcome of a put without an answer: the points may have been
// stored or not.
func (c *Client) unanswered(ctx context.Context, b *put.Batch, err error) outcome {
	out := c.lost(ctx, err)
	out.left = b
	return out
}
