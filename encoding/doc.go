// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package encoding implements the rules of Apptuit's data model: which names and
// tags are valid, how invalid names are sanitized, how a metric and its tags are
// encoded as one string, and how strings are written as JSON.
//
// The package uses no network, no environment variables and no global state. Its
// functions are safe for concurrent use.
//
// The rules are those of OpenTSDB, whose data model Apptuit follows, and of
// apptuit-py 2.4.2, Apptuit's Python client. Encoded names are byte for byte those of
// apptuit-py. The README and the code of apptuit-py disagree about characters outside
// ASCII; this package follows the README, which allows letters only.
//
// # Names
//
// A name is a metric name or a tag key. A valid name ([ValidName]) is not empty and
// consists of Unicode letters (category L), ASCII digits and the characters "-", "_",
// "." and "/". A string that is not valid UTF-8 is not a valid name. The length of
// names is not limited.
//
// A [SanitizeMode] turns a string into a valid name:
//
//   - [SanitizePrometheus], the default, produces names that Prometheus accepts as
//     well. It inserts "_" before a leading digit, replaces every character except
//     ASCII letters, ASCII digits and "_" with "_", and shortens each run of "_" to
//     a single "_".
//   - [SanitizeApptuit] replaces every character that is not allowed in a name with
//     "_", and shortens each run of "_" to a single "_".
//   - [SanitizeNone] returns names unchanged, including invalid ones.
//
// For example, "9 http.requests" becomes "_9_http_requests" with SanitizePrometheus,
// and "9_http.requests" with SanitizeApptuit. Sanitizing a name a second time does not
// change it. The empty string remains empty.
//
// # Tags
//
// A tag consists of a key, which is a name, and a value, which is any string. A point
// has 1 to [MaxTags] tags, or another maximum for servers with a different limit. Tags
// are counted after the tags of all sources have been merged and their keys sanitized.
//
// Apptuit stores any tag value. For servers that do not, a [TagValueRule] rewrites
// values. [ParseTags] parses the environment variable APPTUIT_TAGS:
//
//	k1: v1, k2: v2
//
// # Encoded names
//
// An encoded name holds a metric and its tags in a single string, for example for a
// registry whose counters have a name only. The metric is followed by its tags as
// a JSON object in the format of Python's json.dumps(tags, sort_keys=True): sorted by
// key, with a space after each colon and comma. All characters except printable ASCII
// are escaped.
//
//	node.cpu{"core": "0", "type": "idle"}
//
// [EncodeName] writes encoded names, and [DecodeName] parses them. DecodeName also
// accepts names that are written by hand: with different spacing, with values that are
// not strings, or without tags.
//
// # JSON strings
//
// [AppendString] writes a string as JSON with as few escapes as JSON allows. The result
// is valid UTF-8 and contains no line break, for any input.
//
// # Errors
//
// Every error of this package is an [*Error]. It contains the field, the value and the
// violated rule. The rule is one of the Err variables, or an error that wraps one:
//
//	var e *encoding.Error
//	if errors.As(err, &e) && errors.Is(err, encoding.ErrInvalidName) {
//		log.Printf("%s %q is not a valid name", e.Field, e.Value)
//	}
//
// Packages that validate points return the same type with the same rules.
package encoding
