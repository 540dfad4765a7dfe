// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package when

import "time"

// Duration is a duration as the value of a flag, in the form of [ParseDuration].
type Duration time.Duration

// String returns the duration.
func (d *Duration) String() string { return time.Duration(*d).String() }

// Set parses the duration.
func (d *Duration) Set(text string) error {
	parsed, err := ParseDuration(text)
	*d = Duration(parsed)
	return err
}

// Type names the value in the help.
func (d *Duration) Type() string { return "DURATION" }
