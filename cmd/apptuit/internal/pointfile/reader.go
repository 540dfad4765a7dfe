// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package pointfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"unicode/utf8"
)

// MaxRecord is the size of the largest record, in bytes: a line, or an object of an array.
const MaxRecord = 1 << 20

var errTooLong = fmt.Errorf("it is longer than %d bytes", MaxRecord)

// readSize is the least number of bytes that a read has room for.
const readSize = 64 << 10

// Position is a place in the text, between two records.
type Position struct {
	// Offset is the number of bytes before the place, and Line the number of lines.
	Offset, Line int64
}

// Reader reads points from text. It must not be used concurrently.
type Reader struct {
	in     io.Reader
	format format
	memory []byte // the array that buf is a part of
	buf    []byte // read, but not yet consumed
	eof    bool
	failed error // the error after which nothing can be read

	tooLong int64 // the number of the line that is being skipped because of its length, or 0

	position Position
	sum      hash.Hash // of the bytes before position
}

// format splits text into records and parses them.
type format interface {
	// end returns the length of the record at the start of text, with its end of line or with
	// the brackets and commas around it. It returns 0 if the record does not end within text.
	// With eof, no more text follows. The error is of the type broken if the text after the record
	// can be read.
	end(text []byte, eof bool) (int, error)
	// parse parses a record. It reports false for a record without a point, such as a header. The
	// error is the cause of a *LineError, or a fatal error.
	parse(record []byte) (Point, bool, error)
}

// broken is the error of a record without an end. The reader skips n bytes of it.
type broken struct {
	error
	n int
}

// fatal is an error of a record after which nothing can be read.
type fatal struct{ error }

func (f fatal) Unwrap() error { return f.error }

// NewReader returns a reader of text in a format.
func NewReader(in io.Reader, f Format) *Reader {
	r := &Reader{in: in, sum: sha256.New()}
	switch f {
	case CSV:
		r.format = newCSV()
	case JSON:
		r.format = &jsonFormat{}
	case Telnet:
		r.format = telnet{}
	case Prometheus:
		r.format = newPrometheus()
	}
	return r
}

// Next returns the next point, or one of these errors:
//
//   - io.EOF at the end of the text.
//   - A *[LineError] for a line that is not a point. Next can be called again.
//   - An error of the input, unchanged. If the error is temporary, Next can be called again.
//   - Any other error, after which nothing can be read.
func (r *Reader) Next() (Point, error) {
	for {
		record, line, err := r.record()
		if err != nil {
			return Point{}, err
		}
		p, ok, err := r.parse(record)
		switch {
		case err != nil:
			return Point{}, r.wrong(line, err)
		case ok:
			p.Line = line
			return p, nil
		}
	}
}

// wrong returns the error of a line. After a fatal error, the reader fails.
func (r *Reader) wrong(line int64, err error) error {
	var end fatal
	if !errors.As(err, &end) {
		return &LineError{line, err}
	}
	r.failed = fmt.Errorf("line %d: %w; the lines after it cannot be read", line, end.error)
	return r.failed
}

// parse parses a record, which must be UTF-8.
func (r *Reader) parse(record []byte) (Point, bool, error) {
	if !utf8.Valid(record) {
		return Point{}, false, errors.New("it is not UTF-8")
	}
	return r.format.parse(record)
}

// record consumes a record and returns its text, which is valid until the next call, and the
// number of its line. It returns the same errors as Next.
func (r *Reader) record() ([]byte, int64, error) {
	for {
		switch n, line, err := r.find(); {
		case err != nil:
			return nil, line, err
		case n > 0:
			record := r.consume(n)
			return record, line + blankLines(record), nil
		case r.eof:
			return nil, line, io.EOF
		}
		if err := r.fill(); err != nil {
			return nil, 0, err
		}
	}
}

// skipMark skips a byte-order mark. It reports false if more text must be read.
func (r *Reader) skipMark() bool {
	const mark = "\ufeff"
	if len(r.buf) < len(mark) && !r.eof {
		return false
	}
	if bytes.HasPrefix(r.buf, []byte(mark)) {
		r.consume(len(mark))
	}
	return true
}

// find returns the length of the next record and the number of its first line. The length is 0 if more
// text must be read. It skips a record that has no end or is too long, and returns an error for it.
func (r *Reader) find() (int, int64, error) {
	line := r.position.Line + 1
	switch {
	case r.failed != nil:
		return 0, line, r.failed
	case r.tooLong > 0:
		end, _ := lineEnd(r.buf, r.eof)
		if end == 0 && !r.eof {
			r.consume(len(r.buf))
			return 0, line, nil
		}
		r.consume(end)
		line, r.tooLong = r.tooLong, 0
		return 0, line, r.wrong(line, errTooLong)
	case r.position.Offset == 0 && !r.skipMark(), len(r.buf) == 0:
		return 0, line, nil
	}
	n, err := r.format.end(r.buf[:min(len(r.buf), MaxRecord)], r.eof && len(r.buf) <= MaxRecord)
	var b broken
	switch {
	case errors.As(err, &b):
		r.consume(b.n)
		return 0, line, r.wrong(line, b.error)
	case err != nil:
		return 0, line, r.wrong(line, err)
	case n == 0 && len(r.buf) >= MaxRecord:
		if f, ok := r.format.(*jsonFormat); ok && f.layout == layoutArrays {
			return 0, line, r.wrong(line, fatal{errTooLong})
		}
		r.tooLong = line
		return r.find()
	}
	return n, line, nil
}

// consume removes n bytes from the buffer and returns them.
func (r *Reader) consume(n int) []byte {
	text := r.buf[:n]
	r.buf = r.buf[n:]
	r.sum.Write(text)
	r.position.Offset += int64(n)
	r.position.Line += int64(bytes.Count(text, []byte("\n")))
	return text
}

// fill reads more text.
func (r *Reader) fill() error {
	if cap(r.buf)-len(r.buf) < readSize {
		if cap(r.memory) < len(r.buf)+4*readSize {
			r.memory = make([]byte, 2*len(r.buf)+8*readSize)
		}
		r.buf = r.memory[:copy(r.memory, r.buf)]
	}
	const most = 100 // as in package bufio
	for range most {
		n, err := r.in.Read(r.buf[len(r.buf):cap(r.buf)])
		r.buf = r.buf[:len(r.buf)+n]
		switch {
		case errors.Is(err, io.EOF):
			r.eof = true
			return nil
		case n > 0:
			return nil // the next read returns the error again
		case err != nil:
			return err
		}
	}
	return io.ErrNoProgress
}

// Position returns the place after the last record.
func (r *Reader) Position() Position { return r.position }

// Sum returns the SHA-256 of all text before Position.
func (r *Reader) Sum() string { return hex.EncodeToString(r.sum.Sum(nil)) }

// Skip reads up to a position that a reader of the same text has returned. It returns an error if the
// text before the position has another sum. An error of the input is returned unchanged; if it is
// temporary, Skip can be called again.
func (r *Reader) Skip(to Position, sum string) error {
	for r.position.Offset < to.Offset {
		before := r.position
		record, _, err := r.record()
		if f, ok := r.format.(*csvFormat); ok && err == nil && f.width == 0 {
			_, _, err = r.parse(record) // it may be the header
		}
		var line *LineError
		if err != nil && !errors.As(err, &line) && !errors.Is(err, io.EOF) && r.failed == nil {
			return err
		}
		if r.position == before {
			break
		}
	}
	if r.position != to || r.Sum() != sum {
		return errors.New("the text before the place where the last run ended has changed")
	}
	return nil
}

// blankLines counts the ends of lines before the first character of a record that is neither white
// space nor, between the objects of an array, a bracket or comma.
func blankLines(record []byte) int64 {
	i := slices.IndexFunc(record, func(c byte) bool {
		return c != '\n' && c != '\r' && c != ' ' && c != '\t' && c != ',' && c != '[' && c != ']'
	})
	return int64(bytes.Count(record[:max(i, 0)], []byte("\n")))
}

// lineEnd implements format.end for formats whose records are lines.
func lineEnd(text []byte, eof bool) (int, error) {
	if i := bytes.IndexByte(text, '\n'); i >= 0 {
		return i + 1, nil
	}
	if eof {
		return len(text), nil
	}
	return 0, nil
}
