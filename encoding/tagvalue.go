// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package encoding

import (
	"math"
	"strconv"
	"strings"
	"unicode"
)

// TagValueRule selects how tag values and tag keys are rewritten for servers that do not
// store all of them unchanged. The zero value is [TagValuesAny].
//
// A rule does not change values and keys that the server stores unchanged, and never
// returns an empty string for a non-empty one. Rewriting the result again does not change
// it. Different values can become equal, as different names can when they are sanitized.
type TagValueRule uint8

const (
	// TagValuesAny changes nothing. It is the rule for Apptuit and VictoriaMetrics,
	// which store any value.
	TagValuesAny TagValueRule = iota
	// TagValuesOpenTSDB is the rule for OpenTSDB without the setting
	// tsd.core.tag.allow_specialchars.
	TagValuesOpenTSDB
	// TagValuesInfluxDB is the rule for InfluxDB 1.6.
	TagValuesInfluxDB
)

// ParseTagValueRule returns the rule with the name s: any, opentsdb or influxdb, in upper
// or lower case. For any other string it returns an [*Error] that wraps
// [ErrUnknownTagValueRule].
func ParseTagValueRule(s string) (TagValueRule, error) {
	for r := TagValuesAny; r <= TagValuesInfluxDB; r++ {
		if strings.EqualFold(s, r.String()) {
			return r, nil
		}
	}
	return 0, &Error{Field: FieldTagValueRule, Value: s, Rule: ErrUnknownTagValueRule}
}

// String returns the name of the rule: any, opentsdb or influxdb.
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

// Value returns a tag value in the form that the rule prescribes. If value needs no
// change, Value returns value itself and does not allocate.
//
// For OpenTSDB, a value may contain letters up to U+00FF, ASCII digits and the characters
// - _ . / only. OpenTSDB 2.4 accepts letters of all scripts (Tags.validateString), but
// stores values in ISO 8859-1, so that it confuses letters above U+00FF. "+Inf" becomes
// "Inf". A number with a positive exponent becomes a number without one: "1e+06" becomes
// "1000000". From 1e+21 on, only the sign of the exponent is removed: "1e+300" becomes
// "1e300". In all other values, each character that is not allowed becomes "_".
//
// For InfluxDB, each backslash at the end of a value becomes "_", because InfluxDB would
// make the next tag a part of the value.
func (r TagValueRule) Value(value string) string {
	switch r {
	case TagValuesOpenTSDB:
		return openTSDBValue(value)
	case TagValuesInfluxDB:
		return influxDBValue(value)
	}
	return value
}

// Key returns a tag key in the form that the rule prescribes. The key must be a valid
// name. InfluxDB rejects points with the tag key "time", so that its rule changes the key
// to "exported_time". All other keys remain unchanged.
func (r TagValueRule) Key(key string) string {
	if r == TagValuesInfluxDB && key == "time" {
		return "exported_time"
	}
	return key
}

// openTSDBValue returns a tag value in the form that OpenTSDB stores.
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

// notInOpenTSDB reports whether OpenTSDB rejects c in a tag value, or confuses it with
// another character.
func notInOpenTSDB(c rune) bool { return c > unicode.MaxLatin1 || !validRune(c) }

// withoutPlus returns a decimal number with a positive exponent in a form without "+":
// for "-1.5e+06" it returns "-1500000". It returns false if s is not such a number.
func withoutPlus(s string) (string, bool) {
	const (
		longest = 32   // the shortest text of a float64 has at most 24 characters
		plain   = 1e21 // a smaller number has at most 21 digits before the decimal point
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

// influxDBValue replaces each backslash at the end of a tag value with "_".
func influxDBValue(value string) string {
	text := strings.TrimRight(value, `\`)
	return text + strings.Repeat("_", len(value)-len(text))
}
