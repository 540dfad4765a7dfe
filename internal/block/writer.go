// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package block

import (
	"github.com/apptuitai/apptuit-go/internal/put"
)

// Sink is the receiver of an export: the lines go to a builder of batches, and what is not
// a line to the methods.
type Sink interface {
	// Lines returns the builder for the lines.
	Lines() *put.Builder
	// Sequential says that a series may have more than one point, so that batches must be
	// sent one after the other.
	Sequential()
	// Reject takes a point that cannot be sent. Its tags are valid during the call.
	Reject(r put.Rejection)
}

// Owners names the owners of points that collide. A writer asks while it writes, because
// it finds collisions only then: as neighbours with equal texts.
type Owners interface {
	// Collision returns the error of a point whose series and timestamp another point
	// has, and whether the error was reported before.
	Collision(winner, loser uint32) (reported bool, err error)
}

// Writer adds series to the blocks of an export and writes their values. Between Begin
// and End, the caller adds series (Add), gives their entries values (PutNumber,
// PutDistribution, Reject), and writes each block once it has all its values (Write). A
// Writer belongs to one goroutine.
type Writer struct {
	sink   Sink
	out    *put.Builder // of the sink
	owners Owners

	pending   pending // new series
	pendingOf *Block
	merger    merger
	currents  []*current // not in use

	reader   reader
	form     form
	ranks    []uint32   // of sparse exports
	edits    []put.Edit // of setTags
	inserted []byte
	id       uint32   // an entry with the current text
	other    put.Line // for lines that form cannot make
	labels   [MaxLabels]labelTexts
	equal    []cell                   // values of one series
	lines    map[string]contestedLine // of contested blocks in this export
	lostTo   *uint32                  // the owner to whom all lines of the current point are lost
	loaded   uint32                   // see [Writer.load]
}

// Begin begins an export.
func (w *Writer) Begin(sink Sink, owners Owners) {
	w.sink, w.out, w.owners = sink, sink.Lines(), owners
}

// End ends an export, after all blocks were written.
func (w *Writer) End() {
	w.sink, w.out, w.owners, w.lines = nil, nil, nil, nil
	w.pending.shrink()
	w.merger.shrink()
	if len(w.currents) > maxCurrents {
		clear(w.currents[maxCurrents:])
		w.currents = w.currents[:maxCurrents]
	}
}

// maxCurrents bounds what a writer keeps of blocks that were in use at the same time.
const maxCurrents = 8
