// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package encoding

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SanitizeMode says how metric names and tag keys are made valid. The zero value
// is [SanitizePrometheus], the default of apptuit-py.
type SanitizeMode uint8

const (
	// SanitizePrometheus puts "_" before a leading digit, replaces everything
	// but ASCII letters, ASCII digits and "_" with "_", and makes one "_" of
	// each run of them.
	SanitizePrometheus SanitizeMode = iota
	// SanitizeApptuit replaces everything but Unicode letters, ASCII digits and
	// the characters - _ . / with "_", and makes one "_" of each run of them.
	SanitizeApptuit
	// SanitizeNone changes nothing.
	SanitizeNone
)

// ParseSanitizeMode returns the mode called s: prometheus, apptuit or none, in
// upper or lower case. Any other text, also the empty one or one with space
// around it, is an [*Error] that wraps [ErrUnknownMode].
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

// String returns prometheus, apptuit or none.
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

// MarshalText returns the text of [SanitizeMode.String]. It is an [*Error] that
// wraps [ErrUnknownMode] if m is none of the modes.
func (m SanitizeMode) MarshalText() ([]byte, error) {
	if m > SanitizeNone {
		return nil, &Error{Field: FieldSanitizeMode, Value: m.String(), Rule: ErrUnknownMode}
	}
	return []byte(m.String()), nil
}

// UnmarshalText sets m as [ParseSanitizeMode] reads the text, and leaves it as it
// is if that fails.
func (m *SanitizeMode) UnmarshalText(text []byte) error {
	mode, err := ParseSanitizeMode(string(text))
	if err != nil {
		return err
	}
	*m = mode
	return nil
}

// Sanitize returns name as the mode has it. It returns name itself, without
// allocating, if there is nothing to change. Text that is not valid UTF-8 counts
// as invalid characters. The result is a valid name, except that the empty
// string stays empty and that [SanitizeNone] returns any name as it is.
// Sanitizing the result again changes nothing. A mode that is none of the three
// works as [SanitizePrometheus].
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

// ValidName reports whether s is valid as a metric name or tag key: not empty,
// and nothing but Unicode letters, ASCII digits and the characters - _ . /. Text
// that is not valid UTF-8 is not valid.
func ValidName(s string) bool {
	for _, r := range s {
		if !validRune(r) {
			return false
		}
	}
	return s != ""
}

// sanitizePrometheus looks at bytes: the bytes of a character that is not ASCII
// become a run of "_", and so one.
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

// validRune is false for utf8.RuneError, which is not a letter, and so for
// invalid UTF-8.
func validRune(r rune) bool {
	if r < utf8.RuneSelf {
		c := byte(r)
		return isWord(c) || c == '-' || c == '.' || c == '/'
	}
	return unicode.IsLetter(r)
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c) || c == '_'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
