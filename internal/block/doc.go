// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package block keeps the series of a metric sorted and delta-encoded, and writes their
// values as lines of put bodies.
//
// Most series of a metric differ from another one in a few bytes. Sorted by the text of
// their tags, similar series are neighbours. So a [Block] stores each text as edits of the
// previous text: skip some bytes, delete some, insert others. LevelDB and Prometheus store
// the keys of their index blocks in a similar way. Three series of one metric, with the
// edits that are stored for them:
//
//	"host":"web1","path":"/cart","tier":"gold"     stored in full
//	"host":"web1","path":"/pay","tier":"gold"      skip 23, delete 4, insert "pay"
//	"host":"web2","path":"/cart","tier":"gold"     skip 11, delete 1, insert "2"
//	                                               skip 11, delete 3, insert "cart"
//
// A compressor needs the same edits: it writes skipped bytes as a match with the previous
// line and inserted bytes as literals. So the edits make a block small, and they also make
// writing fast, because nothing searches for repetitions in the lines. The other parts of
// a line, which are metric, label and timestamp, change by further edits.
//
// # Layout
//
// Every 16th text is a restart point, which is stored in full, so that reading can begin
// there. The texts from a restart point to the next one are a group. A write skips groups
// without values, and a merge copies groups unread if nothing is added to them.
//
// An entry stands for a series. Its number does not change while the series is kept, so a
// caller can find the entry by a key of its own. An entry is stored in two places, in flat
// arrays:
//
//	sorted by text            by entry number           in the current export
//	──────────────            ───────────────           ─────────────────────
//	entry number uint32       timestamp  int64          one bit: has a value
//	edit count   uint16       value      uint64         second values, rejections
//	edits        3 × uint16   source     uint32         values of distributions
//	inserted     bytes        owner      uint32
//	restart points            last use   uint32
//
// # Protocol
//
// One [Writer] serves all blocks of an export, one after the other:
//
//	Begin
//	    NewEntry, Add                             for each new series
//	    PutNumber, PutDistribution or Reject      for each data point
//	    Write                                     for each block, when its values are complete
//	End
//
// Add collects new series. Write sorts them and merges them into the block. Then it walks
// over the texts in order and appends a line for each value.
//
// A distribution, for example a histogram, is one series with several lines. Its tags are
// stored once. The lines differ in the metric (.count, .sum) or in a label (le).
//
// Series with equal tags, which may come from two instruments, are neighbours without an
// edit. If both have a value with the same timestamp, the points collide: the point that
// was put first is written, and the other one is rejected. Lines of two blocks can be equal
// only if the blocks have a metric in common. Such blocks are marked as contested, and
// their lines are kept in a map until the end of the export.
//
// If a block may not grow, the caller adds new series to its [Writer.Overflow], a block
// that is written and dropped in the same export.
//
// # Gain
//
// In the plain implementation, each series keeps its text, and the compressor compares each
// line with the previous one. For sums with six tags, in time and bytes of the body for a
// point, and memory for a series:
//
//	series      block                          plain
//	  1,000     213 ns  11.3 bytes   98 B      351 ns  17.2 bytes  257 B
//	 10,000     137      7.5         91        332     17.1        258
//	100,000     146      7.0         66        340     18.0        259
//
//	go test ./internal/block -run '^$' -bench Write
package block
