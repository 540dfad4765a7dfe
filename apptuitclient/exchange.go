// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/apptuitai/apptuit-go/internal/wire"
)

// outcome is what one request did to a batch: each of its points is accepted,
// refused, or left. What follows for those is for the policies to say.
type outcome struct {
	status   int            // 0: no answer
	accepted int            // points, by the server's word
	refused  map[int]string // points that the server named, with its reason
	unnamed  int            // points that the server refused without a name
	left     *wire.Batch    // undecided: the batch itself, a part of it, or nil
	next     verdict        // on what is left
	after    time.Duration  // not before this, says the server
	token    string         // that the request had
	refusal  error          // why points are unnamed
	err      error          // why points are left
}

// verdict says what may help the points that a request left undecided.
type verdict uint8

const (
	again    verdict = iota // sending them again, later
	smaller                 // a smaller batch
	newToken                // another token
	denied                  // another token or right, which the user has to give
	hopeless                // nothing that can be done here
)

// exchange makes exactly one HTTP request (and what redirects to the same
// server add). The batch stays the caller's.
func (c *Client) exchange(ctx context.Context, b *wire.Batch) outcome {
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
	request.Body = b.Open()
	request.GetBody = func() (io.ReadCloser, error) { return b.Open(), nil }
	response, err := c.do(request)
	if err != nil {
		return c.unanswered(requestCtx, b, err)
	}
	defer response.Body.Close()
	text, err := readAnswer(response, b)
	if err != nil {
		return c.unanswered(requestCtx, b, fmt.Errorf("reading the answer to a put (status %d): %w", response.StatusCode, err))
	}
	out := c.judge(response, text, b)
	out.token = token
	return out
}

// unanswered is the outcome of a put without an answer: the points may have been
// stored or not.
func (c *Client) unanswered(ctx context.Context, b *wire.Batch, err error) outcome {
	out := c.lost(ctx, err)
	out.left = b
	return out
}

// readAnswer reads a body up to a bound. What is beyond is drained for a
// little, so that the connection can be used again. Where the status says all, a
// body that breaks off will do: it does when a server refuses the request
// before it has read it.
func readAnswer(r *http.Response, b *wire.Batch) ([]byte, error) {
	bound := int64(64 << 10)
	if readsBody(r.StatusCode) { // each point, with its text twice as long by escapes, and a reason
		bound = 2*b.RawSize() + 512*int64(b.Points()) + 1<<20
	}
	text, err := io.ReadAll(io.LimitReader(r.Body, bound))
	if err != nil {
		if readsBody(r.StatusCode) {
			return nil, err
		}
		return text, nil // the status is enough
	}
	if int64(len(text)) == bound {
		_, _ = io.CopyN(io.Discard, r.Body, 256<<10)
	}
	return text, nil
}

// readsBody reports whether the answers of a status can name points, and so be
// as large as what was sent.
func readsBody(status int) bool { return status == http.StatusOK || status == http.StatusBadRequest }
