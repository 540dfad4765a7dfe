// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

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
func (c *Client) judge(ctx context.Context, r *http.Response, b *put.Batch) outcome {
	text, err := io.ReadAll(io.LimitReader(r.Body, maxText))
	if mayNamePoints(r.StatusCode) {
		if err == nil && startsObject(text) {
			out, ok, readErr := c.judgePutAnswer(ctx, r, text, b)
			if ok {
				return out
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
func (c *Client) judgePutAnswer(ctx context.Context, r *http.Response, start []byte, b *put.Batch) (outcome, bool, error) {
	body := &countingReader{r: io.MultiReader(bytes.NewReader(start), r.Body), left: maxPutAnswer(b)}
	answer, err := readPutAnswer(ctx, body, b)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return outcome{}, false, ctx.Err()
	case body.err != nil:
		return outcome{}, false, body.err
	default:
		return outcome{}, false, nil
	}
	out := outcome{status: r.StatusCode}
	if !answer.addsUp(b.Points()) {
		err := c.statusError(r, nil)
		err.Message = fmt.Sprintf("%s, which are not the %d points that were sent", answer, b.Points())
		out.left, out.next, out.err = b, openCircuit, err
		return out, true, nil
	}
	if err := c.count(ctx, &out, answer, b); err != nil {
		return outcome{}, false, err
	}
	return out, true, nil
}

// judgeText judges an answer that is not a put answer.
func (c *Client) judgeText(r *http.Response, text []byte, b *put.Batch) outcome {
	out := outcome{status: r.StatusCode}
	blank := len(text) < maxText && len(bytes.TrimSpace(text)) == 0
	if r.StatusCode == http.StatusNoContent || r.StatusCode/100 == 2 && blank {
		out.accepted = b.Points()
		return out
	}
	failure := c.statusError(r, text)
	if n, ok := partialWrite(r.StatusCode, text); ok && n <= b.Points() {
		out.accepted, out.unnamed, out.refusal = b.Points()-n, n, failure
		return out
	}
	out.left, out.next, out.err = b, decideText(r.StatusCode, text), failure
	switch out.next {
	case retry:
		out.after = retryAfter(r.Header)
		out.cutOff = r.StatusCode == http.StatusBadGateway && out.after == 0
	case reject:
		out.left, out.unnamed, out.refusal, out.err = nil, b.Points(), failure, nil
	case openCircuit:
		switch {
		case r.StatusCode >= 300 && r.StatusCode < 400:
			failure.Message = "redirects to " + c.creds.redact.line(location(r))
		case r.StatusCode < 300:
			out.err = fmt.Errorf("not an ingest endpoint: %w", failure)
		}
	}
	return out
}

// partialWrite returns the number of points that InfluxDB has dropped of a put whose
// other points it has stored: it answers 500 (or 400) and "partial write: … dropped=N".
func partialWrite(status int, text []byte) (int, bool) {
	_, rest, found := bytes.Cut(text, []byte("partial write: "))
	if status < 400 || !found {
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

// statusError is the error of an answer.
func (c *Client) statusError(r *http.Response, text []byte) *StatusError {
	e := &StatusError{StatusCode: r.StatusCode, Address: c.cfg.endpoint.Host + r.Request.URL.Path}
	if r.Request.Response != nil { // a redirect that was followed may have put a secret into the path
		e.Address = c.creds.redact.line(e.Address)
	}
	e.Message = c.creds.redact.cutLine(message(text))
	if r.StatusCode == http.StatusUnauthorized && r.Request.Header.Get("Authorization") == "" {
		e.Message = strings.TrimPrefix(e.Message+"; no token was sent", "; ")
	}
	return e
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
func (c *Client) count(ctx context.Context, out *outcome, a *putAnswer, b *put.Batch) error {
	// OpenTSDB counts a point as stored and names it all the same if its storage fails
	// after the answer has been begun. The name counts.
	n := b.Points()
	out.refused = a.named
	out.accepted = min(int(a.success), n-len(a.named))
	out.unnamed = n - out.accepted - len(a.named)
	if len(a.transient) > 0 {
		left, err := b.Select(ctx, func(i int) bool { return a.transient[i] })
		if err != nil {
			return err
		}
		for i := range a.transient {
			delete(a.named, i)
		}
		out.left, out.err = left, &StatusError{StatusCode: out.status, Message: c.creds.redact.line(a.transientReason)}
	}
	if out.unnamed > 0 {
		out.refusal = &StatusError{StatusCode: out.status, Message: fmt.Sprintf("%s of %d; %d not named", a, n, out.unnamed)}
	}
	return nil
}
