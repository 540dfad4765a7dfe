// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package encoding

import (
	"math"
	"strconv"
	"strings"
	"unicode"
)

// TagValueRule says which tag values, and which tag keys besides, a server stores
// as they are. Its methods rewrite the others. The zero value is [TagValuesAny].
//
// A rule never changes a text that the server stores unchanged, and never makes a
// text empty. Rewriting a rewritten text changes nothing. Different values can
// become equal, as names can when they are sanitized.
type TagValueRule uint8

const (
	// TagValuesAny changes nothing. Apptuit and VictoriaMetrics store any value.
	TagValuesAny TagValueRule = iota
	// TagValuesOpenTSDB is for OpenTSDB without tsd.core.tag.allow_specialchars.
	TagValuesOpenTSDB
	// TagValuesInfluxDB is for InfluxDB 1.6.
	TagValuesInfluxDB
)

// ParseTagValueRule returns the rule called s: any, opentsdb or influxdb, in upper
// or lower case. Any other text is an [*Error] that wraps [ErrUnknownTagValueRule].
func ParseTagValueRule(s string) (TagValueRule, error) {
	for r := TagValuesAny; r <= TagValuesInfluxDB; r++ {
		if strings.EqualFold(s, r.String()) {
			return r, nil
		}
	}
	return 0, &Error{Field: FieldTagValueRule, Value: s, Rule: ErrUnknownTagValueRule}
}

// String returns any, opentsdb or influxdb.
func (r TagValueRule) String() string {
	switch r {
	case TagValuesAny:
		return "any"
	case TagValuesOpenTSDB:
		return "opentsdb"
	case TagValuesInfluxDB:
		return "influxdb"
	}
	return "TagValueRule(" + strconv.Itoa(int(r)) + ")"
}

// Value returns a tag value as the rule has it. It returns value itself, without
// allocating, if there is nothing to change.
//
// For OpenTSDB, a value consists of letters up to U+00FF, ASCII digits and the
// characters - _ . / (Tags.validateString of OpenTSDB 2.4 allows letters of all scripts,
// but OpenTSDB stores them in ISO 8859-1, and confuses those beyond it). Of a positive
// infinity, "+Inf", the sign is removed. A number with a positive exponent, such as
// "1e+06", is written without it, as "1000000"; from 1e+21 on only the sign of the
// exponent is removed, as in "1e300". Each other character that is not allowed becomes
// "_".
//
// For InfluxDB, each backslash at the end of a value becomes "_". The last one would make
// the following tag a part of the value.
func (r TagValueRule) Value(value string) string {
	switch r {
	case TagValuesOpenTSDB:
		return openTSDBValue(value)
	case TagValuesInfluxDB:
		return influxDBValue(value)
	}
	return value
}

// Key returns a tag key, which is a valid name, as the rule has it. InfluxDB refuses a
// point with the tag key "time", so the rule for InfluxDB makes it "exported_time". All
// other keys stay as they are.
func (r TagValueRule) Key(key string) string {
	if r == TagValuesInfluxDB && key == "time" {
		return "exported_time"
	}
	return key
}

func openTSDBValue(value string) string {
	if !strings.ContainsFunc(value, notInOpenTSDB) {
		return value
	}
	if value == "+Inf" {
		return "Inf"
	}
	if number, ok := withoutPlus(value); ok {
		return number
	}
	return strings.Map(func(c rune) rune {
		if notInOpenTSDB(c) {
			return '_'
		}
		return c
	}, value)
}

// notInOpenTSDB reports whether OpenTSDB does not store a character as it is.
func notInOpenTSDB(c rune) bool { return c > unicode.MaxLatin1 || !validRune(c) }

// withoutPlus returns a decimal number with a positive exponent, such as "-1.5e+06",
// in a form without "+".
func withoutPlus(s string) (string, bool) {
	const (
		longest = 32   // texts of float64 have at most 24 characters
		plain   = 1e21 // the text of a smaller number has at most 21 digits before the point
	)
	mantissa, exponent, found := strings.Cut(s, "e+")
	if !found || len(s) > longest || strings.Trim(mantissa, "-.0123456789") != "" || strings.Trim(exponent, "0123456789") != "" {
		return "", false
	}
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil:
		return "", false
	case math.Abs(f) < plain:
		return strconv.FormatFloat(f, 'f', -1, 64), true
	}
	return mantissa + "e" + exponent, true
}

func influxDBValue(value string) string {
	text := strings.TrimRight(value, `\`)
	return text + strings.Repeat("_", len(value)-len(text))
}
