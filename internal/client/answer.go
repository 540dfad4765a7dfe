// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/internal/put"
)

const (
	// maxText bounds how much of an answer is read, in bytes, unless it names points.
	maxText = 64 << 10
	// maxDrain bounds how much of the rest is read, in bytes, so that the connection can
	// be used again.
	maxDrain = 256 << 10
)

// judge reads an answer and says what it means for the points of a batch.
func (c *Client) judge(ctx context.Context, r *http.Response, b *put.Batch) result {
	if r.StatusCode == http.StatusSwitchingProtocols { // its body is the connection, which does not end
		return c.judgeText(r, nil, b)
	}
	text, err := io.ReadAll(io.LimitReader(r.Body, maxText))
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if mayNamePoints(r.StatusCode) {
		if err == nil && startsObject(text) {
			res, ok, readErr := c.judgePutAnswer(ctx, r, text, b)
			if ok {
				return res
			}
			err = readErr
		}
		if err != nil {
			return c.unanswered(ctx, b, fmt.Errorf("reading the answer to a put (status %d): %w", r.StatusCode, err))
		}
	} // of another status the status is enough: a server that refuses a request may close the connection early
	_, _ = io.CopyN(io.Discard, r.Body, maxDrain)
	return c.judgeText(r, text, b)
}

// mayNamePoints reports whether the answers of a status can be put answers, and so be
// as large as the request.
func mayNamePoints(status int) bool {
	return status/100 == 2 || status == http.StatusBadRequest || status == http.StatusUnprocessableEntity
}

func startsObject(text []byte) bool {
	text = bytes.TrimLeft(text, " \t\r\n")
	return len(text) > 0 && text[0] == '{'
}

// judgePutAnswer judges an answer that begins as a put answer does. If it is none, it
// returns false, with an error if the rest of it could not be read.
func (c *Client) judgePutAnswer(ctx context.Context, r *http.Response, start []byte, b *put.Batch) (result, bool, error) {
	body := &countingReader{r: io.MultiReader(bytes.NewReader(start), r.Body), left: maxPutAnswer(b)}
	answer, err := readPutAnswer(ctx, body, b)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return result{}, false, ctx.Err()
	case body.err != nil:
		return result{}, false, body.err
	case !answer.begun:
		return result{}, false, nil
	}
	res := result{status: r.StatusCode}
	if unclear := c.unclear(r, answer, err, b.Points()); unclear != nil {
		res.left, res.next, res.err = b, openCircuit, unclear
		return res, true, nil //nolint:nilerr // the error is in the result
	}
	if err := c.count(ctx, &res, answer, b); err != nil {
		return result{}, false, err
	}
	return res, true, nil
}

// unclear is the error of a put answer that cannot be read, or is not about n points.
func (c *Client) unclear(r *http.Response, a *putAnswer, err error, n int) error {
	switch {
	case err != nil:
		return fmt.Errorf("not an ingest endpoint: %w", c.statusError(r, "a put answer that cannot be read: "+err.Error()))
	case !a.addsUp(n):
		return c.statusError(r, fmt.Sprintf("%s, which are not the %d points that were sent", a, n))
	}
	return nil
}

// judgeText judges an answer that is not a put answer.
func (c *Client) judgeText(r *http.Response, text []byte, b *put.Batch) result {
	blank := len(text) < maxText && len(bytes.TrimSpace(text)) == 0
	if r.StatusCode == http.StatusNoContent || r.StatusCode/100 == 2 && blank {
		return result{status: r.StatusCode, next: accept, accepted: b.Points()}
	}
	failure := c.answerError(r, text)
	res := result{status: r.StatusCode, next: actionOfText(r.StatusCode, text), left: b, err: failure}
	if n, ok := partialWrite(r.StatusCode, text); ok {
		if n <= b.Points() {
			return result{status: r.StatusCode, next: accept, accepted: b.Points() - n, unnamed: n, refusal: failure}
		}
		res.next = actionOf(r.StatusCode) // more than were sent: that says nothing
	}
	switch {
	case res.next == retry:
		res.after = retryAfter(r.Header)
		res.cutOff = r.StatusCode == http.StatusBadGateway && res.after == 0
	case res.next == reject:
		res.left, res.unnamed, res.refusal, res.err = nil, b.Points(), failure, nil
	case res.next == openCircuit && r.StatusCode < 300:
		res.err = fmt.Errorf("not an ingest endpoint: %w", failure)
	}
	return res
}

// partialWrite returns the number of points that InfluxDB has dropped of a put whose
// other points it has stored: it answers 500 (or 400) and "partial write: … dropped=N".
func partialWrite(status int, text []byte) (int, bool) {
	_, rest, found := bytes.Cut(text, []byte("partial write: "))
	if status != http.StatusInternalServerError && status != http.StatusBadRequest || !found || isPage(text) {
		return 0, false
	}
	_, number, found := bytes.Cut(rest, []byte(" dropped="))
	if !found {
		return 0, false
	}
	end := 0
	for end < len(number) && number[end] >= '0' && number[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(string(number[:end]))
	return n, err == nil && n > 0
}

// answerError is the error of an answer, with the message that is in its body or, for
// a redirect, where it leads.
func (c *Client) answerError(r *http.Response, text []byte) error {
	message := c.settings.creds.redact.cutLine(message(text))
	switch {
	case r.StatusCode >= 300 && r.StatusCode < 400:
		message = "redirects to " + c.settings.creds.redact.line(location(r))
	case r.StatusCode == http.StatusUnauthorized && r.Request.Header.Get("Authorization") == "":
		message = strings.TrimPrefix(message+"; no token was sent", "; ")
	}
	return c.statusError(r, message)
}

// statusError is the error of an answer, with a message that has no secrets.
func (c *Client) statusError(r *http.Response, message string) error {
	address := c.settings.Connection.endpoint.Host + r.Request.URL.Path
	if r.Request.Response != nil { // a redirect that was followed may have put a secret into the path
		address = c.settings.creds.redact.line(address)
	}
	return c.settings.Errors.Status(r.StatusCode, address, message)
}

// retryAfter reads RFC 9110, section 10.2.3: seconds or a date. What is far off
// is cut to where it is still past any bound and can be added to a time.
func retryAfter(h http.Header) time.Duration {
	const farOff = 100 * 365 * 24 * time.Hour
	v := h.Get("Retry-After")
	seconds, err := strconv.ParseInt(v, 10, 64)
	if err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(max(seconds, 0), int64(farOff/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return min(max(0, time.Until(at)), farOff)
	}
	return 0
}

func location(r *http.Response) string {
	u, err := url.Parse(r.Header.Get("Location"))
	switch {
	case err != nil:
		return "an address that is not a URL"
	case u.String() == "":
		return "nowhere: Location is missing"
	}
	u.User, u.Fragment = nil, ""
	if u.RawQuery != "" {
		u.RawQuery = "…"
	}
	return u.String()
}

// count sorts the points of a batch by a put answer that adds up. A point that the
// server neither vouches for nor names has failed: nothing is accepted by mistake.
func (c *Client) count(ctx context.Context, res *result, a *putAnswer, b *put.Batch) error {
	// OpenTSDB counts a point as stored and names it all the same if its storage fails
	// after the answer has been begun. The name counts.
	n := b.Points()
	res.refused = a.named
	res.accepted = min(int(a.success), n-len(a.named))
	res.unnamed = n - res.accepted - len(a.named)
	if len(a.transient) > 0 {
		left, err := b.Select(ctx, func(i int) bool { return a.transient[i] })
		if err != nil {
			return err
		}
		for i := range a.transient {
			delete(a.named, i)
		}
		reason := c.serverReason(a.transientReason)
		res.left, res.next, res.err = left, retry, c.settings.Errors.Status(res.status, "", reason)
	}
	if res.unnamed > 0 {
		res.refusal = c.settings.Errors.Status(res.status, "", fmt.Sprintf("%s of %d; %d not named", a, n, res.unnamed))
	}
	return nil
}
