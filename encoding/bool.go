// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package encoding

import "strings"

// ParseBool parses a Boolean environment variable, such as APPTUIT_DISABLE_HOST_TAG.
// It accepts the words of apptuit-py, in upper or lower case: y, yes, t, true, on and
// 1 are true; n, no, f, false, off and 0 are false. For any other string, including
// the empty string and a word with white space around it, ParseBool returns an
// [*Error] that wraps [ErrNotBoolean].
func ParseBool(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "y", "yes", "t", "true", "on", "1":
		return true, nil
	case "n", "no", "f", "false", "off", "0":
		return false, nil
	}
	return false, &Error{Field: FieldBoolean, Value: s, Rule: ErrNotBoolean}
}
