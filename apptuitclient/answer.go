// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/internal/wire"
)

// maxBlank is how much white space, in bytes, counts as an empty body: of a longer
// text the end has not been read.
const maxBlank = 64 << 10

// judge says what an answer means for the points of a batch.
func (c *Client) judge(r *http.Response, text []byte, b *wire.Batch) outcome {
	out := outcome{status: r.StatusCode}
	if readsBody(r.StatusCode) {
		if answer, ok := parsePutAnswer(text); ok {
			c.count(&out, answer, b)
			return out
		}
	}
	failure := c.statusError(r, text)
	leave := func(next verdict) { out.left, out.next, out.err = b, next, failure }
	refuse := func(err error) { out.unnamed, out.refusal = b.Points(), err }
	switch {
	case r.StatusCode == http.StatusOK || r.StatusCode == http.StatusNoContent:
		if len(text) <= maxBlank && len(bytes.TrimSpace(text)) == 0 {
			out.accepted = b.Points()
			break
		}
		refuse(fmt.Errorf("not an ingest endpoint: %w", failure))
	case r.StatusCode == http.StatusRequestEntityTooLarge,
		r.StatusCode == http.StatusBadRequest && bytes.Contains(text, []byte("Chunked request not supported")):
		leave(smaller)
	case retryStatus(r.StatusCode):
		leave(again)
		out.after = retryAfter(r.Header)
	case r.StatusCode == http.StatusUnauthorized:
		leave(newToken)
	case r.StatusCode == http.StatusForbidden:
		leave(denied)
	case r.StatusCode >= 300 && r.StatusCode < 400:
		failure.Message = c.creds.redact.line("redirects to " + location(r))
		refuse(failure)
	default:
		refuse(failure)
	}
	return out
}

// statusError is the error of an answer.
func (c *Client) statusError(r *http.Response, text []byte) *StatusError {
	// A redirect that was followed may have put a secret into the path.
	e := &StatusError{StatusCode: r.StatusCode, Address: c.creds.redact.line(c.cfg.endpoint.Host + r.Request.URL.Path)}
	// Secrets go before the text is cut: the cut could leave a part of one.
	e.Message = oneLine(message([]byte(c.creds.redact.text(string(text[:min(len(text), 64<<10)])))))
	if r.StatusCode == http.StatusUnauthorized && r.Request.Header.Get("Authorization") == "" {
		e.Message = strings.TrimPrefix(e.Message+"; no token was sent", "; ")
	}
	return e
}

// retryStatus reports whether an answer may be another one later.
func retryStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
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
		return "what is not a URL"
	case u.String() == "":
		return "nowhere: Location is missing"
	}
	u.User, u.Fragment = nil, ""
	if u.RawQuery != "" {
		u.RawQuery = "…"
	}
	return u.String()
}

// message returns what a body says: all of it, unless it is an error as OpenTSDB
// or Prometheus have it, or a page.
func message(text []byte) string {
	var answer struct {
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(text, &answer) == nil && answer.Error != nil {
		var openTSDB struct {
			Message string `json:"message"`
		}
		var prometheus string
		switch {
		case json.Unmarshal(answer.Error, &openTSDB) == nil && openTSDB.Message != "":
			return openTSDB.Message
		case json.Unmarshal(answer.Error, &prometheus) == nil && prometheus != "":
			return prometheus
		}
	}
	if page := bytes.TrimSpace(text); len(page) > 0 && page[0] == '<' {
		return withoutTags(page)
	}
	return string(text)
}

// withoutTags returns the text of the beginning of a page.
func withoutTags(page []byte) string {
	var text strings.Builder
	inside := false
	for _, c := range page[:min(len(page), 8<<10)] {
		switch {
		case c == '<':
			inside = true
			text.WriteByte(' ')
		case c == '>':
			inside = false
		case !inside:
			text.WriteByte(c)
		}
	}
	return text.String()
}

// putAnswer is OpenTSDB's answer to a put with details.
type putAnswer struct {
	Success  *int            `json:"success"`
	Failed   *int            `json:"failed"`
	Timeouts int             `json:"timeouts"`
	Errors   json.RawMessage `json:"errors"`
}

// pointAnswer is what it says of one point. A datapoint may be null.
type pointAnswer struct {
	Datapoint json.RawMessage `json:"datapoint"`
	Error     string          `json:"error"`
}

func parsePutAnswer(text []byte) (*putAnswer, bool) {
	var a putAnswer
	if json.Unmarshal(text, &a) != nil || a.Success == nil || a.Failed == nil {
		return nil, false
	}
	return &a, true
}

// count sorts the points of a batch by an answer with details. What the server
// does not vouch for has failed: nothing is accepted by mistake.
func (c *Client) count(out *outcome, a *putAnswer, b *wire.Batch) {
	n := b.Points()
	out.accepted = min(max(*a.Success, 0), n)
	if out.accepted == n && *a.Failed <= 0 && a.Timeouts <= 0 {
		return
	}
	var errs []pointAnswer
	_ = json.Unmarshal(a.Errors, &errs) // without it the points have no names
	named, err := matchEchoes(b, errs)
	// A server that counts a named point as stored, too, is not believed.
	out.accepted = min(out.accepted, n-len(named), max(0, n-*a.Failed-max(a.Timeouts, 0)))
	out.unnamed = n - out.accepted - len(named)
	out.refused = named
	var passing map[int]bool
	for i, reason := range named {
		if transient(reason) {
			if passing == nil {
				passing = map[int]bool{}
			}
			passing[i] = true
		}
		named[i] = c.creds.redact.line(reason)
	}
	if passing != nil {
		out.err = &StatusError{StatusCode: out.status, Message: oneOf(named, passing)}
		var selectErr error
		if out.left, selectErr = b.Select(func(i int) bool { return passing[i] }); selectErr == nil {
			for i := range passing {
				delete(named, i)
			}
		}
	}
	if out.unnamed > 0 {
		out.refusal = &StatusError{
			StatusCode: out.status,
			Message:    fmt.Sprintf("%d stored, %d failed, %d timed out of %d; %d not named", *a.Success, *a.Failed, a.Timeouts, n, out.unnamed),
		}
		if err != nil {
			out.refusal = fmt.Errorf("%w: %w", out.refusal, err)
		}
	}
}

func oneOf(reasons map[int]string, indexes map[int]bool) string {
	first := -1
	for i := range indexes {
		if first < 0 || i < first {
			first = i
		}
	}
	return reasons[first]
}

// transient reports whether OpenTSDB means an error of a single point as one
// that may pass.
func transient(reason string) bool {
	for _, text := range []string{"Please throttle", "Timeout exception", "Write timedout", "Storage exception"} {
		if strings.Contains(reason, text) {
			return true
		}
	}
	return false
}

// matchEchoes finds the points that the server names: by series, timestamp and
// value, which is compared as a number. The order is no contract.
func matchEchoes(b *wire.Batch, errs []pointAnswer) (map[int]string, error) {
	type echo struct {
		value  wire.Value
		reason string
		used   bool
	}
	echoes := make(map[string][]*echo, len(errs))
	for _, e := range errs {
		p, err := wire.DecodePoint(e.Datapoint)
		if err != nil {
			continue // names nothing
		}
		key := string(p.AppendKey(nil))
		echoes[key] = append(echoes[key], &echo{value: p.Value, reason: e.Error})
	}
	named := make(map[int]string, len(echoes))
	if len(echoes) == 0 {
		return named, nil
	}
	err := b.Lines(func(i int, line []byte) bool {
		key, value, ok := wire.SplitLine(line)
		if !ok {
			return true
		}
		for _, e := range echoes[string(key)] {
			if !e.used && e.value.Same(value) {
				e.used = true
				named[i] = e.reason
				break
			}
		}
		return true
	})
	return named, err
}
