// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Question is a read request, for example a query.
type Question struct {
	Path     string        // below the endpoint, URL-encoded
	Query    string        // URL-encoded
	Form     string        // URL-encoded body; if it is not empty, the request is a POST instead of a GET
	Timeout  time.Duration // of one attempt, to the end of the answer
	MaxBytes int64         // of the answer, after decompression

	// CheckHeader, if it is not nil, is called with the header of a 200 answer before its
	// body is decoded. Read returns its error like an error of decode.
	CheckHeader func(http.Header) error
}

// Read makes a read request with the token, the connections and the retry policy of the
// client, and passes the body of a 200 answer to decode. An error of decode is returned
// without another attempt. Any other status, and an HTML page, is returned as a StatusError
// of package apptuitclient. Read ends with ctx and when the client is closed. It is safe
// for concurrent use.
func (c *Client) Read(ctx context.Context, q Question, decode func(io.Reader) error) error {
	address := c.base + q.Path
	if q.Query != "" {
		address += "?" + q.Query
	}
	if _, err := url.Parse(address); err != nil {
		return err
	}
	ctx, cancel := c.untilClosed(ctx)
	defer cancel()
	r := &retrier{c: c, ctx: ctx, start: time.Now()}
	for {
		res := c.readOnce(ctx, address, q, decode)
		if res.err == nil {
			return nil
		}
		if stop, err := r.next(&res); stop != stopNone {
			return err
		}
	}
}

// readOnce makes one attempt.
func (c *Client) readOnce(ctx context.Context, address string, q Question, decode func(io.Reader) error) result {
	if ctx.Err() != nil {
		return result{action: actionReject, err: ended(ctx)}
	}
	ctx, cancel := withTimeout(ctx, q.Timeout)
	defer cancel()
	method := http.MethodGet
	if q.Form != "" {
		method = http.MethodPost
	}
	request, token, err := c.newRequest(ctx, method, address)
	if err != nil {
		return result{action: actionRetry, err: err}
	}
	request.Header.Set("Accept", "application/json")
	if q.Form != "" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.ContentLength = int64(len(q.Form))
		request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(q.Form)), nil }
	}
	response, err := c.do(request)
	if err != nil {
		return c.noAnswer(ctx, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return c.readRefused(response, response.Body, token)
	}
	body := bufio.NewReaderSize(&bounded{r: response.Body, left: q.MaxBytes}, 512)
	if startsPage(body) {
		res := c.readRefused(response, body, token)
		res.err = fmt.Errorf("not a query endpoint: %w", res.err)
		return res
	}
	if q.CheckHeader != nil {
		err = q.CheckHeader(response.Header)
	}
	if err == nil {
		err = decode(body)
	}
	if err != nil {
		if ctx.Err() != nil {
			err = ended(ctx)
		}
		return result{action: actionReject, err: c.settings.creds.redact.error(err)}
	}
	return result{}
}

// Redact returns a server's text without the secrets of the client.
func (c *Client) Redact(text string) string { return c.settings.creds.redact.text(text) }

// RedactLine returns up to 4 KiB of a server's text on one line, without the secrets of the
// client.
func (c *Client) RedactLine(text string) string {
	return strings.ToValidUTF8(c.settings.creds.redact.search(text, false), "\uFFFD")
}

// startsPage reports whether the first bytes of a body are HTML. It looks at one read only,
// so as not to wait for more of a slow answer.
func startsPage(body *bufio.Reader) bool {
	if _, err := body.Peek(1); err != nil {
		return false // decode will get the same error
	}
	start, _ := body.Peek(body.Buffered())
	return isPage(start)
}

// readRefused returns the result of an answer without data.
func (c *Client) readRefused(response *http.Response, body io.Reader, token string) result {
	var text []byte
	if response.StatusCode != http.StatusSwitchingProtocols { // its body is the connection, which has no end
		text, _ = io.ReadAll(io.LimitReader(body, maxText))
	}
	res := result{
		status: response.StatusCode, action: actionOf(response.StatusCode), token: token,
		err: c.answerError(response, text, c.settings.creds.redact.wholeLine),
	}
	if res.action == actionRetry {
		res.retryAfter = requestedDelay(response)
	}
	return res
}

// bounded reads up to left bytes, and returns ErrAnswerTooLarge if there are more.
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
