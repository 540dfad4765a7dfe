// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package put holds the bytes of a put request: the rendered constant part of
// a series, batches of points, their compression, and the selection of a
// subset of a batch.
//
// A batch is a JSON array with one point a line:
//
//	[
//	{"metric":"m","tags":{"k":"v"},"timestamp":1700000000,"value":1.5},
//	{"metric":"m","tags":{"k":"w"},"timestamp":1700000000,"value":2}
//	]
//
// A raw newline never occurs inside a point, so a line is a point and a point
// is a line: [Batch.Select] relies on it.
//
// A [Series] is the constant part of such lines: all up to the timestamp. Most series are
// in a [Run] of many that are alike, which is at once the memory for their texts (a
// [Reader] makes them, each from the one before) and how a line repeats the line before
// it, for the deflate writer.
//
// What goes in has been judged already: names and keys are sanitized, tags are
// sorted, merged and counted ([model.FinishTags]), values are finite
// ([model.Value.Finite]), timestamps are in range ([model.Timestamp]). Nothing in this
// package fails on such input; only reading a batch back can fail, when its
// bytes did not come from a [Builder].
//
// A [Builder], a [Table] and a [Series] belong to one goroutine at a time. A
// [Codec] and a [Batch] are safe for concurrent use.
package put
