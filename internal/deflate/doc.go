// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package deflate writes gzip streams from matches that the caller supplies. It searches
// for no matches and uses one precomputed code table for each body.
//
//	Writer.Literals  bytes as they are
//	Writer.Match     bytes that also stand a given distance before
//
// A body is one gzip member (RFC 1952) with one dynamic block (RFC 1951, section 3.2.7).
// The codes of the block are made before the body, by [NewCode]: from the frequencies
// that are usual in lines of JSON with names and numbers, or from a [Sample] of earlier
// bodies. A literal takes at most 14 bits, whatever the data.
//
// A match must not be longer than the text before it, and its distance must not exceed
// [MaxDistance]. The Writer checks neither. The checksum at the end of the body is computed
// from the text that the caller passes to Sum, so a reader of the body detects wrong matches.
package deflate
