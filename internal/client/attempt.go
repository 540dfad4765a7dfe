// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"io"
	"net/http"

	"github.com/apptuitai/apptuit-go/internal/put"
)

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
