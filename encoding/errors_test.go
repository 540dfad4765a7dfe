// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package encoding

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestError_Error(t *testing.T) {
	long := strings.Repeat("日", 65)
	tests := []struct {
		err  *Error
		want string
	}{
		{&Error{Field: FieldMetric, Rule: ErrEmpty}, `metric: empty`},
		{&Error{Field: FieldMetric, Value: "a b", Rule: ErrInvalidName}, `metric "a b": only Unicode letters, ASCII digits and - _ . / are allowed`},
		{&Error{Field: FieldTags, Value: "26", Rule: ErrTooManyTags}, `tags "26": too many tags`},
		{&Error{Field: FieldTags, Rule: ErrNoTags}, `tags: a point needs at least one tag`},
		{&Error{Field: FieldTimestamp, Value: "0", Rule: ErrTimestamp}, `timestamp "0": not after the Unix epoch`},
		{&Error{Field: FieldValue, Value: "NaN", Rule: ErrNotFinite}, `value "NaN": not a finite number`},
		{&Error{Field: FieldTagValue, Key: "k", Value: "[]", Rule: ErrNotScalar}, `tag value "[]" of tag "k": is a JSON object or array`},
		{&Error{Field: FieldTagKey, Value: "a\n\xff\"", Rule: ErrInvalidName}, `tag key "a\n\xff\"": only Unicode letters, ASCII digits and - _ . / are allowed`},
		{&Error{Field: FieldTagKey, Value: long[:64*3], Rule: ErrInvalidName}, `tag key "` + long[:64*3] + `": only Unicode letters, ASCII digits and - _ . / are allowed`},
		{&Error{Field: FieldTagValue, Key: long, Value: long, Rule: ErrNotScalar}, `tag value "` + long[:64*3] + `"… of tag "` + long[:64*3] + `"…: is a JSON object or array`},
		{&Error{Field: FieldMetric, Value: "m"}, `metric "m": invalid`},
	}
	for _, test := range tests {
		if got := test.err.Error(); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestParsers_ErrorMessages(t *testing.T) {
	says := func(err error, want string) {
		t.Helper()
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	_, err := ParseTags("a: b: c")
	says(err, `tags "a: b: c": invalid syntax: want key: value, with one colon`)
	_, _, err = DecodeName(`x{}y`)
	says(err, `encoded name "x{}y": invalid syntax: invalid character 'y' after top-level value`)
	_, err = EncodeName("a{", nil)
	says(err, `metric "a{": must not contain {`)
	_, err = ParseBool("maybe")
	says(err, `boolean "maybe": must be y, yes, t, true, on, 1, n, no, f, false, off or 0`)
	_, err = ParseSanitizeMode("off")
	says(err, `sanitize mode "off": must be prometheus, apptuit or none`)
	_, err = ParseTagValueRule("off")
	says(err, `tag value rule "off": must be any, opentsdb or influxdb`)
}

func TestError_IsFoundInWrappedErrors(t *testing.T) {
	_, err := ParseTags("a b: c")
	err = errors.Join(errors.New("another error"), fmt.Errorf("APPTUIT_TAGS: %w", err))
	wantError(t, err, FieldTagKey, ErrInvalidName)
	if errors.Is(err, ErrSyntax) {
		t.Error("an invalid name is reported as a syntax error")
	}
}

func TestError_Error_LimitsLength(t *testing.T) {
	_, _, err := DecodeName("x{" + strings.Repeat("\xff", 1<<20))
	if err == nil || len(err.Error()) > 1000 {
		t.Errorf("error of %d bytes", len(fmt.Sprint(err)))
	}
}
