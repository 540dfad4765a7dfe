// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package encoding

import (
	"errors"
	"strconv"
)

// Field names the part of a point, or the setting, that an [Error] is about.
type Field string

// The fields of an [Error].
const (
	// FieldMetric is the name of a metric.
	FieldMetric Field = "metric"
	// FieldTagKey is the key of one tag.
	FieldTagKey Field = "tag key"
	// FieldTagValue is the value of one tag; [Error.Key] is its key.
	FieldTagValue Field = "tag value"
	// FieldTags is all tags of a point, or the text that they are parsed from.
	FieldTags Field = "tags"
	// FieldTimestamp is the time of a point.
	FieldTimestamp Field = "timestamp"
	// FieldValue is the value of a point, a number.
	FieldValue Field = "value"
	// FieldEncodedName is a metric and its tags in one string; see [DecodeName].
	FieldEncodedName Field = "encoded name"
	// FieldSanitizeMode is the name of a [SanitizeMode].
	FieldSanitizeMode Field = "sanitize mode"
	// FieldTagValueRule is the name of a [TagValueRule].
	FieldTagValueRule Field = "tag value rule"
	// FieldBoolean is a Boolean; see [ParseBool].
	FieldBoolean Field = "boolean"
)

// The rules that an [Error] reports. Test for them with [errors.Is].
var (
	// ErrEmpty means that a metric, a tag key or an encoded name is empty. For
	// [EncodeName], a metric that consists of white space is empty, too.
	ErrEmpty = errors.New("empty")

	// ErrInvalidName means that a metric or tag key is not a valid name; see
	// [ValidName].
	ErrInvalidName = errors.New("only Unicode letters, ASCII digits and - _ . / are allowed")

	// ErrBrace means that a metric contains "{". It cannot be encoded, because
	// DecodeName takes the first "{" for the beginning of the tags.
	ErrBrace = errors.New("must not contain {")

	// ErrDuplicateKey means that two tags have the same key, or that their keys
	// become the same when invalid UTF-8 is replaced.
	ErrDuplicateKey = errors.New("is the key of two tags")

	// ErrNotScalar means that a tag value in an encoded name is a JSON object or
	// array.
	ErrNotScalar = errors.New("is a JSON object or array")

	// ErrSyntax means that a string cannot be parsed: it is not a list of tags
	// such as "key: value, key2: value2", or it is an encoded name whose tags are
	// not a JSON object.
	ErrSyntax = errors.New("invalid syntax")

	// ErrNoTags means that a point has no tags. Apptuit and OpenTSDB require at
	// least one.
	ErrNoTags = errors.New("a point needs at least one tag")

	// ErrTooManyTags means that a point has more tags than the limit, by default
	// [MaxTags].
	ErrTooManyTags = errors.New("too many tags")

	// ErrTimestamp means that the timestamp of a point cannot be sent. In whole
	// seconds or milliseconds, it must be greater than 0, the Unix epoch. It must not
	// be after the year 2286, from when on timestamps in seconds have eleven digits.
	ErrTimestamp = errors.New("not after the Unix epoch")

	// ErrNotFinite means that the value of a point is NaN or infinite. JSON cannot
	// represent these values.
	ErrNotFinite = errors.New("not a finite number")

	// ErrUnknownMode means that a string or number is not a [SanitizeMode].
	ErrUnknownMode = errors.New("must be prometheus, apptuit or none")

	// ErrUnknownTagValueRule means that a string is not a [TagValueRule].
	ErrUnknownTagValueRule = errors.New("must be any, opentsdb or influxdb")

	// ErrNotBoolean means that a string is not a Boolean; see [ParseBool].
	ErrNotBoolean = errors.New("must be y, yes, t, true, on, 1, n, no, f, false, off or 0")
)

// maxQuoted is the number of characters of a value that an error message shows.
const maxQuoted = 64

// Error reports that a value violates a rule. Functions return it as a pointer:
// use [errors.As] with an *Error.
type Error struct {
	// Field is the part of the point, or the setting, that is invalid.
	Field Field
	// Key is the key of the tag if Field is FieldTagValue, and empty otherwise.
	Key string
	// Value is the invalid value, or the invalid part of it, unchanged. It is empty
	// if there is nothing to show, for example if a metric is empty. It can be long
	// and contain any bytes. The error message quotes its first 64 characters.
	Value string
	// Rule is the violated rule: one of the Err variables of this package, or an
	// error that wraps one and adds details.
	Rule error
}

// Error returns the field, the value and the rule, on one line of limited length.
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

// Unwrap returns the violated rule.
func (e *Error) Unwrap() error { return e.Rule }

// quote returns the first maxQuoted characters of s, quoted.
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
