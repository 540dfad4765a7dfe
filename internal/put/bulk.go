// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"bytes"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// AppendParts is [SeriesBuilder.AppendPart] for parts that have a label each, and else are
// the same: most of the points of a histogram. It returns how many it has added; if
// these are not all of them, the batch is full. The part's own label is of no meaning.
func (b *SeriesBuilder) AppendParts(p *Part, labels []string, ts int64, values []model.Value, source uint32) (added int) {
	for added < len(values) {
		p.Label = labels[added]
		if b.lines != nil && b.lines.again(p, ts) {
			n := b.relabel(p, labels[added:], values[added:])
			if n == 0 {
				break
			}
			b.took(n, source)
			added += n
			continue
		}
		if b.AppendPart(p, ts, values[added], source) {
			break
		}
		added++
	}
	return added
}

// relabel adds lines that differ from the line before, which is in the chunk, in
// their label, until the chunk or the batch is full. It returns how many; 0 is a full
// batch.
func (b *SeriesBuilder) relabel(p *Part, labels []string, values []model.Value) (added int) {
	l := b.lines
	before := *l.before()
	from, _ := p.labelAt()
	own := from + len(l.last.label) - p.Key - len(`"`) // where the label ended
	start := before.start - int(b.raw)
	text := b.chunk[start:]
	head, rest := text[:from], text[own:before.length+before.digits+len(valueKey)]
	own -= from
	last := l.value
	for added < len(values) && len(b.chunk) < chunkSize && len(labels[added]) <= maxLinked {
		label := labels[added][p.Key : len(labels[added])-len(`"`)]
		mark := len(b.chunk)
		b.chunk = append(b.chunk, lineStart...)
		b.chunk = append(b.chunk, head...)
		b.chunk = append(b.chunk, label...)
		named := b.chunk[len(b.chunk)-len(label):]
		b.chunk = append(b.chunk, rest...)
		at := len(b.chunk)
		b.chunk = values[added].Append(b.chunk)
		value := b.chunk[at:]
		b.chunk = append(b.chunk, lineEnd...)
		if b.full(added) {
			b.chunk = b.chunk[:mark]
			break
		}
		distance := mark + len(lineStart) - start
		length, literal := len(rest), value
		if bytes.Equal(value, last) {
			length += len(value)
			literal = nil
		}
		l.w.Match(len(lineEnd+lineStart)+from, distance)
		l.w.Literals(named)
		l.w.Match(length, distance+len(label)-own)
		l.w.Literals(literal)
		start, own, last = start+distance, len(label), value
		before.start, before.length = before.start+distance, from+len(label)+len(rest)-before.digits-len(valueKey)
		l.recent[l.lines%window] = placed{start: before.start, length: before.length, time: before.time, digits: before.digits}
		l.lines++
		added++
	}
	if added > 0 {
		l.last.label = labels[added-1]
		l.prefix = b.chunk[start : start+before.length]
		l.value = append(l.value[:0], last...)
	}
	return added
}
