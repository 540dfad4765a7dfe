// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"io"
	"net/http"

	"github.com/apptuitai/apptuit-go/internal/put"
)

// attempt makes exactly one HTTP request for a batch, not counting redirects within the
// server and the repetition in [Client.do]. It does not release the batch.
func (c *Client) attempt(ctx context.Context, b *put.Batch) result {
	if ctx.Err() != nil {
		return result{undecided: b, action: actionRetry, err: ended(ctx)}
	}
	requestCtx, cancel := withTimeout(ctx, c.settings.Connection.Timeout.Value)
	defer cancel()
	request, token, err := c.newRequest(requestCtx, http.MethodPost, c.put)
	if err != nil {
		return result{undecided: b, action: actionRetry, err: err}
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
		closeIdle(c.settings.Connection.http) // RFC 9110, section 15.5.20: the next attempt needs a new connection
	}
	res.token = token
	return res
}
