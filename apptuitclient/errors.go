// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/apptuitai/apptuit-go/internal/client"
)

var (
	// ErrClosed is the cause of all failures after Close.
	ErrClosed = client.ErrClosed
	// ErrUnauthorized matches a [StatusError] with status 401 or 403: the token is missing,
	// wrong or lacks a permission. It also matches 407: the credentials for a proxy are
	// missing or wrong.
	ErrUnauthorized = client.ErrUnauthorized
)

// SendError is the error of Send and Export. It accounts for all points of the call, of
// which at least one was rejected or dropped.
type SendError struct {
	// StatusCode is the HTTP status of the last answer because of which points failed; with
	// several batches, of the first batch with failures. It is 0 if there was no such
	// answer: the server did not answer, or the points were invalid.
	StatusCode int
	// Successful, Failed and Spooled count points. Each point is counted in one of them,
	// once, regardless of the number of attempts.
	Successful, Failed int
	// Spooled points are on disk, and will be delivered later (see [WithSpool]).
	Spooled int
	// Errors lists up to 1,000 of the points that were refused one by one, with their
	// reasons. Points that failed together with their batch are not listed.
	Errors []PointError

	causes    []error
	retryable bool
}

// PointError describes a point that was refused, by the client or by the server.
type PointError struct {
	// Point is the point as it is on the wire. A point that the client's Send refused is
	// shown as the program passed it.
	Point DataPoint
	// Reason says why the point was refused.
	Reason string
	cause  error
}

// Error returns the series, shortened to one line, the timestamp and the reason.
func (e *PointError) Error() string {
	return fmt.Sprintf("%s at %d: %s", seriesOf(e.Point), e.Point.Timestamp.Unix(), e.Reason)
}

func seriesOf(p DataPoint) string {
	tags := make([]string, 0, len(p.Tags))
	for _, k := range slices.Sorted(maps.Keys(p.Tags)) {
		tags = append(tags, k+"="+p.Tags[k])
	}
	return client.OneLine(p.Metric + "{" + strings.Join(tags, ", ") + "}")
}

// Unwrap returns the *encoding.Error of a point that the client refused, and nil for a
// point that the server refused.
func (e *PointError) Unwrap() error { return e.cause }

// Error returns the counts, the status and up to five different reasons.
func (e *SendError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "apptuit: %d points sent, %d failed", e.Successful, e.Failed)
	if e.Spooled > 0 {
		fmt.Fprintf(&b, " (%d more are spooled)", e.Spooled)
	}
	if e.StatusCode != 0 {
		fmt.Fprintf(&b, " with status %d", e.StatusCode)
	}
	const most = 5
	reasons, left := e.reasons(most)
	sep := ": "
	for _, r := range reasons {
		b.WriteString(sep)
		b.WriteString(r)
		sep = "; "
	}
	if left > 0 {
		fmt.Fprintf(&b, "; and %d more reasons", left)
	}
	return b.String()
}

// reasons returns up to most different reasons in the order of their first occurrence, with
// the number of occurrences, and how many further reasons there are.
func (e *SendError) reasons(most int) (texts []string, left int) {
	count := map[string]int{}
	first := map[string]*PointError{}
	var order []string
	note := func(text string, p *PointError) {
		if count[text]++; count[text] == 1 {
			order = append(order, text)
			first[text] = p
		}
	}
	for _, c := range e.causes {
		note(c.Error(), nil)
	}
	for i := range e.Errors {
		note(e.Errors[i].Reason, &e.Errors[i])
	}
	for i, text := range order {
		if i == most {
			return texts, len(order) - most
		}
		p, n := first[text], count[text]
		switch {
		case p != nil && n == 1:
			text = p.Error()
		case p != nil:
			text = fmt.Sprintf("%s (%d points, the first %s)", text, n, seriesOf(p.Point))
		case n > 1:
			text = fmt.Sprintf("%s (%d batches)", text, n)
		}
		texts = append(texts, text)
	}
	return texts, 0
}

// Unwrap returns the errors because of which batches failed, and the errors of points that
// the client refused.
func (e *SendError) Unwrap() []error {
	causes := slices.Clone(e.causes)
	for i := range e.Errors {
		if e.Errors[i].cause != nil {
			causes = append(causes, e.Errors[i].cause)
		}
	}
	return causes
}

// newSendError returns the public error for a summary.
func newSendError(s *client.Summary) error {
	e := &SendError{
		StatusCode: s.StatusCode, Successful: s.Successful, Failed: s.Failed, Spooled: s.Spooled,
		causes: s.Causes, retryable: s.Retryable,
	}
	for _, p := range s.Points {
		e.Errors = append(e.Errors, PointError{Point: DataPoint(p.Point), Reason: p.Reason, cause: p.Cause})
	}
	return e
}

// StatusError is an answer of the server, or of a proxy, that is not a success.
type StatusError struct {
	// StatusCode is the HTTP status.
	StatusCode int
	// Address is the host and path of the request, or the proxy that answered.
	Address string
	// Message is the server's text on one line, without secrets, shortened to 200 characters;
	// to 4 KiB if the request was a query. For a redirect it contains the target.
	Message string
}

// newStatusError returns the public error for an answer.
func newStatusError(code int, address, message string) error {
	return &StatusError{StatusCode: code, Address: address, Message: message}
}

// Error returns the address, the status and the message.
func (e *StatusError) Error() string {
	text := fmt.Sprintf("server answered %d", e.StatusCode)
	if e.Address != "" {
		text = e.Address + ": " + text
	}
	if t := http.StatusText(e.StatusCode); t != "" {
		text += " " + t
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}

// Is reports whether target is [ErrUnauthorized] and the status is 401, 403 or 407.
func (e *StatusError) Is(target error) bool {
	if target != ErrUnauthorized {
		return false
	}
	switch e.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired:
		return true
	}
	return false
}

// Retryable reports whether at least one of the points that failed may be accepted if they
// are sent again unchanged: the server was unreachable, overloaded or failing, or time ran
// out. It returns false if all of them were refused because of their content, or if the
// configuration must be corrected first (token, endpoint or certificates). After Close it
// returns true, because another client may deliver the points.
//
// If the program sends the points of the call again, points that were accepted are sent
// twice: same series, same timestamp, same value.
func Retryable(err error) bool {
	var send *SendError
	if errors.As(err, &send) {
		return send.retryable
	}
	var status *StatusError
	if errors.As(err, &status) {
		return client.RetryableStatus(status.StatusCode)
	}
	var network net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.As(err, &network)
}
