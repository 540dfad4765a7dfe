// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"bytes"
	"hash/maphash"

	"github.com/apptuitai/apptuit-go/internal/deflate"
)

// liner compresses a body line by line. Nearly all of a line stands in one of
// those before it, and where is known: the prefix by a link of its series, the
// rest by the form of a line. What is left are the value and what tells two
// series apart.
//
//	,\n {"metric":…,"timestamp": 1700000000 ,"value": 12.5 }
//	    prefix                   time       gap       value
//
// The brace that ends a line is written with the beginning of the next one.
type liner struct {
	seed    maphash.Seed // of likenesses
	w       deflate.Writer
	sample  deflate.Sample
	sampled bool
	lines   int
	recent  [window]placed

	// The line before: its prefix, its value, and what part of which group it is.
	prefix []byte
	value  []byte
	last   lastPart
	there  bool // its text is in the chunk

	text []byte // has the prefix when the chunk that it stood in is used again

	steps  []step
	differ differ
}

// window is how many lines may be models for the next one. Many more do not fit
// into deflate's window.
const window = 128

// placed is a line that has been written.
type placed struct {
	series *Series // nil if it is not kept
	start  int     // of its prefix in the text
	length int     // of its prefix
	time   int64
	digits int // of time
}

// line is a line that has been added to the text.
type line struct {
	placed
	text []byte // from its prefix on
	part *Part  // nil if it is of no group

	steps []step // from the series before it in its run, if it is in one
}

const (
	bodyTail  = "\n]"
	lineStart = ",\n"
	lineEnd   = "}"
)

// begin begins a body.
func (l *liner) begin(dst []byte, code *deflate.Code, sample bool) {
	l.sampled = sample
	if sample {
		l.sample.Clear()
		l.w.Reset(dst, code, &l.sample)
	} else {
		l.w.Reset(dst, code, nil)
	}
	l.lines = 0
}

// add writes a line.
func (l *liner) add(n *line) {
	value := n.text[n.length+n.digits+len(valueKey) : len(n.text)-len(lineEnd)]
	switch {
	case l.lines == 0:
		l.w.Literals([]byte(bodyStart))
		l.w.Literals(n.text[:len(n.text)-len(lineEnd)])
	case !l.sibling(n, value):
		back, steps := l.linkOf(n)
		l.follow(n, back, steps, value)
	}
	l.recent[l.lines%window] = n.placed
	l.lines++
	l.prefix = n.text[:n.length]
	l.value = append(l.value[:0], value...)
	l.there = true
	switch {
	case n.part != nil:
		l.last = lastPart{n.part.Series, n.part.Series.lives, n.part.Head, n.part.Label, n.part.At, n.part.Key}
	case n.series != nil:
		l.last = lastPart{series: n.series, life: n.series.lives}
	default:
		l.last.series = nil
	}
}

// before returns the line before, of which there is one.
func (l *liner) before() *placed { return &l.recent[(l.lines-1)%window] }

// detach lets go of the text.
func (l *liner) detach() {
	l.text = append(l.text[:0], l.prefix...)
	l.prefix = l.text
	l.there = false
}

// follow writes a line in terms of its model.
func (l *liner) follow(n *line, back int, steps []step, value []byte) {
	model := &l.recent[(l.lines-back)%window]
	distance := n.start - model.start // between two lines' beginnings
	ahead := 0                        // of what is copied with the first step
	if model.start > len(bodyStart) && len(steps) > 0 && steps[0].length > 0 && steps[0].literal == 0 && steps[0].from == 0 {
		ahead = len(lineEnd + lineStart)
	} else {
		l.w.Literals([]byte(lineEnd + lineStart))
	}
	at := 0
	whole := false // the prefix, time and gap are written
	for i, s := range steps {
		if s.literal > 0 {
			l.w.Literals(n.text[at : at+int(s.literal)])
			at += int(s.literal)
		}
		if s.length == 0 {
			break
		}
		length, from := int(s.length), int(s.from)
		copied := distance + at - from
		at += length
		if i == len(steps)-1 && at == n.length && from+length == model.length && n.time == model.time {
			whole = true
			length += n.digits + len(valueKey)
			if back == 1 && bytes.Equal(value, l.value) {
				length += len(value)
				value = nil
			}
		}
		l.w.Match(length+ahead, copied)
		ahead = 0
	}
	if !whole {
		l.w.Literals(n.text[at : n.length+n.digits])
		l.gap(distance + n.length + n.digits - model.length - model.digits)
	}
	l.w.Literals(value)
}

// gap writes what is between time and value.
func (l *liner) gap(back int) {
	if back > deflate.MaxDistance {
		l.w.Literals([]byte(valueKey))
		return
	}
	l.w.Match(len(valueKey), back)
}

// linkOf returns how a line's prefix follows from one before, some lines back. In a
// run that is known. Of a series alone, the first time that is the line before, or the
// last one of another series alone: it may be the only time. The second time, the most
// alike one is looked for.
func (l *liner) linkOf(n *line) (back int, steps []step) {
	before := l.before().series
	switch {
	case n.series == nil:
		return 1, l.stepsFrom(l.prefix, n)
	case !n.series.alone():
		if n.steps != nil && before == n.series.before() {
			return 1, n.steps
		}
		return 1, l.stepsFrom(l.prefix, n)
	}
	links := &n.series.run.links
	for _, k := range [...]*link{&links.one, links.other} {
		if k == nil || !l.locate(k, n) {
			continue
		}
		links.latest = k
		if k.first {
			l.improve(k, n)
		}
		return int(k.back), k.steps[:k.n]
	}
	back, text := 1, l.prefix
	if before == nil {
		if back = l.latest(n); back == 0 {
			return 1, l.stepsFrom(l.prefix, n)
		}
		before = l.recent[(l.lines-back)%window].series
		text = before.bytes()
	}
	k := links.next()
	k.set(before, uint8(back), l.stepsFrom(text, n))
	k.first = back > 1 || len(l.steps) > goodSteps
	return back, k.steps[:k.n]
}

// goodSteps are so few that no search for fewer is worth it.
const goodSteps = 3

// improve makes a link to the most alike line, if there is one.
func (l *liner) improve(k *link, n *line) {
	k.first = false
	if back := l.mostLike(n); back > 0 {
		model := l.recent[(l.lines-back)%window].series
		k.set(model, uint8(back), l.stepsFrom(model.bytes(), n))
	}
}

// latest returns how many lines back there is one of a series alone, 0 if there is
// none.
func (l *liner) latest(n *line) (back int) {
	for i := 1; i < min(l.lines+1, window); i++ {
		p := &l.recent[(l.lines-i)%window]
		if n.start-p.start+n.length > deflate.MaxDistance {
			break
		}
		if p.series != nil && p.series.alone() {
			return i
		}
	}
	return 0
}

// stepsFrom returns what makes a line's prefix of another one.
func (l *liner) stepsFrom(model []byte, n *line) []step {
	l.steps = l.differ.steps(l.steps[:0], model, n.text[:n.length])
	return l.steps
}

// drift is by how many lines a model may stand elsewhere than it did: series that
// come and go between it and the line move it.
const drift = 8

// locate finds the model of a link, and reports whether it is there, not too far
// away.
func (l *liner) locate(k *link, n *line) bool {
	if k.model == nil {
		return false
	}
	for d := 0; d <= drift; d++ {
		for _, back := range [...]int{int(k.back) + d, int(k.back) - d} {
			if back < 1 || back > min(l.lines, window-1) {
				continue
			}
			model := &l.recent[(l.lines-back)%window]
			if model.series == k.model && n.start-model.start+n.length <= deflate.MaxDistance {
				k.back = uint8(back)
				return true
			}
		}
	}
	return false
}

// mostLike returns how many lines back the best model is that is a series alone, 0 if
// there is none.
func (l *liner) mostLike(n *line) (back int) {
	best, own := -1, n.series.run.likeness(l.seed)
	for i := 1; i < min(l.lines+1, window); i++ {
		p := &l.recent[(l.lines-i)%window]
		if n.start-p.start+n.length > deflate.MaxDistance {
			break
		}
		if p.series == nil || !p.series.alone() {
			continue
		}
		if like := p.series.run.likeness(l.seed).like(own); like > best {
			best, back = like, i
			if like >= 7 {
				break // nothing is much better, and all that follow are farther
			}
		}
	}
	return back
}

// end writes the end of the body and returns it.
func (l *liner) end() []byte {
	l.w.Literals([]byte(lineEnd + bodyTail))
	return l.w.Finish()
}

// forget lets go of the series.
func (l *liner) forget() {
	clear(l.recent[:])
	l.last, l.prefix, l.there = lastPart{}, nil, false
}
