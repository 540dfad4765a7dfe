// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Read is a request for data; package query makes them.
type Read struct {
	Path     string        // below the endpoint, as in a URL
	Query    string        // encoded
	Form     string        // encoded; makes the request a POST
	Timeout  time.Duration // of one attempt, to the end of the answer
	MaxBytes int64         // of the answer, decompressed
}

// ErrAnswerTooLarge is the error of an answer that is larger than allowed.
var ErrAnswerTooLarge = errors.New("the answer is larger than allowed")

// Read makes a request, again when that may help, and hands the body of an
// answer of 200 to decode, whose error is final. Any other answer, and a page
// of HTML, is a [*StatusError]. It is made with the token and the connections of
// the client, and ends with ctx and with Close.
func (c *Client) Read(ctx context.Context, r Read, decode func(io.Reader) error) error {
	address := c.base + r.Path
	if r.Query != "" {
		address += "?" + r.Query
	}
	if _, err := url.Parse(address); err != nil {
		return err
	}
	ctx, cancel := c.whileOpen(ctx)
	defer cancel()
	p := &patience{c: c, ctx: ctx, start: time.Now()}
	for {
		out := c.readOnce(ctx, address, r, decode)
		if out.err == nil {
			return nil
		}
		if end, err := p.next(&out); end != goOn {
			return err
		}
	}
}

// readOnce makes one request.
func (c *Client) readOnce(ctx context.Context, address string, r Read, decode func(io.Reader) error) outcome {
	if ctx.Err() != nil {
		return outcome{next: reject, err: ended(ctx)}
	}
	ctx, cancel := c.bound(ctx, r.Timeout)
	defer cancel()
	method := http.MethodGet
	if r.Form != "" {
		method = http.MethodPost
	}
	request, token, err := c.newRequest(ctx, method, address)
	if err != nil {
		return outcome{err: err}
	}
	request.Header.Set("Accept", "application/json")
	if r.Form != "" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.ContentLength = int64(len(r.Form))
		request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(r.Form)), nil }
	}
	response, err := c.do(request)
	if err != nil {
		return c.lost(ctx, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return c.readRefused(response, response.Body, token)
	}
	body := bufio.NewReaderSize(&bounded{r: response.Body, left: r.MaxBytes}, 512)
	if isPage(body) {
		out := c.readRefused(response, body, token)
		out.err = fmt.Errorf("not a query endpoint: %w", out.err)
		return out
	}
	if err := decode(body); err != nil {
		if ctx.Err() != nil {
			err = ended(ctx)
		}
		return outcome{next: reject, err: c.creds.redact.error(err)}
	}
	return outcome{}
}

// isPage reports whether a body begins as HTML does, as far as one read tells.
func isPage(body *bufio.Reader) bool {
	if _, err := body.Peek(1); err != nil {
		return false // which decode will see
	}
	start, _ := body.Peek(body.Buffered())
	return bytes.HasPrefix(bytes.TrimSpace(start), []byte("<"))
}

// readRefused judges an answer that has no data.
func (c *Client) readRefused(response *http.Response, body io.Reader, token string) outcome {
	text, _ := io.ReadAll(io.LimitReader(body, maxText))
	failure := c.statusError(response, text)
	out := outcome{status: response.StatusCode, next: decide(response.StatusCode), token: token, err: failure}
	switch {
	case out.next == retry:
		out.after = retryAfter(response.Header)
	case response.StatusCode >= 300 && response.StatusCode < 400:
		failure.Message = "redirects to " + c.creds.redact.line(location(response))
	}
	return out
}

// bounded reads at most so many bytes, and fails if there are more.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, ErrAnswerTooLarge
	}
	if int64(len(p))-1 > b.left {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n - 1, ErrAnswerTooLarge
	}
	return n, err
}
