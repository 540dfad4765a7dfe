// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package encoding

import (
	"errors"
	"strconv"
)

// Field says what part of a point, or which setting, an [Error] is about.
type Field string

// The fields that an [Error] can be about.
const (
	// FieldMetric is the name of a metric.
	FieldMetric Field = "metric"
	// FieldTagKey is the key of one tag.
	FieldTagKey Field = "tag key"
	// FieldTagValue is the value of one tag; [Error.Key] is its key.
	FieldTagValue Field = "tag value"
	// FieldTags is the set of tags as a whole, or the text it is read from.
	FieldTags Field = "tags"
	// FieldTimestamp is the time of a point.
	FieldTimestamp Field = "timestamp"
	// FieldValue is the number that a point carries.
	FieldValue Field = "value"
	// FieldEncodedName is a metric and its tags in one string, see [DecodeName].
	FieldEncodedName Field = "encoded name"
	// FieldSanitizeMode is the name of a [SanitizeMode].
	FieldSanitizeMode Field = "sanitize mode"
	// FieldTagValueRule is the name of a [TagValueRule].
	FieldTagValueRule Field = "tag value rule"
	// FieldBoolean is a truth value, see [ParseBool].
	FieldBoolean Field = "boolean"
)

// The rules that an [Error] can report as broken. Test for them with
// [errors.Is].
var (
	// ErrEmpty means that something needed is empty: a metric, a tag key, an
	// encoded name. Space does not count in a metric that is to be encoded.
	ErrEmpty = errors.New("empty")

	// ErrInvalidName means that a metric or tag key is not valid, see
	// [ValidName].
	ErrInvalidName = errors.New("only Unicode letters, ASCII digits and - _ . / are allowed")

	// ErrBrace means that a metric holds "{", which would be taken for the
	// beginning of the tags when its encoded name is decoded.
	ErrBrace = errors.New("cannot be encoded with a { in it")

	// ErrDuplicateKey means that a text has two tags with one key, or that the
	// keys of two tags are the same once their invalid UTF-8 is replaced.
	ErrDuplicateKey = errors.New("is the key of two tags")

	// ErrNotScalar means that the value of a tag in an encoded name is a JSON
	// object or array.
	ErrNotScalar = errors.New("is a JSON object or array")

	// ErrSyntax means that a text cannot be parsed: tags that are not
	// "key: value, …", or an encoded name whose tags are not a JSON object.
	ErrSyntax = errors.New("invalid syntax")

	// ErrNoTags means that a point has no tags: OpenTSDB and Apptuit need at
	// least one.
	ErrNoTags = errors.New("a point needs at least one tag")

	// ErrTooManyTags means that a point has more tags than its limit allows, which
	// is [MaxTags] by default.
	ErrTooManyTags = errors.New("too many tags")

	// ErrTimestamp means that the timestamp of a point, in the unit of the wire,
	// is not greater than 0, the Unix epoch.
	ErrTimestamp = errors.New("not after the Unix epoch")

	// ErrNotFinite means that the value of a point is NaN or infinite, for which
	// JSON has no form.
	ErrNotFinite = errors.New("not a finite number")

	// ErrUnknownMode means that a text, or a number, is no [SanitizeMode].
	ErrUnknownMode = errors.New("must be prometheus, apptuit or none")

	// ErrUnknownTagValueRule means that a text is no [TagValueRule].
	ErrUnknownTagValueRule = errors.New("must be any, opentsdb or influxdb")

	// ErrNotBoolean means that a text is no truth value, see [ParseBool].
	ErrNotBoolean = errors.New("must be y, yes, t, true, on, 1, n, no, f, false, off or 0")
)

// maxQuoted bounds, in characters, what an error's text shows of a value.
const maxQuoted = 64

// Error says which rule a value breaks. Get it with [errors.As], as a pointer.
type Error struct {
	// Field is what the value is of.
	Field Field
	// Key is the key of the tag if Field is FieldTagValue, and empty otherwise.
	Key string
	// Value is the offending text, as it was given, or the part of it that is
	// at fault. It is empty if there is none to show. It may be long and may hold
	// any bytes; the text of the error shows its first 64 characters, quoted.
	Value string
	// Rule is the rule that is broken: one of the Err variables of this package,
	// or an error that wraps one and adds detail.
	Rule error
}

// Error returns a text of bounded length on one line.
func (e *Error) Error() string {
	text := string(e.Field)
	if e.Value != "" {
		text += " " + quote(e.Value)
	}
	if e.Key != "" {
		text += " of tag " + quote(e.Key)
	}
	if e.Rule == nil {
		return text + ": invalid"
	}
	return text + ": " + e.Rule.Error()
}

// Unwrap returns the rule.
func (e *Error) Unwrap() error { return e.Rule }

func quote(s string) string {
	n := 0
	for i := range s {
		if n == maxQuoted {
			return strconv.Quote(s[:i]) + "…"
		}
		n++
	}
	return strconv.Quote(s)
}
