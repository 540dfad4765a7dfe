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
	// ErrUnauthorized is matched by the errors of 401, 403 and 407.
	ErrUnauthorized = errors.New("apptuit: not authorized")
	// ErrAnswerTooLarge is the error of an answer to Read that is larger than allowed.
	ErrAnswerTooLarge = errors.New("the answer is larger than allowed")
)

// ErrorTypes makes errors of the types that a program sees. They are declared in the
// public package, which this package cannot import.
type ErrorTypes struct {
	// Status is an answer of the server that is not success.
	Status func(code int, address, message string) error
	// Send is the error of points that were not accepted.
	Send func(*Summary) error
}

// maxPointErrors bounds the points that one Summary lists; all are counted.
const maxPointErrors = 1000

// Summary says what became of points of which not all were accepted.
type Summary struct {
	// StatusCode is the status of the last answer that cost points, or 0.
	StatusCode int
	// Successful, Failed and Spooled count points: each is in one of them.
	Successful, Failed, Spooled int
	// Points failed for a reason of their own.
	Points []PointError
	// Causes ended the delivery of batches.
	Causes []error
	// Retryable says that a point may be accepted when it is sent again as it is.
	Retryable bool
}

// add makes the failures of a batch part of s.
func (s *Summary) add(batch *Summary) {
	if s.StatusCode == 0 {
		s.StatusCode = batch.StatusCode
	}
	s.Retryable = s.Retryable || batch.Retryable
	room := maxPointErrors - len(s.Points)
	s.Points = append(s.Points, batch.Points[:min(room, len(batch.Points))]...)
	s.Causes = append(s.Causes, batch.Causes...)
}

// empty reports whether a summary names neither a point nor a cause.
func (s *Summary) empty() bool { return s == nil || len(s.Causes)+len(s.Points) == 0 }

// Point is a point as a program gives it, or as it is on the wire.
type Point struct {
	Metric    string
	Tags      map[string]string
	Timestamp time.Time
	Value     float64
}

// PointError is a point that was refused, here or by the server.
type PointError struct {
	Point  Point
	Reason string
	Cause  error // of a point that was refused here
}
