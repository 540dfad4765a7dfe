// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import "strings"

// Optional is a setting that an option or a variable can set, or else has its default.
type Optional[T any] struct {
	Value T
	From  string // the option or variable that has set the value; "" if none has
}

// Set sets the value. from is the name of the option or variable.
func (o *Optional[T]) Set(from string, v T) { o.Value, o.From = v, from }

// Given reports whether an option or variable has set the value.
func (o *Optional[T]) Given() bool { return o.From != "" }

// ByOption reports whether an option has set the value.
func (o *Optional[T]) ByOption() bool { return strings.HasPrefix(o.From, "With") }

// SetDefault sets the value if it was not set before.
func (o *Optional[T]) SetDefault(v T) {
	if !o.Given() {
		o.Value = v
	}
}
