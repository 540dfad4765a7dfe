// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"errors"
	"time"
)

var (
	// ErrClosed is the cause of every failure after Close.
	ErrClosed = errors.New("apptuit: client is closed")
	// ErrUnauthorized is matched by the errors of answers with status 401, 403 and 407.
	ErrUnauthorized = errors.New("apptuit: not authorized")
	// ErrAnswerTooLarge is the error of Read for an answer larger than Question.MaxBytes.
	ErrAnswerTooLarge = errors.New("the answer is larger than allowed")
)

// ErrorTypes creates errors of the public types, which are declared in package
// apptuitclient. This package cannot import it.
type ErrorTypes struct {
	// Status returns the error of an answer that is not a success.
	Status func(code int, address, message string) error
	// Send returns the error of points that were not accepted.
	Send func(*Summary) error
}

// maxPointErrors bounds the points that one Summary lists. All failed points are counted.
const maxPointErrors = 1000

// Summary describes a delivery in which at least one point was not accepted.
type Summary struct {
	// StatusCode is the HTTP status of the last answer that made points fail, or 0.
	StatusCode int
	// Successful, Failed and Spooled count points. Each point is in one of them.
	Successful, Failed, Spooled int
	// Points lists points that were refused one by one, up to maxPointErrors.
	Points []PointError
	// Causes are the errors of batches that failed as a whole.
	Causes []error
	// Retryable says that at least one failed point may be accepted when it is sent again
	// unchanged.
	Retryable bool
}

// add adds the failures of a batch to s.
func (s *Summary) add(batch *Summary) {
	if s.StatusCode == 0 {
		s.StatusCode = batch.StatusCode
	}
	s.Retryable = s.Retryable || batch.Retryable
	room := maxPointErrors - len(s.Points)
	s.Points = append(s.Points, batch.Points[:min(room, len(batch.Points))]...)
	s.Causes = append(s.Causes, batch.Causes...)
}

// empty reports whether a summary lists no point and no cause.
func (s *Summary) empty() bool { return s == nil || len(s.Causes)+len(s.Points) == 0 }

// Point is a data point as the program passed it to Send, or as it is on the wire.
type Point struct {
	Metric    string
	Tags      map[string]string
	Timestamp time.Time
	Value     float64
}

// PointError is a point that was refused, by this package or by the server.
type PointError struct {
	Point  Point
	Source uint32 // of the point, as given to [Sending.Add] or [Writer.Lines]
	Reason string
	Cause  error // of a refusal by this package; nil if the server refused the point
}
