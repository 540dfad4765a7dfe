// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package block keeps the series of a metric sorted and delta-encoded, and writes their
// values as lines of put bodies.
//
// Most series differ only in a few bytes from another series of the metric. Sorted by the text
// of their tags, similar series are neighbours. So a [Block] stores each text as edits of the
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
// Every 16th text is a restart point: it is stored in full besides its edits, so that reading
// can begin there. The texts from a restart point to the next restart point are a group. A
// write skips groups without values, and a merge copies groups unread if no series is added
// to them. If an export has values for few entries only, their texts are looked up instead
// (sparse.go).
//
// A series has an entry number, which does not change while the series is kept, so a caller
// can find the series by a key of its own. The texts are stored in sorted order, each with
// its entry number. Everything else is stored in arrays that are indexed by the entry number:
//
//	texts, in sorted order          cells, by entry number     during an export
//	──────────────────────          ──────────────────────     ────────────────
//	entry number  uint32            timestamp  int64           one bit: has a value
//	edit count    uint16            value      uint64          second values, rejections
//	edits, each: skip, delete       source     uint32          values of distributions
//	  and insert as uint16          owner      uint32
//	inserted bytes                  last use   uint32
//	restart points
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
// Series with equal tags, which may come from two instruments, are neighbours, and the second
// series has no edits: this is how a write recognizes them. If both have a value with the same
// timestamp, the points collide: the earlier data point of the export is written, and the
// other data point is rejected. Lines of two blocks can be equal only if the blocks have a
// metric in common. Such blocks are marked as contested: their lines are kept in a map until
// the end of the export, and a line that is equal to an earlier line is rejected. The same
// applies to a block in which a tag has the key of a label, because lines with the label
// rename that tag.
//
// Other writers may also write equal lines. The caller then passes [Claims], which is asked
// about each line.
//
// If there is no budget for a new series, the caller adds it to the block's overflow block
// ([Writer.Overflow]), which lives for one export.
//
// # Gain
//
// In the plain implementation, which is a part of the benchmark, each series keeps its text,
// and the compressor compares each line with the previous one. For sums with six tags, in
// time and bytes of the body for a point, and memory for a series:
//
//	series      block                          plain
//	  1,000     168 ns  11.5 bytes   98 B      336 ns  17.4 bytes  257 B
//	 10,000     135      7.6         91        344     17.1        258
//	100,000     145      7.0         66        354     17.6        259
//
//	go test ./internal/block -run '^$' -bench Write
package block
