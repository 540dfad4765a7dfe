// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package block keeps the series of a metric sorted and delta-encoded, and writes their
// values of an export as lines of put bodies.
//
// Most series of a metric resemble another one. If they are sorted by the rendered text of
// their tags, neighbours differ in a few bytes. A [Block] therefore keeps of each text only
// the edits that make it of the text before: skip so many bytes, delete so many, insert
// these. Here are three series of one metric with the edits of their tags:
//
//	"host":"web1","path":"/cart","tier":"gold"     restart point: kept in full
//	"host":"web1","path":"/pay","tier":"gold"      skip 23  delete 4  insert "pay"
//	"host":"web2","path":"/cart","tier":"gold"     skip 11  delete 1  insert "2"
//	                                               skip 11  delete 3  insert "cart"
//
// The compressor needs the same edits: it writes what is skipped as a match and what is
// inserted as literals. So a block is kept small and is written fast for one reason, and
// nobody searches for repetitions. Metric, label and timestamp are further edits of a line
// (form.go).
//
// # Layout
//
// Every 16th text is a restart point, from which reading can begin; the texts up to the
// next one are a group. A write skips groups in which no entry has a value, and a merge
// copies groups to which nothing is added. All is kept in flat arrays:
//
//	sorted by text            by entry                  per export
//	──────────────            ────────                  ──────────
//	entry      uint32         timestamp  int64          one bit for an entry with a value
//	edit count uint16         value      uint64         second values of an entry, rejections
//	edits      3 × uint16     source     uint32         values of distributions
//	inserted   bytes          owner      uint32
//	restart points            last use   uint32
//
// The number of an entry does not change while its series is kept, so that the user of a
// block can find a series by any key of its own.
//
// # Export
//
// A [Writer] is used for all blocks of an export, one after the other:
//
//	Begin
//	    NewEntry, Add                             for each new series
//	    PutNumber, PutDistribution or Reject      for each data point
//	    Write                                     for each block
//	End
//
// New series are collected and sorted. Write merges them into the block, then walks over
// the texts in order and appends the lines of the entries that have values.
//
// A distribution, for example a histogram, is one series with several lines. Its tags are
// kept once; the lines differ in the metric (.count, .sum) or in the label (le).
//
// Two entries whose texts are equal are neighbours without an edit. If both have a value
// with the same timestamp, they collide: the point that was given first is written, the
// other one is rejected. Lines of two blocks can be equal only if the blocks have a metric
// in common. Such blocks are contested, and their lines are kept in a map until the end of
// the export.
//
// If the caller has no room for a new series, it adds the series to the block's Overflow,
// which is written and forgotten in the same export.
//
// # Gain
//
// Beside the plain way, in which each series keeps its text and the compressor compares it
// with the text before, on numbers with six tags:
//
//	series      block                         plain
//	  1,000     264 ns  11.4 bytes   69 B     401 ns  17.3 bytes  257 B
//	 10,000     154      7.5         62       368     17.1        258
//	100,000     153      7.0         62       415     17.8        259
//
//	go test ./internal/block -run '^$' -bench Write
//
// The columns are the time and the bytes of the body for a point, and the memory that a
// series takes.
package block
