// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package terminal

import (
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	progressAfter = time.Second            // the time before the line appears
	progressEvery = 200 * time.Millisecond // the time between two drawings of the line
	clearLine     = "\r\x1b[K"
)

// Progress shows a line about work that takes longer than a second, with the elapsed time. It draws the
// line on a terminal only; otherwise its methods do nothing. The methods may be called concurrently.
type Progress struct {
	out   io.Writer // nil without a terminal
	width int
	begun time.Time
	end   chan struct{}
	ended chan struct{}
	once  sync.Once

	mu    sync.Mutex
	text  string
	shown bool
}

// NewProgress returns the progress of work that begins now. The caller must call Stop.
func NewProgress(stderr io.Writer) *Progress {
	if !ColorsFor(stderr).on { // without colours the terminal may not be able to clear a line
		return &Progress{}
	}
	return newProgress(stderr, Width(stderr))
}

func newProgress(out io.Writer, width int) *Progress {
	p := &Progress{out: out, width: width, begun: time.Now(), end: make(chan struct{}), ended: make(chan struct{})}
	go p.run()
	return p
}

func (p *Progress) run() {
	defer close(p.ended)
	ticker := time.NewTicker(progressEvery)
	defer ticker.Stop()
	for {
		select {
		case <-p.end:
			return
		case <-ticker.C:
			p.draw()
		}
	}
}

// Set sets the text of the line.
func (p *Progress) Set(format string, args ...any) {
	if p.out == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = fmt.Sprintf(format, args...)
}

// Stop removes the line for good.
func (p *Progress) Stop() {
	if p.out == nil {
		return
	}
	p.once.Do(func() { close(p.end) })
	<-p.ended
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hide()
}

// Around returns a writer to the same terminal, for stdout or for messages. Each Write removes the line,
// which is drawn again later. Writes through the writers of one Progress are serialized, also without a
// terminal: handlers may write messages while the command writes its output.
func (p *Progress) Around(w io.Writer) io.Writer { return around{p, w} }

type around struct {
	progress *Progress
	w        io.Writer
}

func (a around) Write(text []byte) (int, error) {
	a.progress.mu.Lock()
	defer a.progress.mu.Unlock()
	a.progress.hide()
	return a.w.Write(text)
}

func (p *Progress) draw() {
	took := time.Since(p.begun)
	p.mu.Lock()
	defer p.mu.Unlock()
	if took < progressAfter || p.text == "" {
		return
	}
	line := []rune(fmt.Sprintf("%s (%v)", p.text, took.Round(time.Second)))
	if p.width > 0 && len(line) >= p.width { // a longer line would wrap, and could not be removed
		line = line[:p.width-1]
	}
	_, _ = io.WriteString(p.out, clearLine+string(line)) // it is decoration
	p.shown = true
}

func (p *Progress) hide() {
	if p.shown {
		_, _ = io.WriteString(p.out, clearLine)
		p.shown = false
	}
}
