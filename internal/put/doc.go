// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package put makes the bodies of put requests. A [Builder] collects points into batches
// and compresses them; a [Batch] is immutable, can be sent more than once, and gives back
// single points ([Batch.Lines]) or a batch of some of its points ([Batch.Select]).
//
// A body is a JSON array with one point a line:
//
//	[
//	{"metric":"m","tags":{"k":"v"},"timestamp":1700000000,"value":1.5},
//	{"metric":"m","tags":{"k":"w"},"timestamp":1700000000,"value":2}
//	]
//
// A newline never occurs within a point, so that a body can be cut into points without
// parsing JSON. The package does not check points: their names must be valid, their tags
// sorted ([model.TagRules.Finish]), their values finite and their timestamps in range
// ([model.CheckPoint]).
//
// # Compression
//
// Each line of a body repeats most of the line before it. A caller that sorts its series
// knows how two lines differ, as a list of edits, and passes it with the line:
//
//	{"metric":"m","tags":{"host":"web1","path":"/a"},"timestamp":1700000000,"value":17
//	{"metric":"m","tags":{"host":"web2","path":"/a"},"timestamp":1700000000,"value":5
//	─────────── skip ──────────── ↑ delete 1, insert 1
//
// One interface, compressor, has three implementations. They get the text of a chunk and
// the edits of its lines:
//
//   - delta writes a gzip stream from the edits: skipped bytes as a match, inserted bytes
//     as literals. It searches for no matches and uses a precomputed Huffman table. It is
//     the fastest, and makes gzip bodies of more than one chunk of text (64 KiB, some 250
//     lines).
//   - stream is klauspost/compress, which ignores the edits. It makes gzip bodies of one
//     chunk, which it compresses better: it finds repetitions in all lines, and makes a
//     Huffman table for each body. It also makes all bodies of the encoding deflate.
//   - plain does not compress.
//
// Time and size of a line for delta and stream, with sorted lines of 250 bytes with six
// tags:
//
//	lines      delta                  stream
//	   120     106 ns   25.9 bytes    258 ns   20.7 bytes
//	   250      98      23.7          234      19.2
//	 1,000      99      19.8          248      17.1
//	10,000      85      13.5          273      14.8
//
//	go test ./internal/put -run '^$' -bench Compressor
//
// A [Builder] belongs to one goroutine. A [Codec] and a [Batch] are safe for concurrent
// use.
package put
