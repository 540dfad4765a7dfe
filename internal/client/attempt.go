// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/apptuitai/apptuit-go/internal/put"
)

// result is the effect of one attempt on a batch: each of its points is accepted,
// refused, or left. The policies decide about the points that are left.
type result struct {
	status   int            // 0: no answer
	accepted int            // points, by the server's word
	refused  map[int]string // points that the server named, with its reason
	unnamed  int            // points that the server refused without a name
	refusal  error          // why
	left     *put.Batch     // undecided: the batch itself, a part of it, or nil
	next     action         // on the points that are left
	err      error          // why they are left
	after    time.Duration  // the server asks to wait so long before another attempt
	cutOff   bool           // the connection broke, or a proxy answered 502: the batch may have been too large
	token    string         // of the request
}

// attempt makes exactly one HTTP request, besides redirects to the same server and a
// connection that had been closed. The batch stays the caller's.
func (c *Client) attempt(ctx context.Context, b *put.Batch) result {
	if ctx.Err() != nil {
		return result{left: b, next: retry, err: ended(ctx)}
	}
	requestCtx, cancel := bound(ctx, c.settings.Connection.Timeout)
	defer cancel()
	request, token, err := c.newRequest(requestCtx, http.MethodPost, c.put)
	if err != nil {
		return result{left: b, next: retry, err: err}
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
	res := c.judge(requestCtx, response, b)
	_ = response.Body.Close()
	if res.status == http.StatusMisdirectedRequest {
		c.settings.Connection.http.CloseIdleConnections() // the next attempt needs a new connection
	}
	res.token = token
	return res
}

// unanswered is the result of a put without an answer: the points may have been
// stored or not.
func (c *Client) unanswered(ctx context.Context, b *put.Batch, err error) result {
	res := c.lost(ctx, err)
	res.left = b
	return res
}
