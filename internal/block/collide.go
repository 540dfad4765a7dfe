// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package block

import (
	"bytes"

	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// contestedLine is a line of a contested block.
type contestedLine struct {
	owner uint32
	whole bool // it is the first line of a distribution
}

// contest returns the owner of an equal line of another block, nil if there is none. If
// both are the first lines of distributions, all further lines of the point are lost, too:
// they would mix with those of the other distribution.
func (w *Writer) contest(b *Block, c *cell, l *put.Line) (winner *uint32) {
	own := contestedLine{c.owner, !b.lines.number() && w.form.metric == 0}
	first, ok := w.lines[string(l.Text())]
	if !ok {
		if w.lines == nil {
			w.lines = make(map[string]contestedLine)
		}
		w.lines[string(l.Text())] = own
		return nil
	}
	if first.whole && own.whole {
		w.lostTo = &first.owner
	}
	return &first.owner
}

// reject rejects a line because of another point with the same series and timestamp.
func (w *Writer) reject(c *cell, winner uint32, l *put.Line, v model.Value) {
	r := put.Rejection{Source: c.source, Collision: true}
	r.Reported, r.Err = w.owners.Collision(winner, c.owner)
	if !r.Reported {
		p := w.decode(l.Text())
		r.Metric, r.Tags, r.Timestamp, r.Value = p.Metric, model.TagsOf(nil, p.Tags), c.ts, v
	}
	w.sink.Reject(r)
}

// tags returns the tags of the current line.
func (w *Writer) tags() []model.Tag { return model.TagsOf(nil, w.decode(w.form.line.Text()).Tags) }

// decode parses the text of a line.
func (w *Writer) decode(text []byte) put.Point {
	p, _ := put.DecodePoint(append(bytes.Clone(text), "0}"...)) // a line cannot fail
	return p
}
