// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import "strings"

// WithoutPrefix returns an error without "apptuit: " and "configuration: " at the beginning of its
// text. A caller that puts words before the text uses it, so that the text has one prefix. The error
// wraps err. It is nil if err is nil.
func WithoutPrefix(err error) error {
	if err == nil {
		return nil
	}
	text := strings.TrimPrefix(err.Error(), "apptuit: ")
	return &unprefixed{err, strings.TrimPrefix(text, "configuration: ")}
}

type unprefixed struct {
	error
	text string
}

func (e *unprefixed) Error() string { return e.text }
func (e *unprefixed) Unwrap() error { return e.error }
