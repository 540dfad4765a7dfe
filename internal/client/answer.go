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

	"github.com/apptuitai/apptuit-go/internal/amount"
	"github.com/apptuitai/apptuit-go/internal/put"
)

const (
	// maxText bounds how much of an answer is read, in bytes, unless it is a put answer,
	// which names points.
	maxText = 64 << 10
	// maxDrain bounds how many further bytes are read and discarded so that the connection
	// can be reused.
	maxDrain = 256 << 10
)

// judge reads an answer to a put and returns its effect on the points of the batch.
func (c *Client) judge(ctx context.Context, r *http.Response, b *put.Batch) result {
	if r.StatusCode == http.StatusSwitchingProtocols { // its body is the connection, which has no end
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
	} // other answers are judged by their status: a server that refuses a request may close the connection before its text is complete
	_, _ = io.CopyN(io.Discard, r.Body, maxDrain)
	return c.judgeText(r, text, b)
}

// mayNamePoints reports whether an answer with the given status can be a put answer, and so
// be as large as the request.
func mayNamePoints(status int) bool {
	return status/100 == 2 || status == http.StatusBadRequest || status == http.StatusUnprocessableEntity
}

func startsObject(text []byte) bool {
	text = bytes.TrimLeft(text, " \t\r\n")
	return len(text) > 0 && text[0] == '{'
}

// judgePutAnswer judges a JSON object that may be a put answer. It returns false if the
// object is something else, with an error if it could not be read to its end.
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
	if problem := c.putAnswerError(r, answer, err, b.Points()); problem != nil {
		res.undecided, res.action, res.err = b, actionOpenCircuit, problem
		return res, true, nil //nolint:nilerr // the error is in the result
	}
	if err := c.applyPutAnswer(ctx, &res, answer, b); err != nil {
		return result{}, false, err
	}
	return res, true, nil
}

// putAnswerError returns an error if a put answer cannot be read, or if its counts do not
// add up to the n points that were sent.
func (c *Client) putAnswerError(r *http.Response, a *putAnswer, err error, n int) error {
	switch {
	case err != nil:
		return fmt.Errorf("not an ingest endpoint: %w", c.statusError(r, "unreadable put answer: "+err.Error()))
	case !a.addsUp(n):
		return c.statusError(r, fmt.Sprintf("%s, but %s sent", a, amount.Were(n, "point")))
	}
	return nil
}

// judgeText judges an answer that is not a put answer.
func (c *Client) judgeText(r *http.Response, text []byte, b *put.Batch) result {
	blank := len(text) < maxText && len(bytes.TrimSpace(text)) == 0
	if r.StatusCode == http.StatusNoContent || r.StatusCode/100 == 2 && blank {
		return result{status: r.StatusCode, action: actionAccept, accepted: b.Points()}
	}
	failure := c.answerError(r, text, c.settings.creds.redact.cutLine)
	res := result{status: r.StatusCode, action: c.settings.profile.actionOfText(r.StatusCode, text), undecided: b, err: failure}
	if n, ok := partialWrite(r.StatusCode, text); ok && c.settings.profile.PartialWrites {
		if n <= b.Points() {
			return result{status: r.StatusCode, action: actionAccept, accepted: b.Points() - n, unnamed: n, refusal: failure}
		}
		res.action = actionOf(r.StatusCode) // more points than were sent: it is about another request
	}
	switch {
	case res.action == actionRetry:
		res.retryAfter = requestedDelay(r)
		res.cutOff = r.StatusCode == http.StatusBadGateway && res.retryAfter == 0
	case res.action == actionReject:
		res.undecided, res.unnamed, res.refusal, res.err = nil, b.Points(), failure, nil
	case res.action == actionOpenCircuit && r.StatusCode < 300:
		res.err = fmt.Errorf("not an ingest endpoint: %w", failure)
	}
	return res
}

// partialWrite returns the number of points that InfluxDB 1.6 has dropped from a put whose
// other points it has stored. It answers such a put with 500 (or 400) and the text "partial
// write: … dropped=N".
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

// answerError returns the error for an answer, with the message from its body or, for a
// redirect, its target. clean removes secrets from the message and shortens it to a line. Its
// arguments are the results of [message].
func (c *Client) answerError(r *http.Response, text []byte, clean func(text string, cut bool) string) error {
	message := clean(message(text))
	switch {
	case r.StatusCode >= 300 && r.StatusCode < 400:
		message = "redirects to " + c.settings.creds.redact.line(location(r))
	case r.StatusCode == http.StatusUnauthorized && r.Request.Header.Get("Authorization") == "":
		message = strings.TrimPrefix(message+"; no token was sent", "; ")
	}
	return c.statusError(r, message)
}

// statusError returns the error for an answer. The message must not contain secrets.
func (c *Client) statusError(r *http.Response, message string) error {
	address := c.settings.Connection.endpoint.Host + r.Request.URL.Path
	if r.Request.Response != nil { // the path comes from the server, which may quote a secret
		address = c.settings.creds.redact.line(address)
	}
	return c.settings.Errors.Status(r.StatusCode, address, message)
}

// requestedDelay returns the delay that an answer requests before the next attempt by
// Retry-After (RFC 9110, section 10.2.3), in seconds or as a date. It returns 0 without a valid
// Retry-After: the client then uses its back-off. Delays over a hundred years are cut, so that
// they can be added to a time.
func requestedDelay(r *http.Response) time.Duration {
	const farOff = 100 * 365 * 24 * time.Hour
	v := r.Header.Get("Retry-After")
	seconds, err := strconv.ParseInt(v, 10, 64)
	if err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(max(seconds, 0), int64(farOff/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return min(max(0, time.Until(at)), farOff)
	}
	return 0
}

// location returns the target of a redirect for an error message, without user information,
// query and fragment.
func location(r *http.Response) string {
	u, err := url.Parse(r.Header.Get("Location"))
	switch {
	case err != nil:
		return "an address that is not a URL"
	case u.String() == "":
		return "an unknown address: the Location header is missing"
	}
	u.User, u.Fragment = nil, ""
	if u.RawQuery != "" {
		u.RawQuery = "…"
	}
	return u.String()
}

// applyPutAnswer sets the effect of a put answer whose counts add up. A point that the server
// neither counts as stored nor names counts as refused, so that no point counts as accepted by
// mistake.
func (c *Client) applyPutAnswer(ctx context.Context, res *result, a *putAnswer, b *put.Batch) error {
	// If storing a point fails after OpenTSDB has begun the answer, the point is counted as
	// stored and named as failed. The name is right.
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
		res.undecided, res.action, res.err = left, actionRetry, c.settings.Errors.Status(res.status, "", reason)
	}
	if res.unnamed > 0 {
		res.refusal = c.settings.Errors.Status(res.status, "", fmt.Sprintf("%s of %s (%d not named by the server)", a, amount.Of(n, "point"), res.unnamed))
	}
	return nil
}
