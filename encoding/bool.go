// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package encoding

import "strings"

// ParseBool parses a truth value of the environment, for example of
// APPTUIT_DISABLE_HOST_TAG: y, yes, t, true, on and 1 are true, n, no, f, false,
// off and 0 are false, in upper or lower case. These are the words of apptuit-py.
// Any other text, also the empty one or one with space around it, is an [*Error]
// that wraps [ErrNotBoolean].
func ParseBool(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "y", "yes", "t", "true", "on", "1":
		return true, nil
	case "n", "no", "f", "false", "off", "0":
		return false, nil
	}
	return false, &Error{Field: FieldBoolean, Value: s, Rule: ErrNotBoolean}
}
