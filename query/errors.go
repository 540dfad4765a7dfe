// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"strings"

	"github.com/apptuitai/apptuit-go/internal/client"
)

// ErrAnswerTooLarge means that an answer exceeds the limit of [WithMaxResponseBytes].
var ErrAnswerTooLarge = client.ErrAnswerTooLarge

// DecodeError is the error for a malformed or interrupted answer.
type DecodeError struct {
	// Offset is the position of the error in the answer, in bytes from 0.
	Offset int64
	// Err is the error. It wraps io.ErrUnexpectedEOF if the answer was interrupted.
	Err error
}

// Error returns the position and the error.
func (e *DecodeError) Error() string { return fmt.Sprintf("answer at byte %d: %v", e.Offset, e.Err) }

// Unwrap returns Err.
func (e *DecodeError) Unwrap() error { return e.Err }

// PrometheusError is an error that a server reports in an answer with the status 200. If the
// answer has another status, the error is an *apptuitclient.StatusError.
type PrometheusError struct {
	// Type and Message are texts of the server, on one line and without secrets. They are
	// shortened to 100 and 3,900 bytes.
	Type, Message string
}

// Error returns the type and the message.
func (e *PrometheusError) Error() string {
	return strings.TrimSuffix(strings.TrimPrefix(e.Type+": "+e.Message, ": "), ": ")
}

// maxType and maxMessage are the limits of the texts of a PrometheusError, in bytes.
const maxType, maxMessage = 100, 3900

// cut shortens a text to at most most bytes.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
