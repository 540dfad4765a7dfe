// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package encoding

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SanitizeMode selects how metric names and tag keys are made valid. The zero value is
// [SanitizePrometheus], the default of apptuit-py.
type SanitizeMode uint8

const (
	// SanitizePrometheus inserts "_" before a leading digit, replaces every character
	// except ASCII letters, ASCII digits and "_" with "_", and shortens each run of
	// "_" to a single "_".
	SanitizePrometheus SanitizeMode = iota
	// SanitizeApptuit replaces every character except Unicode letters, ASCII digits
	// and - _ . / with "_", and shortens each run of "_" to a single "_".
	SanitizeApptuit
	// SanitizeNone returns names unchanged.
	SanitizeNone
)

// ParseSanitizeMode returns the mode with the name s: prometheus, apptuit or none, in
// upper or lower case. For any other string, including the empty string and a name with
// white space around it, it returns an [*Error] that wraps [ErrUnknownMode].
func ParseSanitizeMode(s string) (SanitizeMode, error) {
	switch strings.ToLower(s) {
	case "prometheus":
		return SanitizePrometheus, nil
	case "apptuit":
		return SanitizeApptuit, nil
	case "none":
		return SanitizeNone, nil
	}
	return 0, &Error{Field: FieldSanitizeMode, Value: s, Rule: ErrUnknownMode}
}

// String returns the name of the mode: prometheus, apptuit or none.
func (m SanitizeMode) String() string {
	switch m {
	case SanitizePrometheus:
		return "prometheus"
	case SanitizeApptuit:
		return "apptuit"
	case SanitizeNone:
		return "none"
	}
	return "SanitizeMode(" + strconv.Itoa(int(m)) + ")"
}

// MarshalText returns the name of the mode. If m is not one of the three modes, it
// returns an [*Error] that wraps [ErrUnknownMode].
func (m SanitizeMode) MarshalText() ([]byte, error) {
	if m > SanitizeNone {
		return nil, &Error{Field: FieldSanitizeMode, Value: m.String(), Rule: ErrUnknownMode}
	}
	return []byte(m.String()), nil
}

// UnmarshalText sets m to the mode with the given name, as [ParseSanitizeMode] does. If
// it returns an error, m does not change.
func (m *SanitizeMode) UnmarshalText(text []byte) error {
	mode, err := ParseSanitizeMode(string(text))
	if err != nil {
		return err
	}
	*m = mode
	return nil
}

// Sanitize returns the name in the form that the mode prescribes. The result is a valid
// name, except that the empty string remains empty and that [SanitizeNone] returns every
// name unchanged. Bytes that are not valid UTF-8 are invalid characters. Sanitizing the
// result again does not change it. If name needs no change, Sanitize returns name itself
// and does not allocate. A mode that is not one of the three acts as [SanitizePrometheus].
func (m SanitizeMode) Sanitize(name string) string {
	switch m {
	case SanitizeNone:
		return name
	case SanitizeApptuit:
		return sanitizeApptuit(name)
	default:
		return sanitizePrometheus(name)
	}
}

// ValidName reports whether s is a valid metric name or tag key: a non-empty string
// of Unicode letters, ASCII digits and the characters - _ . / in valid UTF-8.
func ValidName(s string) bool {
	for _, r := range s {
		if !validRune(r) {
			return false
		}
	}
	return s != ""
}

// sanitizePrometheus works on bytes. The bytes of a character outside ASCII become a run
// of "_", which is then shortened to a single "_".
func sanitizePrometheus(s string) string {
	i := 0
	for i < len(s) && isWord(s[i]) {
		if i == 0 && isDigit(s[0]) || i > 0 && s[i] == '_' && s[i-1] == '_' {
			break
		}
		i++
	}
	if i == len(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 1)
	b.WriteString(s[:i])
	underscore := i > 0 && s[i-1] == '_'
	if i == 0 && isDigit(s[0]) {
		b.WriteByte('_')
	}
	for ; i < len(s); i++ {
		c := s[i]
		if !isWord(c) {
			c = '_'
		}
		if c == '_' && underscore {
			continue
		}
		underscore = c == '_'
		b.WriteByte(c)
	}
	return b.String()
}

func sanitizeApptuit(s string) string {
	clean := len(s)
	underscore := false
	for i, r := range s {
		if !validRune(r) || r == '_' && underscore {
			clean = i
			break
		}
		underscore = r == '_'
	}
	if clean == len(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	b.WriteString(s[:clean])
	for _, r := range s[clean:] {
		if !validRune(r) {
			r = '_'
		}
		if r == '_' && underscore {
			continue
		}
		underscore = r == '_'
		b.WriteRune(r)
	}
	return b.String()
}

// validRune reports whether names may contain r. It returns false for utf8.RuneError,
// which stands for invalid UTF-8, because that is not a letter.
func validRune(r rune) bool {
	if r < utf8.RuneSelf {
		c := byte(r)
		return isWord(c) || c == '-' || c == '.' || c == '/'
	}
	return unicode.IsLetter(r)
}

// isWord reports whether c is an ASCII letter, an ASCII digit or "_".
func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c) || c == '_'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
