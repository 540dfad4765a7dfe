// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package encoding holds the rules of Apptuit's data model: which names and
// tags are valid, how invalid ones are made valid, how a metric and its tags
// become one string, and how text is written to the wire. It is pure: no
// network, no environment, no state. All functions and methods are safe for
// concurrent use.
//
// The rules are those of apptuit-py 2.4.2, Apptuit's Python client, whose encoded
// names are reproduced byte for byte, and of OpenTSDB, whose data model
// Apptuit follows. Where the README of apptuit-py and its code disagree, the
// README stands: of the characters outside ASCII, only letters are valid.
//
// # Names
//
// A name is a metric name or a tag key. It is valid ([ValidName]) if it is not
// empty and holds nothing but Unicode letters (category L), ASCII digits and
// the characters "-", "_", "." and "/". Text that is not valid UTF-8 is not a
// valid name. There is no limit on the length.
//
// A [SanitizeMode] turns any text that is not empty into a valid name:
//
//   - [SanitizePrometheus], the default, gives what Prometheus accepts too: a
//     leading digit gets "_" before it, every character other than ASCII
//     letters, ASCII digits and "_" becomes "_", runs of "_" become one.
//   - [SanitizeApptuit] changes only what is not valid: every invalid character
//     becomes "_", and runs of "_" become one.
//   - [SanitizeNone] changes nothing, so that invalid names stay invalid.
//
// Sanitizing a sanitized name changes nothing. The empty string stays empty.
//
// # Tags
//
// A tag is a key, which is a name, and a value, which is any text. A point has at
// least one tag and at most [MaxTags], or another limit of its server, counted after
// tags of all sources have been merged and their keys sanitized. Apptuit stores any
// value. Some servers do not: a [TagValueRule] rewrites the values for them. [ParseTags]
// reads the tags of the environment variable APPTUIT_TAGS:
//
//	k1: v1, k2: v2
//
// # Encoded names
//
// An encoded name carries a metric and its tags where only a single string
// fits, for example as the name of a counter in a registry. It is the metric,
// followed by the tags as the JSON object that Python's
// json.dumps(tags, sort_keys=True) gives: sorted by key, a space after each
// colon and comma, all that is not printable ASCII escaped.
//
//	node.cpu{"core": "0", "type": "idle"}
//
// [EncodeName] writes encoded names; [DecodeName] reads them, also when they
// were written by hand: with other spacing, with values that are not strings,
// or without tags.
//
// # Text on the wire
//
// [AppendString] writes a JSON string as compactly as the wire allows. The result
// is valid UTF-8 and never holds a line break, whatever the text is.
//
// # Errors
//
// Every error of this package is an [*Error], which says the field, the value and
// the rule. The rule is, or wraps, one of the Err variables:
//
//	var e *encoding.Error
//	if errors.As(err, &e) && errors.Is(err, encoding.ErrInvalidName) {
//		log.Printf("%s %q is not a name", e.Field, e.Value)
//	}
//
// Packages that check points use the same type and rules.
package encoding
