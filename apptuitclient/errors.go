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

	"github.com/apptuitai/apptuit-go/internal/amount"
	"github.com/apptuitai/apptuit-go/internal/client"
)

var (
	// ErrClosed means that the client is closed.
	ErrClosed = client.ErrClosed
	// ErrUnauthorized matches a [StatusError] with status 401 or 403, which mean that the
	// token is missing, wrong or lacks a permission, or 407, which means that the
	// credentials for a proxy are missing or wrong.
	ErrUnauthorized = client.ErrUnauthorized
)

// SendError is the error of Send, SendTimeSeries and Export. It accounts for all points of
// the call. At least one of them was rejected or dropped.
type SendError struct {
	// StatusCode is the HTTP status of the answer that made points fail. If several batches
	// failed, it is that of the first; if a batch was attempted several times, that of its
	// last answer. It is 0 if the server did not answer, or if the points were invalid.
	StatusCode int
	// Successful and Failed are the numbers of points that were accepted, and that were
	// rejected or dropped. Each point counts once, in Successful, Failed or Spooled,
	// regardless of the number of attempts.
	Successful, Failed int
	// Spooled is the number of points that are on disk and will be delivered later (see
	// [WithSpool]).
	Spooled int
	// Errors lists up to 1,000 of the points that were rejected individually, with their
	// reasons. Points that failed together with their batch are not listed.
	Errors []PointError

	causes    []error
	retryable bool
}

// PointError describes a point that was rejected by the client or the server.
type PointError struct {
	// Point is the point as it was sent, with sanitized names and global tags. If Send
	// itself rejected the point, it is the point that the program passed to Send.
	Point DataPoint
	// Reason is the reason of the rejection.
	Reason string
	cause  error
}

// Error returns the series, shortened to one line, the timestamp and the reason.
func (e *PointError) Error() string {
	return fmt.Sprintf("%s at %d: %s", seriesOf(e.Point), e.Point.Timestamp.Unix(), e.Reason)
}

// seriesOf returns the metric and tags of a point, shortened to one line.
func seriesOf(p DataPoint) string {
	tags := make([]string, 0, len(p.Tags))
	for _, k := range slices.Sorted(maps.Keys(p.Tags)) {
		tags = append(tags, k+"="+p.Tags[k])
	}
	return client.OneLine(p.Metric + "{" + strings.Join(tags, ", ") + "}")
}

// Unwrap returns the *encoding.Error if the client rejected the point, and nil if the server
// rejected it.
func (e *PointError) Unwrap() error { return e.cause }

// Error returns the counts, the status and up to five different reasons.
func (e *SendError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "apptuit: %s sent, %d failed", amount.Of(e.Successful, "point"), e.Failed)
	if e.Spooled > 0 {
		verb := "are"
		if e.Spooled == 1 {
			verb = "is"
		}
		fmt.Fprintf(&b, " (%d more %s spooled)", e.Spooled, verb)
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
		fmt.Fprintf(&b, "; and %s", amount.Of(left, "more reason"))
	}
	return b.String()
}

// reasons returns up to most different reasons, in the order of their first occurrence and
// with the number of occurrences, and the number of further reasons.
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
		note(client.WithoutPrefix(c).Error(), nil)
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

// Unwrap returns the errors that made batches fail, and the errors of points that the client
// rejected.
func (e *SendError) Unwrap() []error {
	causes := slices.Clone(e.causes)
	for i := range e.Errors {
		if e.Errors[i].cause != nil {
			causes = append(causes, e.Errors[i].cause)
		}
	}
	return causes
}

// newSendError returns the SendError for a summary of the internal client.
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

// StatusError is the error for an HTTP answer of the server, or of a proxy, that does not
// report success.
type StatusError struct {
	// StatusCode is the HTTP status.
	StatusCode int
	// Address is the host and path of the request, or the proxy that answered.
	Address string
	// Message is the text of the answer on one line, without secrets. It is shortened to 200
	// characters, or to 4 KiB if the request was a query. For a redirect it contains the
	// target.
	Message string
}

// newStatusError returns a StatusError as an error, for the internal client.
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

// Retryable reports whether it is worth sending the failed points again unchanged, because
// the server may accept at least one of them: the server was unreachable, overloaded or
// failing, or the time ran out. It returns false if all of them were rejected because of
// their content, or if the configuration must be corrected first (the token, the endpoint or
// certificates). For a failure because of Close it returns true, because another client may
// deliver the points.
//
// If the program repeats the whole call, points that were accepted are sent twice, with the
// same series, timestamp and value.
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
