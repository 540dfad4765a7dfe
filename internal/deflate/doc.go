// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package deflate writes gzip for text of which the writer's user knows what
// repeats: matches are told, not searched for, and all codes are made before.
//
//	Literals  bytes as they are
//	Match     bytes that stand in the text a known distance before
//
// A body is one gzip member (RFC 1952) with one dynamic block (RFC 1951, section
// 3.2.7), whose codes are made before, by [NewCode]: for lines of JSON with names
// and numbers, or for what a [Sample] of earlier bodies has shown. Any reader of
// gzip can read it. Whatever the data, a literal takes at most 14 bits.
//
// Matches may not be longer than what has been written, nor farther than
// [MaxDistance]. What is written is checked by nothing here: the checksum at the
// end is that of the text which the user says it is (Sum), so that a wrong match
// is found by whoever reads the body.
package deflate
