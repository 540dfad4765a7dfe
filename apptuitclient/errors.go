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
	// ErrClosed is the cause of every failure after Close.
	ErrClosed = client.ErrClosed
	// ErrUnauthorized matches a [StatusError] of 401 or 403: the token is missing,
	// wrong or not allowed to do this. It also matches 407: the credentials of a proxy
	// are missing or wrong.
	ErrUnauthorized = client.ErrUnauthorized
)

// SendError says what became of the points of a Send or an Export of which not
// all were accepted.
type SendError struct {
	// StatusCode is the status of the last answer that cost points (of the first
	// batch of which points failed, if there are several), or 0 if there was
	// none: no answer came, or the points were invalid before they were sent.
	StatusCode int
	// Successful and Failed count points. Every point is in one of them, or in
	// Spooled, once, however often it was tried.
	Successful, Failed int
	// Spooled points are kept on disk and delivered later (WithSpool).
	Spooled int
	// Errors lists points that failed for a reason of their own, at most 1,000.
	// Points that failed with the rest of their batch are not listed.
	Errors []PointError

	causes    []error
	retryable bool
}

// PointError is a point that was refused, here or by the server, and why.
// Send shows a point that was refused here as it was given, everything else is
// shown as it is on the wire.
type PointError struct {
	Point  DataPoint
	Reason string
	cause  error
}

// Error names the point, shortened if need be, and the reason.
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

// Unwrap returns the *encoding.Error of a point that was refused here, nil for
// one that the server refused.
func (e *PointError) Unwrap() error { return e.cause }

// Error gives the counts, the status and a few of the reasons, each once.
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

// reasons returns up to most different reasons, with how often each occurs,
// in the order of their first occurrence, and how many there are beyond.
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

// Unwrap returns what ended the delivery of batches, and the reasons of points
// that were refused here.
func (e *SendError) Unwrap() []error {
	causes := slices.Clone(e.causes)
	for i := range e.Errors {
		if e.Errors[i].cause != nil {
			causes = append(causes, e.Errors[i].cause)
		}
	}
	return causes
}

// newSendError makes the error of points that were not accepted.
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

// StatusError is an answer of the server that is not success.
type StatusError struct {
	StatusCode int
	// Address is who answered: host and path.
	Address string
	// Message is what the server says, shortened and without secrets; for a
	// redirect, where it leads.
	Message string
}

// newStatusError makes the error of an answer.
func newStatusError(code int, address, message string) error {
	return &StatusError{StatusCode: code, Address: address, Message: message}
}

// Error gives the status and the message.
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

// Is makes 401, 403 and 407 match [ErrUnauthorized].
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

// Retryable reports whether at least one of the points that failed may be
// accepted when it is sent again as it is: the server was unreachable, busy or
// out of order, or time ran out. It is false for points that were refused for
// what they are, and for a configuration that has to be mended first (token,
// endpoint, certificates). After Close it is true: another client may deliver the
// points. Points that were accepted are sent twice then: same series, same
// timestamp, same value.
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
