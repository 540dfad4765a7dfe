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

// Question is a request for data.
type Question struct {
	Path     string        // below the endpoint, as in a URL
	Query    string        // encoded
	Form     string        // encoded; makes the request a POST
	Timeout  time.Duration // of one attempt, to the end of the answer
	MaxBytes int64         // of the answer, decompressed
}

// Read makes a request, again when that may help, and hands the body of an
// answer of 200 to decode, whose error is final. Any other answer, and a page
// of HTML, is the public error of a status. It is made with the token and the connections of
// the client, and ends with ctx and with Close.
func (c *Client) Read(ctx context.Context, q Question, decode func(io.Reader) error) error {
	address := c.base + q.Path
	if q.Query != "" {
		address += "?" + q.Query
	}
	if _, err := url.Parse(address); err != nil {
		return err
	}
	ctx, cancel := c.whileOpen(ctx)
	defer cancel()
	r := &retrier{c: c, ctx: ctx, start: time.Now()}
	for {
		res := c.readOnce(ctx, address, q, decode)
		if res.err == nil {
			return nil
		}
		if end, err := r.next(&res); end != goOn {
			return err
		}
	}
}

// readOnce makes one request.
func (c *Client) readOnce(ctx context.Context, address string, q Question, decode func(io.Reader) error) result {
	if ctx.Err() != nil {
		return result{next: reject, err: ended(ctx)}
	}
	ctx, cancel := bound(ctx, q.Timeout)
	defer cancel()
	method := http.MethodGet
	if q.Form != "" {
		method = http.MethodPost
	}
	request, token, err := c.newRequest(ctx, method, address)
	if err != nil {
		return result{next: retry, err: err}
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
	if err := decode(body); err != nil {
		if ctx.Err() != nil {
			err = ended(ctx)
		}
		return result{next: reject, err: c.settings.creds.redact.error(err)}
	}
	return result{}
}

// Redact returns a text of the server without secrets.
func (c *Client) Redact(text string) string { return c.settings.creds.redact.text(text) }

// startsPage reports whether a body begins as HTML does, as far as one read tells.
func startsPage(body *bufio.Reader) bool {
	if _, err := body.Peek(1); err != nil {
		return false // which decode will see
	}
	start, _ := body.Peek(body.Buffered())
	return isPage(start)
}

// readRefused judges an answer that has no data.
func (c *Client) readRefused(response *http.Response, body io.Reader, token string) result {
	var text []byte
	if response.StatusCode != http.StatusSwitchingProtocols { // its body is the connection, which does not end
		text, _ = io.ReadAll(io.LimitReader(body, maxText))
	}
	res := result{
		status: response.StatusCode, next: actionOf(response.StatusCode), token: token, err: c.answerError(response, text),
	}
	if res.next == retry {
		res.after = retryAfter(response.Header)
	}
	return res
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
