// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"strings"

	"github.com/apptuitai/apptuit-go/internal/nearest"
)

// suggestion is the end of a fault about an unknown name: the nearest known name,
// or, if none is near, all of them, where they are few.
func suggestion(name string, known []string) string {
	const few = 10
	name, _, _ = strings.Cut(name, ":") // "token:abc" without a space is a key
	if near := nearest.Name(name, known); near != "" {
		return ": did you mean " + near + "?"
	}
	if len(known) <= few {
		return ": there is " + strings.Join(known, ", ")
	}
	return ": the README of this package has all keys"
}
