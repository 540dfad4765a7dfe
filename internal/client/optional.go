// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

// Optional is a setting whose zero value is a valid value.
type Optional[T any] struct {
	Value T
	Given bool
}

// Set sets the value.
func (o *Optional[T]) Set(v T) { o.Value, o.Given = v, true }

// setDefault sets the value if it was not set before.
func (o *Optional[T]) setDefault(v T) {
	if !o.Given {
		o.Value = v
	}
}
